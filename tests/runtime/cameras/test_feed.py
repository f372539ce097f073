import threading
import time
from dataclasses import replace

import pytest

from armlet.errors import SourceError
from armlet.runtime.cameras.feed import MOST_STUCK, Patience, newest_frames
from armlet.runtime.cameras.reader import Reader
from armlet.runtime.cameras.source import Frame, SourceState
from tests.runtime.stand_ins import Refused, Script

SHORT = Patience(
    first_frame_s=0.5, next_frame_s=0.3, pause_s=0.02, longest_pause_s=0.05, tick_s=0.01
)


def colours(script: Script, said: list[SourceState], patience: Patience = SHORT) -> list[int]:
    """All frames of a script, by a reader that is quicker than it."""
    frames = newest_frames(script, time.monotonic, said.append, patience)
    return [int(frame.pixels[0, 0, 0]) for frame in frames if frame]


def test_reader_that_keeps_up_gets_every_frame() -> None:
    said: list[SourceState] = []
    assert colours(Script([1, 2, 3], pause_s=0.1), said) == [1, 2, 3]
    assert said == []


def test_slow_reader_gets_the_newest_and_the_rest_is_passed_over() -> None:
    reader = Reader(Script(range(200), pause_s=0), time.monotonic)
    while reader.running:
        time.sleep(0.01)
    frame = reader.take(1)
    assert frame
    assert (frame.number, frame.pixels[0, 0, 0]) == (200, 199)
    with pytest.raises(EOFError):
        reader.take(1)


def test_frame_is_timed_when_it_is_captured() -> None:
    reader = Reader(Script([1, "hang"]), lambda: 42.0)
    frame = reader.take(5)
    assert frame
    assert frame.captured == 42.0
    assert reader.take(0.01) is None


def test_camera_that_is_unplugged_is_opened_again_when_it_is_back() -> None:
    script = Refused(range(2, 5), [1, 2, "gone"], [3, 4])
    said: list[SourceState] = []
    frames = newest_frames(script, time.monotonic, said.append, SHORT)
    numbers = {int(one.pixels[0, 0, 0]): one.number for one in frames if one}
    assert numbers[4] == 4  # counted on, though two captures gave them
    assert set(numbers) <= {1, 2, 3, 4}
    assert script.attempts == 5
    assert (script.opened, script.closed) == (2, 2)
    assert [one.line for one in said] == [
        "the camera is gone; waiting until it works again",
        "the camera is back",
    ]


def test_camera_that_stalls_is_given_up_and_opened_again() -> None:
    script = Script([1, "hang"], [2])
    said: list[SourceState] = []
    assert colours(script, said) == [1, 2]
    assert [one.line for one in said] == [
        "the camera gives no pictures; waiting until it works again",
        "the camera is back",
    ]
    assert (script.opened, script.closed) == (2, 1)
    script.over.set()  # what hung closes its stream as soon as it can
    until = time.monotonic() + 5
    while script.closed < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert script.closed == 2


def test_source_that_lasts_may_take_as_long_as_it_takes() -> None:
    script = Script([1, 2], pause_s=0.03)
    script.lasting = True
    said: list[SourceState] = []
    impatient = Patience(first_frame_s=0.0, next_frame_s=0.0, tick_s=0.005)
    frames = list(newest_frames(script, time.monotonic, said.append, impatient))
    assert [int(one.pixels[0, 0, 0]) for one in frames if one] == [1, 2]
    assert None in frames  # the caller hears something all the same
    assert (said, script.opened) == ([], 1)


def test_camera_that_hangs_again_and_again_ends_it() -> None:
    act: list[int | str] = [1, "hang"]
    script = Script(*[act] * MOST_STUCK)
    before = threading.active_count()
    with pytest.raises(SourceError, match="the camera hangs in its driver; plug it in"):
        colours(script, [], replace(SHORT, next_frame_s=0.05))
    assert script.opened == MOST_STUCK
    assert threading.active_count() == before + MOST_STUCK
    script.over.set()


def test_camera_that_never_worked_is_a_failure() -> None:
    with pytest.raises(SourceError, match="no such camera; plug it in"):
        colours(Refused(range(1, 2)), [])
    script = Script(["hang"])
    with pytest.raises(SourceError, match="the camera gives no pictures; see to its cable or"):
        colours(script, [])
    script.over.set()


def test_pauses_between_attempts_double() -> None:
    patience = Patience(first_frame_s=2, pause_s=0.02, longest_pause_s=0.16, tick_s=0.01)
    script = Refused(range(2, 6), [1, "gone"], [2])
    began = time.monotonic()
    colours(script, [], patience)
    assert time.monotonic() - began >= 0.02 + 0.04 + 0.08 + 0.16 + 0.16


def test_caller_hears_something_while_there_is_no_frame() -> None:
    script = Script([1, "hang"])
    frames = newest_frames(script, time.monotonic, print, SHORT)
    heard: list[Frame | None] = [next(frames) for _ in range(20)]
    assert len([one for one in heard if one]) == 1
    frames.close()
    script.over.set()


def test_reader_that_stops_lets_go_of_the_source() -> None:
    script = Script(range(10_000))
    frames = newest_frames(script, time.monotonic, print, SHORT)
    while next(frames) is None:
        pass
    frames.close()
    until = time.monotonic() + 5
    while not script.closed and time.monotonic() < until:
        time.sleep(0.01)
    assert script.closed == 1


def test_fault_in_the_thread_reaches_the_caller() -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        colours(Script(), [])  # it has no act at all
