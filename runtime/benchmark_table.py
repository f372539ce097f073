"""Benchmarks as tables for people."""

from collections.abc import Sequence

from armlet.runtime.benchmark import Benchmark, Row
from armlet.runtime.columns import aligned
from armlet.runtime.conditions import describe
from armlet.runtime.report import shown

Lines = Sequence[str]

_TITLES = (
    *("file", "runtime", "precision", "threads"),
    *("p50 ms", "p90 ms", "p99 ms", "min ms", "MB", "top-1 %"),
)
_WORDS = 3
"""So many columns, from the left, hold words."""


def as_text(benchmark: Benchmark, best: Row | None = None) -> Lines:
    """A line for each file, runtime and number of threads, and how they were measured.

    Args:
        benchmark: What was measured.
        best: The row that was chosen, which needn't be the fastest.
    """
    known = any(row.top1 is not None for row in benchmark.rows)
    width = len(_TITLES) if known else len(_TITLES) - 1
    rows = [_TITLES, *(_cells(row) for row in benchmark.rows)]
    marks = ["", *(_mark(row, benchmark.fastest, best) for row in benchmark.rows)]
    lines = aligned([row[:width] for row in rows], _WORDS)
    return [
        shown(f"{benchmark.network}, {benchmark.runs} runs of each, taking turns"),
        "",
        *(f"{line}  {mark}".rstrip() for line, mark in zip(lines, marks, strict=True)),
        "",
        describe(benchmark.conditions),
        *(f"NOT VALID: {reason}" for reason in benchmark.reasons),
    ]


def _mark(row: Row, fastest: Row, best: Row | None) -> str:
    words = ["fastest"] if row is fastest else []
    return ", ".join([*words, "best"] if row is best else words)


def _cells(row: Row) -> Sequence[str]:
    times = (row.p50_ms, row.p90_ms, row.p99_ms, row.min_ms)
    return (
        shown(row.file),
        row.backend,
        row.precision,
        str(row.threads),
        *(_ms(value) for value in times),
        f"{row.bytes / 1e6:.2f}",
        "" if row.top1 is None else f"{row.top1:.2f}",
    )


def _ms(value: float) -> str:
    """Three digits that mean something, where a model takes less than 10 ms."""
    return f"{value:.{3 if value < 1 else 2 if value < 10 else 1}f}"
