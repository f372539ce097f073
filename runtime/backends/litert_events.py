"""What LiteRT's profiler writes down, checked before anything of it is believed."""

import ctypes
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from armlet.runtime.backends.litert_library import CompiledModel, cannot_profile

# {char* tag; int32 type; uint64 start_us, elapsed_us; int64 memory[6]; uint64 index, more;
#  int32 source}: no header of the package says so, hence the checks.
_EVENT: Final = struct.Struct("<QixxxxQQ48xQQixxxx")
_MOST_BYTES: Final = 4 * _EVENT.size
_UNTOUCHED: Final = b"\xa5"
_LONGEST_US: Final = 10**9

RUN: Final = 1
OPERATOR: Final = 2
IN_DELEGATE: Final = 8
_TYPES: Final = frozenset(1 << bit for bit in range(12))


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that took time."""

    tag: str
    type: int
    us: int
    """Microseconds; inside the delegate the fraction is dropped."""
    index: int
    """Of the operator in the file (``OPERATOR``) or in its delegate (``IN_DELEGATE``)."""


@dataclass(frozen=True, kw_only=True)
class RecordedRun:
    """One run of the model."""

    us: int
    """Microseconds from the first operator to the last, and what lies between them."""
    events: Sequence[Event]
    """Its operators, in the order in which they ran."""


def record(model: CompiledModel, runs: int) -> Sequence[RecordedRun]:
    """Run a model with its profiler on.

    Raises:
        BackendError: The profiler isn't the one that is known here, or loses events.
    """
    call, profiler = model.library.call, model.profiler
    call("LiteRtResetProfiler", profiler)
    call("LiteRtStartProfiler", profiler)
    for _ in range(runs):
        model.run()
    call("LiteRtStopProfiler", profiler)
    count = ctypes.c_int()
    call("LiteRtGetNumProfilerEvents", profiler, ctypes.byref(count))
    size = max(count.value, 1) * _MOST_BYTES
    buffer = ctypes.create_string_buffer(_UNTOUCHED * size, size)
    call("LiteRtGetProfilerEvents", profiler, count, buffer)
    recorded = split(decode(buffer.raw, count.value, _read_tag))
    if len(recorded) != runs:
        cannot_profile(f"{len(recorded)} of {runs} runs were recorded")
    return recorded


def decode(data: bytes, count: int, read_tag: Callable[[int], bytes]) -> Sequence[Event]:
    """The events in a buffer.

    Args:
        data: The buffer; what the profiler didn't write is still ``_UNTOUCHED``.
        count: How many events there are.
        read_tag: Reads the text at an address, which is only asked for once all else fits.

    Raises:
        BackendError: They don't look like events.
    """
    end = count * _EVENT.size
    # Padding at the very end of an event needn't be written.
    if data[end:].strip(_UNTOUCHED) or not data[end - 8 : end].strip(_UNTOUCHED):
        cannot_profile(f"its events don't have {_EVENT.size} bytes")
    rows = list(_EVENT.iter_unpack(data[:end]))
    if not all(tag and kind in _TYPES for tag, kind, *_ in rows):
        cannot_profile("its events have unknown types")
    texts = {address: read_tag(address) for address in {row[0] for row in rows}}
    if not all(text.isascii() and text.decode().isprintable() for text in texts.values()):
        cannot_profile("its events have unreadable names")
    return [
        Event(tag=texts[tag].decode(), type=kind, us=elapsed, index=index)
        for tag, kind, _, elapsed, index, _, _ in rows
    ]


def split(events: Iterable[Event]) -> Sequence[RecordedRun]:
    """Sort events into runs; ``Invoke`` opens each, other spans of its kind are around it.

    Raises:
        BackendError: Runs differ, or the operators take longer than all of the run.
    """
    totals: list[int] = []
    runs: list[list[Event]] = []
    for event in events:
        if event.type == RUN and event.tag == "Invoke":
            totals.append(event.us)
            runs.append([])
        elif runs and event.type in (OPERATOR, IN_DELEGATE):
            runs[-1].append(event)
    if len({tuple((one.tag, one.index) for one in run) for run in runs}) > 1:
        cannot_profile("its runs differ")
    for total, run in zip(totals, runs, strict=True):
        spent = sum(event.us for event in run)
        if not run or spent > total or total > _LONGEST_US:
            cannot_profile(f"its operators take {spent} of {total} us")
    return [RecordedRun(us=total, events=run) for total, run in zip(totals, runs, strict=True)]


def _read_tag(address: int) -> bytes:
    return ctypes.string_at(address)
