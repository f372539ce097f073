"""What a power cut leaves of a file of JSON lines, made whole lines again."""

import json
import os
from typing import Any

MUCH = 1 << 20
"""Bytes; no line of ours is longer, nor is what a disk hasn't got yet when power fails."""


def parsed(line: bytes) -> dict[str, Any] | None:
    """The JSON object that a line is; None: it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def mend(descriptor: int) -> None:
    """Leave nothing but whole lines.

    A last line that misses its end is cut off, and one that misses its line break gets it.
    Where data hadn't reached the disk, file systems put NUL bytes, which no JSON holds: at the
    end they are cut off; lines that hold some farther up become spaces, which JSON allows
    before the next object, so that nothing has to be moved.

    Args:
        descriptor: Open for reading and writing, and not for appending.

    Raises:
        OSError: It can't be read or written to.
        ValueError: It ends in something that isn't even the beginning of an object.
    """
    start, block = _end_of(descriptor)
    *lines, last = block.split(b"\n")
    begun = not last.strip() or b"\0" in last or last.lstrip().startswith(b"{")
    if not begun or (start and not lines):
        raise ValueError("no JSON, or a line that is too long for ours")
    at = end = start
    damaged = []
    for line in lines:
        length = len(line) + 1
        if b"\0" in line:
            damaged.append((at, length))
        else:
            end = at + length
        at += length
    unended = parsed(last) is not None
    if unended:
        end = at + len(last)
    os.ftruncate(descriptor, end)
    for at, length in damaged:
        if at < end:
            os.pwrite(descriptor, b" " * length, at)
    if unended:
        os.pwrite(descriptor, b"\n", end)


def _end_of(descriptor: int) -> tuple[int, bytes]:
    """The last block with something in it: where it begins, and itself without NULs behind."""
    end = os.fstat(descriptor).st_size
    while True:
        start = max(0, end - MUCH)
        block = os.pread(descriptor, end - start, start).rstrip(b"\0")
        if block or not start:
            return start, block
        end = start
