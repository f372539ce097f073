"""One file on one engine, in a process of its own: answers once, then runs when it is told to.

``python -m tests.bench.peers.worker TASK`` with a ``Task`` as JSON. The first line that it
writes is a ``Ready``; for each line it reads, a number of runs, it writes the milliseconds of
each as a JSON list. What the engine prints goes to stderr.
"""

import importlib
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO, cast

import numpy as np

from armlet.export.check import compare
from armlet.runtime.settling import settle
from tests.bench.peers.engine import Engine, EngineModule

# Both must be reached: runs for caches, time for the clock, which falls while nothing runs.
_WARM_UP_RUNS = 3
_WARM_UP_MS = 20.0


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a worker is to load."""

    engine: str
    """A module in ``engines``."""
    path: str
    pictures: str
    """The .npz file with ``trial`` pictures and the ``logits`` that PyTorch gives them."""
    threads: int
    rotated: bool = False
    """Whether the file takes pictures turned by 180 degrees."""


@dataclass(frozen=True, kw_only=True)
class Ready:
    """What a worker says once its file is loaded."""

    version: str
    """Of the engine's package."""
    max_difference: float
    """From PyTorch: the largest of any logit of any trial picture."""
    largest_logit: float
    """PyTorch's, absolute."""
    sqnr_db: float


def main() -> None:
    answers = _own_stdout()
    task = Task(**json.loads(sys.argv[1]))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(task.threads)
    module = cast(
        EngineModule, importlib.import_module(f"tests.bench.peers.engines.{task.engine}")
    )
    engine = module.load(Path(task.path), task.threads)
    with np.load(task.pictures) as arrays:
        pictures, expected = np.asarray(arrays["trial"], np.float32), arrays["logits"]
    if task.rotated:
        pictures = pictures[:, :, ::-1, ::-1].copy()
    tensors = [engine.prepare(one[None]) for one in pictures]
    found = np.stack([engine.logits(engine.run(one)) for one in tensors])
    comparison = compare(expected, found)
    ready = Ready(
        version=version(engine.package),
        max_difference=comparison.max_difference,
        largest_logit=comparison.largest_logit,
        sqnr_db=round(comparison.sqnr_db, 2),
    )
    _say(answers, asdict(ready))
    for line in sys.stdin:
        times = visit(engine, tensors[0], int(line))
        if task.threads > 1:
            settle()  # threads that wait for the next run would take cores from the next worker
        _say(answers, times)


def visit(engine: Engine, tensor: object, runs: int) -> list[float]:
    """Milliseconds of each run, after some that don't count."""
    start = time.perf_counter()
    done = 0
    while done < _WARM_UP_RUNS or (time.perf_counter() - start) * 1e3 < _WARM_UP_MS:
        engine.run(tensor)
        done += 1
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        engine.run(tensor)
        times.append(round((time.perf_counter() - start) * 1e3, 4))
    return times


def _own_stdout() -> TextIO:
    """The process's stdout, for answers alone: what libraries print goes to stderr instead."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _say(answers: TextIO, record: Any) -> None:
    answers.write(json.dumps(record) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
