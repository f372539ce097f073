"""Which file, runtime and number of threads are best for a model on this device."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armlet.errors import MeasurementError, OutputError
from armlet.runtime.benchmark import Benchmark, Row, bench_model
from armlet.runtime.choice import Wish
from armlet.runtime.clock import Clock
from armlet.runtime.device import Device, read_device
from armlet.runtime.identity import identify_model, prepared_path, tuning_path
from armlet.runtime.options import NO_FOREIGN_OPTIONS, ForeignOptions
from armlet.runtime.preparing import Prepared, prepare
from armlet.runtime.tuning_file import SCHEMA
from armlet.runtime.turns import Watch
from armlet.runtime.worth import verdict, winner
from armlet.storage import write_file, write_json


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What is best, and the measurement that says so."""

    identity: str
    """Of the model."""
    device: Device
    benchmark: Benchmark
    prepared: Prepared | None = None
    """The best file, in the form that its runtime opens quickest; None: as it is."""

    @property
    def best(self) -> Row:
        """What this device shall use."""
        return winner(self.benchmark.rows)

    @property
    def verdict(self) -> str:
        """Whether a less accurate precision is worth it here, in words."""
        return verdict(self.benchmark.rows)

    def to_json(self) -> dict[str, Any]:
        """The tuning as a JSON object, which is also what is stored."""
        return {
            "schema": SCHEMA,
            "model": self.identity,
            "device": self.device.to_json(),
            "file": self.best.file,
            "backend": self.best.backend,
            "precision": self.best.precision,
            "threads": self.best.threads,
            "verdict": self.verdict,
            "prepared": self.prepared.to_json() if self.prepared else None,
            "benchmark": self.benchmark.to_json(),
        }


def tune_model(
    model: Path,
    wish: Wish,
    threads: int | None = None,
    foreign: ForeignOptions = NO_FOREIGN_OPTIONS,
    runs: int = 20,
    watch: Watch = iter,
    clock: Clock = time.perf_counter,
) -> Tuning:
    """Measure what ``bench_model`` measures, choose and prepare; nothing is stored yet.

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
    benchmark = bench_model(model, wish, threads, foreign, runs, watch, clock)
    return Tuning(
        identity=identify_model(model),
        device=read_device(),
        benchmark=benchmark,
        prepared=prepare(model, winner(benchmark.rows)),
    )


def store(tuning: Tuning, force: bool = False) -> Path:
    """Keep a tuning, so that from now on the model is opened like that on this device.

    Args:
        tuning: What was found.
        force: Keep it although its measurement isn't valid.

    Returns:
        The file.

    Raises:
        MeasurementError: It isn't valid.
        OutputError: The cache can't be written to.
    """
    reasons: Sequence[str] = tuning.benchmark.reasons
    if reasons and not force:
        raise MeasurementError(
            f"nothing is stored, since {' and '.join(reasons)}",
            "let the device rest for a minute and run it again, or add --force",
        )
    path = tuning_path(tuning.identity)
    try:
        if tuning.prepared:
            write_file(prepared_path(tuning.identity), tuning.prepared.data)
        else:
            with suppress(OSError):
                prepared_path(tuning.identity).unlink()
        write_json(path, tuning.to_json())
    except OutputError as error:
        raise OutputError(error.problem, "set ARMLET_CACHE to a folder to write to") from error
    return path
