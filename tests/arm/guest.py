"""The program that is counted: loads one file with one engine and runs it between two marks.

usage: guest.py JSON. The JSON is that of a ``Task``; what it prints is the SQNR of the answers
in dB. The marks are those of insn.c: BEGIN and END around each counted run.
"""

import gc
import importlib
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from armlet.export.check import compare
from tests.bench.peers.engine import Engine

MARK = 0x41524D4C
BEGIN, END = 0, 1
WARM_UP = 2


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a guest shall do."""

    engine: str
    """A module in ``tests/bench/peers/engines``."""
    path: str
    """Of the model file, absolute."""
    half: bool
    """Whether to ask the engine for half precision, if it asks for asking."""
    rotated: bool
    """Whether the file takes pictures turned by 180 degrees."""
    pictures: str
    """The .npz file with ``trial`` pictures and the ``logits`` that PyTorch gives them."""
    runs: int
    """How many of them are counted, each once."""

    def to_json(self) -> str:
        """The program's argument."""
        return json.dumps(asdict(self))


def mark(number: int) -> None:
    """Tell the plugin; to Linux it means nothing."""
    with suppress(OSError):
        os.getpriority(MARK, number)


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what engines say of themselves is no answer
    task = Task(**json.loads(sys.argv[1]))
    module = importlib.import_module(f"tests.bench.peers.engines.{task.engine}")
    options = {"half": True} if task.half else {}
    engine: Engine = module.load(Path(task.path), 1, **options)
    with np.load(task.pictures) as arrays:
        pictures = np.asarray(arrays["trial"][: task.runs], np.float32)
        expected = arrays["logits"][: task.runs]
    if task.rotated:
        pictures = pictures[:, :, ::-1, ::-1].copy()
    tensors = [engine.prepare(one[None]) for one in pictures]
    for _ in range(WARM_UP):
        engine.run(tensors[0])
    gc.collect()
    gc.disable()
    for tensor in tensors:
        mark(BEGIN)
        engine.run(tensor)
        mark(END)
    found = np.stack([engine.logits(engine.run(one)) for one in tensors])
    answers.write(str(compare(expected, found).sqnr_db))
    answers.close()


if __name__ == "__main__":
    main()
