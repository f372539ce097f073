"""edge-run camera on an emulated machine, which goes on while the test does something else."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.arm.machine import Machine
from tests.arm.tools import ArmError

_RESULTS, _SAID = "/tmp/live.jsonl", "/tmp/live.txt"


@dataclass(frozen=True)
class Live:
    """A command that prints results as lines of JSON."""

    machine: Machine
    process: str
    """Its number there."""

    def results(self, newest: int) -> Sequence[dict[str, Any]]:
        """The newest of its results, oldest first."""
        text = self.machine.run(f"tail -n {newest + 1} {_RESULTS}")
        # The last line may be half a line.
        whole = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [json.loads(line) for line in whole[-newest:]]

    def said(self) -> str:
        """What it has said besides."""
        return self.machine.run(f"cat {_SAID}")

    def runs(self) -> bool:
        """Whether it still does."""
        return "yes" in self.machine.run(f"kill -0 {self.process} && echo yes", check=False)

    def wait(self, what: str, until: Callable[[], bool], timeout_s: float = 60) -> None:
        """Return when something is so.

        Raises:
            ArmError: It isn't in that time.
        """
        end = time.monotonic() + timeout_s
        while not until():
            if time.monotonic() > end:
                said, newest = self.said().strip(), self.results(1)
                raise ArmError(
                    f"not {what} within {timeout_s:.0f} s (said: {said!r}, newest: {newest})",
                    "see tests/arm/machine_check.py",
                )


@contextmanager
def running(machine: Machine, command: str) -> Iterator[Live]:
    """Run a command until the block ends."""
    process = machine.run(f"setsid {command} </dev/null >{_RESULTS} 2>{_SAID} & echo $!")
    try:
        yield Live(machine, process.strip())
    finally:
        machine.run(f"kill {process.strip()}", check=False)
