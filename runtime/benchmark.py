"""How long a model takes in all ways in which a device can run it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from armlet.records import Precision
from armlet.runtime.candidates import find_candidates, open_candidates, thread_counts
from armlet.runtime.choice import Wish
from armlet.runtime.clock import Clock
from armlet.runtime.conditions import Measured, read_conditions
from armlet.runtime.model import Model
from armlet.runtime.options import NO_FOREIGN_OPTIONS, ForeignOptions, available_cores
from armlet.runtime.turns import Watch, take_turns
from armlet.runtime.validity import doubts


@dataclass(frozen=True, kw_only=True)
class Row:
    """One file on one runtime with so many threads."""

    file: str
    """The model file's name."""
    backend: str
    precision: Precision
    threads: int
    p50_ms: float
    """Milliseconds in the runtime: as long or less take 50 % of the runs, likewise below."""
    p90_ms: float
    p99_ms: float
    min_ms: float
    """Of the fastest run."""
    bytes: int
    """Of the file."""
    top1: float | None
    """Per cent of pictures labelled right; None where nobody measured it."""
    agreement: float | None
    """Per cent of pictures that PyTorch labels alike; None where nobody compared."""

    def to_json(self) -> dict[str, Any]:
        """The row as a JSON object."""
        return {
            "file": self.file,
            "backend": self.backend,
            "precision": self.precision,
            "threads": self.threads,
            "p50_ms": round(self.p50_ms, 4),
            "p90_ms": round(self.p90_ms, 4),
            "p99_ms": round(self.p99_ms, 4),
            "min_ms": round(self.min_ms, 4),
            "bytes": self.bytes,
            "top1": self.top1,
            "agreement": self.agreement,
        }


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """All rows, measured in turn."""

    network: str
    runs: int
    """Of each row, those to warm up not counted."""
    rows: Sequence[Row]
    """At least one."""
    conditions: Measured
    """Of all rows; its ``threads`` are the most of any row."""
    problems: Sequence[str]
    """Which files a runtime that is installed can't run, and why."""
    assumed: Sequence[str]
    """What was assumed of a bare file, in words."""

    @property
    def reasons(self) -> Sequence[str]:
        """Why it isn't valid, in words; none: it is."""
        return doubts(self.conditions)

    @property
    def fastest(self) -> Row:
        """The row with the lowest median."""
        return min(self.rows, key=lambda row: row.p50_ms)

    def to_json(self) -> dict[str, Any]:
        """The benchmark as a JSON object."""
        return {
            "network": self.network,
            "runs": self.runs,
            "valid": not self.reasons,
            "reasons": list(self.reasons),
            "conditions": self.conditions.to_json(),
            "rows": [row.to_json() for row in self.rows],
            "problems": list(self.problems),
        }


def bench_model(
    model: Path,
    wish: Wish,
    threads: int | None = None,
    foreign: ForeignOptions = NO_FOREIGN_OPTIONS,
    runs: int = 50,
    watch: Watch = iter,
    clock: Clock = time.perf_counter,
) -> Benchmark:
    """Measure every file of a model on every installed runtime that runs it.

    Args:
        model: A bundle, one of its files, or any other model file.
        wish: Leaves the other backends and the other precision out.
        threads: Leaves other numbers of threads out; None: 1, 2, 4 and so on up to the cores.
        foreign: What the options say of a bare file.
        runs: How many of each.
        watch: Shows progress.
        clock: For the runs.

    Raises:
        BundleError: There is no model there, or it is damaged.
        BackendError: No installed runtime runs any of the files.
        OptionError: The options contradict the file, or more are needed.
    """
    load = read_conditions().load  # before opening the files, which is work
    counts = [threads] if threads else thread_counts(available_cores())
    opened = open_candidates(find_candidates(model, wish, counts, foreign), foreign)
    inputs = [one.session.input.example() for one in opened.models]
    seconds, conditions = take_turns(opened.models, inputs, runs, watch, clock)
    return Benchmark(
        network=opened.models[0].network,
        runs=runs,
        rows=[_row(one, times) for one, times in zip(opened.models, seconds, strict=True)],
        conditions=replace(conditions, before=replace(conditions.before, load=load)),
        problems=opened.problems,
        assumed=opened.models[0].assumed,
    )


def _row(model: Model, seconds: Sequence[float]) -> Row:
    manifest = model.bundle.manifest if model.bundle else None
    name = model.path.name
    accuracy = manifest.accuracy.get(name) if manifest else None
    check = manifest.check.get(name, {}) if manifest else {}
    p50, p90, p99 = (float(one) * 1e3 for one in np.percentile(seconds, (50, 90, 99)))
    return Row(
        file=name,
        backend=model.backend,
        precision=model.precision,
        threads=model.threads,
        p50_ms=p50,
        p90_ms=p90,
        p99_ms=p99,
        min_ms=min(seconds) * 1e3,
        bytes=model.path.stat().st_size,
        top1=accuracy.top1 if accuracy else None,
        agreement=check.get("agreement"),
    )
