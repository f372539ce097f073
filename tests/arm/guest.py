"""The program that is counted: opens one file with one runtime and runs it between two marks.

usage: guest.py JSON. The JSON is that of a ``Task``; the last line printed is a JSON list of
the logits. The marks are those of insn.c: BEGIN and END around each counted run.
"""

import gc
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tests.arm.engines import ENGINES, Arithmetic

MARK = 0x41524D4C
BEGIN, END = 0, 1
WARM_UP = 2


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a guest shall do."""

    engine: str
    """One of ``ENGINES``."""
    path: str
    """Of the model file, absolute."""
    arithmetic: Arithmetic
    rotated: bool
    """Whether the file takes pictures rotated by 180 degrees."""
    pictures: str
    """Path of an .npz file whose ``inputs`` are (N, 3, height, width), normalized."""
    runs: int
    """How many of them are counted."""

    def to_json(self) -> str:
        """The program's argument."""
        return json.dumps(asdict(self))


def mark(number: int) -> None:
    """Tell the plugin; to Linux it means nothing."""
    with suppress(OSError):
        os.getpriority(MARK, number)


def main() -> None:
    task = Task(**json.loads(sys.argv[1]))
    feed = ENGINES[task.engine](Path(task.path), task.arithmetic)
    with np.load(task.pictures) as arrays:
        pictures = arrays["inputs"][: task.runs, None]
    step = -1 if task.rotated else 1
    calls = [feed(np.ascontiguousarray(one[:, :, ::step, ::step])) for one in pictures]
    for _ in range(WARM_UP):
        calls[0]()
    gc.collect()
    gc.disable()
    for call in calls:
        mark(BEGIN)
        call()
        mark(END)
    print(json.dumps(np.concatenate([call().reshape(1, -1) for call in calls]).tolist()))


if __name__ == "__main__":
    main()
