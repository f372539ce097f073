"""Counts the instructions of an inference on an emulated processor."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.arm import emulator
from tests.arm.guest import BEGIN, END, Task
from tests.arm.root import Root
from tests.arm.tools import ArmError

GUEST = Path(__file__).with_name("guest.py")


@dataclass(frozen=True, kw_only=True)
class Count:
    """What one run of a model executed."""

    instructions: int
    dot: int
    """Of these, 8-bit dot products."""
    half: int
    """Multiply-adds of vectors in half precision."""
    single: int
    """The same in single precision."""


def count(
    task: Task, root: Root, processor: str, plugin: Path
) -> tuple[Sequence[Count], float]:
    """Run a task on a processor.

    Returns:
        The count of each run, and the SQNR of the answers in dB.

    Raises:
        ArmError: It can't be run, or the plugin counts nothing.
    """
    with tempfile.TemporaryDirectory(prefix="armlet-") as folder:
        file = Path(folder) / "counts"
        printed = emulator.run(
            root, processor, [str(GUEST), task.to_json()], plugin=f"{plugin},counts={file}"
        )
        if not file.exists():
            raise ArmError("this qemu-aarch64 loads no plugins", "use that of Debian 12")
        counts = list(between(file.read_text("ascii").splitlines()))
    if len(counts) != task.runs:
        raise ArmError(f"{task.path} was counted {len(counts)} times", "see insn.c")
    return counts, float(printed)


def between(lines: Sequence[str]) -> Iterator[Count]:
    """The counts of all runs in what the plugin wrote."""
    begun = None
    for line in lines:
        number, *totals = map(int, line.split())
        if number == BEGIN:
            begun = totals
        elif number == END and begun is not None:
            all, dot, half, single = (
                after - before for before, after in zip(begun, totals, strict=True)
            )
            yield Count(instructions=all, dot=dot, half=half, single=single)
