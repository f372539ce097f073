import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from armlet.errors import BackendError
from armlet.runtime.backends.litert_events import IN_DELEGATE, OPERATOR, Event, decode, split
from armlet.runtime.backends.litert_library import Library
from armlet.runtime.backends.litert_profiler import profile
from armlet.runtime.session import NOTHING
from armlet.silence import silenced

NAMES = {1: b"Invoke", 2: b"Convolution (NHWC, F32) IGEMM", 3: b"\xff\x00\x13"}
LEFT = b"\xa5" * 500


def packed(tag: int = 1, kind: int = 1, us: int = 5, index: int = 7) -> bytes:
    return struct.pack("<Qi4xQQ48xQQi4x", tag, kind, 0, us, index, 0, 0)


def read(data: bytes, count: int) -> Sequence[Event]:
    return decode(data, count, NAMES.__getitem__)


def test_events_are_read() -> None:
    assert read(packed() + packed(2, IN_DELEGATE, 3, 0) + LEFT, 2) == [
        Event(tag="Invoke", type=1, us=5, index=7),
        Event(tag="Convolution (NHWC, F32) IGEMM", type=IN_DELEGATE, us=3, index=0),
    ]


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (packed() + b"\0" * 8 + LEFT, 1),  # events are longer
        (packed()[:-16] + LEFT, 1),  # events are shorter
        (packed(kind=3) + LEFT, 1),
        (packed(tag=0) + LEFT, 1),
        (packed(tag=3) + LEFT, 1),
    ],
)
def test_what_looks_unlike_events_is_refused(data: bytes, count: int) -> None:
    with pytest.raises(
        BackendError, match=r"^ai-edge-litert .* can't be profiled \(its events"
    ):
        read(data, count)


def event(tag: str, kind: int, us: int, index: int = 0) -> Event:
    return Event(tag=tag, type=kind, us=us, index=index)


def test_events_become_runs() -> None:
    around, whole = event("LiteRT::Run[Buffer sync]", 1, 99), event("Invoke", 1, 10)
    inside = [event("A", OPERATOR, 4), event("B", IN_DELEGATE, 5)]
    telemetry = event("Invoke", 32, 2**32)
    runs = split([around, whole, *inside, telemetry, around, whole, *inside, around])
    assert [(run.us, list(run.events)) for run in runs] == [(10, inside), (10, inside)]


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([event("A", OPERATOR, 11)], "its operators take 11 of 10 us"),
        ([], "its operators take 0 of 10 us"),
        ([event("A", OPERATOR, 1), event("Invoke", 1, 10)], "its runs differ"),
    ],
)
def test_runs_that_make_no_sense_are_refused(events: list[Event], reason: str) -> None:
    with pytest.raises(BackendError, match=reason):
        split([event("Invoke", 1, 10), *events])


def test_other_struct_size_is_an_error_in_one_line(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer = struct.Struct("<QixxxxQQ48xQQixxxxQ")
    monkeypatch.setattr("armlet.runtime.backends.litert_events._EVENT", longer)
    tensor = np.zeros((1, 32, 32, 3), np.float32)
    with pytest.raises(BackendError) as raised:
        profile(bundle / "model.float32.tflite", 1, NOTHING, tensor, 2)
    assert "its events don't have 112 bytes" in raised.value.problem
    assert "pip install 'armlet[litert]'" in raised.value.next_step
    assert "\n" not in str(raised.value)


def test_missing_function_and_bad_status() -> None:
    with pytest.raises(BackendError, match=r"can't be profiled \(it has no LiteRtNothing\)"):
        Library().call("LiteRtNothing")
    with (
        pytest.raises(BackendError, match=r"status \d+ of LiteRtCreateModelFromFile"),
        silenced(),
        Library().compile(Path("nowhere.tflite"), 1, (1, 2, 2, 3)),
    ):
        pass
