"""Rows of benchmarks, as they could have been measured."""

from armlet.records import Precision
from armlet.runtime.benchmark import Row


def row(
    precision: Precision,
    ms: float,
    *,
    threads: int = 1,
    top1: float | None = None,
    agreement: float | None = None,
) -> Row:
    """A row of LiteRT all of whose runs took as long."""
    return Row(
        file=f"model.{precision}.tflite",
        backend="litert",
        precision=precision,
        threads=threads,
        p50_ms=ms,
        p90_ms=ms,
        p99_ms=ms,
        min_ms=ms,
        bytes=500_000,
        top1=top1,
        agreement=agreement,
    )
