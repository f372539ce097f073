"""Times files in turn: a process for each, all loaded first, one at work at any moment."""

import json
import os
import random
import select
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.bench.peers.catalogue import ROOT, Row, interpreter
from tests.bench.peers.worker import Ready, Task

_PATIENCE_S = 300.0
"""For one answer of a worker; to load and warm up takes the longest."""
_LEAST_SQNR_DB = {"float32": 60.0, "float16": 30.0}
_LEAST_INT8_DB = 5.0
"""With random weights int8 has some 14 dB; a broken file has none."""

Watch = Callable[[Iterable[int]], Iterable[int]]


class WorkerError(Exception):
    """A worker that says nothing more; the text is the last that it wrote."""


@dataclass(frozen=True, kw_only=True)
class Times:
    """What was measured of a row."""

    row: Row
    ready: Ready
    visits: list[list[float]] = field(default_factory=list)
    """Milliseconds of each run, visit by visit."""

    def to_json(self) -> dict[str, Any]:
        """The row with all its times as a JSON object."""
        return {**self.row.to_json(), **asdict(self.ready), "visits": self.visits}


class Worker:
    """A process that runs one file when it is told to.

    Raises:
        WorkerError: It can't load the file.
    """

    def __init__(self, row: Row, network: Path) -> None:
        task = Task(
            engine=row.engine,
            path=str(network / row.file),
            pictures=str(network / "pictures.npz"),
            threads=row.threads,
            rotated=row.rotated,
        )
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed in close)
        self._process = subprocess.Popen(
            [
                *(str(interpreter(row.environment)), "-m", "tests.bench.peers.worker"),
                json.dumps(asdict(task)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            cwd=ROOT,
            env=environment(),
        )
        try:
            self.ready = Ready(**self._answer())
        except BaseException:
            self.close()
            raise

    def visit(self, runs: int) -> list[float]:
        """Milliseconds of so many runs.

        Raises:
            WorkerError: It has ended.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(b"%d\n" % runs)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure() from None
        times: list[float] = self._answer()
        return times

    def close(self) -> None:
        """End the process, at once."""
        self._process.kill()
        self._process.communicate()
        self._said.close()

    def _answer(self) -> Any:
        stdout = self._process.stdout
        assert stdout is not None
        if not select.select([stdout], [], [], _PATIENCE_S)[0]:
            raise WorkerError(f"no answer for {_PATIENCE_S:.0f} seconds")
        line = stdout.readline()
        if not line:
            raise self._failure()
        return json.loads(line)

    def _failure(self) -> WorkerError:
        code = self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        return WorkerError(f"ended with {code}: {lines[-1] if lines else 'it said nothing'}")


def environment() -> dict[str, str]:
    """Variables with which any environment finds armlet and this benchmark."""
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


def measure(
    rows: Sequence[Row], network: Path, rounds: int, runs: int, watch: Watch
) -> tuple[Sequence[Times], Sequence[str]]:
    """Time rows in turn, in another order each round.

    Args:
        rows: Of one network.
        network: Its folder.
        rounds: How often each row has its turn.
        runs: Of each turn; some come before that don't count.
        watch: Shows progress.

    Returns:
        What was measured, and a line for each row that couldn't be.
    """
    failed: list[str] = []
    measured: list[tuple[Times, Worker]] = []
    with ExitStack() as stack:
        for row in rows:
            try:
                worker = Worker(row, network)
            except WorkerError as error:
                failed.append(f"{describe(row)}: {error}")
                continue
            stack.callback(worker.close)
            if worker.ready.sqnr_db < _LEAST_SQNR_DB.get(row.precision, _LEAST_INT8_DB):
                failed.append(
                    f"{describe(row)}: its answers aren't PyTorch's ({worker.ready.sqnr_db} dB)"
                )
                continue
            measured.append((Times(row=row, ready=worker.ready), worker))
        order = list(measured)
        for _ in watch(range(rounds)):
            random.shuffle(order)
            for times, worker in list(order):
                try:
                    times.visits.append(worker.visit(runs))
                except WorkerError as error:
                    failed.append(f"{describe(times.row)}: {error}")
                    order.remove((times, worker))
                    measured.remove((times, worker))
    return [times for times, _ in measured], failed


def describe(row: Row) -> str:
    """A row in words."""
    plural = "s" if row.threads > 1 else ""
    return f"{row.network}/{row.file} on {row.runtime}, {row.threads} thread{plural}"
