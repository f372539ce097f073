import os
import signal
from collections.abc import Iterator, Sequence

import pytest

from armlet.errors import SourceError
from armlet.runtime.cameras.source import Frame, SourceState
from armlet.runtime.ending import Ending
from armlet.runtime.live.look import Limits, look
from armlet.runtime.live.loop import Seen
from armlet.runtime.live.result import LiveResult
from armlet.runtime.live.watcher import Watcher
from armlet.runtime.supervisor import Supervisor
from tests.runtime.live.results import frame, live_result

LOST = SourceState(works=False, line="gone")
NO_LIMITS = Limits(results=None, duration_s=None)


class Diary(Watcher):
    """Writes down what it is told; has enough of it at some point."""

    def __init__(self, enough: int | None = None) -> None:
        self.lines: list[object] = []
        self._enough = enough

    def saw(self, frame: Frame, result: LiveResult) -> None:
        self.lines.append(result.frame)

    def heard(self, state: SourceState) -> None:
        self.lines.append(state.line)

    def tick(self) -> None:
        self.lines.append("tick")

    @property
    def over(self) -> bool:
        return self._enough is not None and len(self.lines) >= self._enough


class Clock:
    now = 7.0

    def __call__(self) -> float:
        return self.now


def seen(number: int) -> Seen:
    return Seen(frame=frame(number), result=live_result(number))


@pytest.fixture
def ending() -> Iterator[Ending]:
    with Ending() as opened:
        yield opened


def looked(
    stream: Sequence[Seen | SourceState | None],
    ending: Ending,
    *watchers: Watcher,
    limits: Limits = NO_LIMITS,
) -> LiveResult | None:
    return look(stream, watchers, limits, ending, Supervisor({}), Clock())


def test_everybody_is_told_everything_until_the_stream_ends(ending: Ending) -> None:
    diaries = Diary(), Diary()
    last = looked([None, seen(1), LOST, seen(5)], ending, *diaries)
    for one in diaries:
        assert one.lines == ["tick", 1, "tick", "gone", "tick", 5, "tick"]
    assert last == live_result(5)


def test_nothing_was_seen(ending: Ending) -> None:
    assert looked([None, LOST], ending) is None


def test_so_many_results(ending: Ending) -> None:
    diary = Diary()
    limits = Limits(results=2, duration_s=None)
    last = looked([None, seen(3), None, seen(4), seen(5)], ending, diary, limits=limits)
    assert last == live_result(4)
    assert diary.lines[-2:] == [4, "tick"]


def test_so_many_seconds(ending: Ending) -> None:
    clock = Clock()
    ticks = 0

    def stream() -> Iterator[Seen | None]:
        nonlocal ticks
        yield seen(1)
        while True:
            clock.now += 0.5
            ticks += 1
            yield None

    limits = Limits(results=None, duration_s=2.0)
    assert look(stream(), [], limits, ending, Supervisor({}), clock) == live_result(1)
    assert ticks == 4


@pytest.mark.parametrize("asked", [False, True])
def test_nothing_in_all_the_time_is_a_failure_unless_an_end_was_asked_for(
    ending: Ending, asked: bool
) -> None:
    clock = Clock()

    def stream() -> Iterator[None]:
        if asked:
            os.kill(os.getpid(), signal.SIGTERM)
        clock.now += 2.0
        yield None

    limits = Limits(results=None, duration_s=2.0)
    if asked:
        assert look(stream(), [], limits, ending, Supervisor({}), clock) is None
    else:
        with pytest.raises(SourceError, match=r"classified in 2 s; see that .* --duration"):
            look(stream(), [], limits, ending, Supervisor({}), clock)


def test_window_that_is_closed(ending: Ending) -> None:
    first, second = Diary(enough=2), Diary()
    assert looked([seen(1), seen(2)], ending, first, second) == live_result(1)
    assert second.lines == [1, "tick"]  # the others hear of the result all the same


def test_signal_lets_the_result_be_told(ending: Ending) -> None:
    diary = Diary()

    def stream() -> Iterator[Seen]:
        yield seen(1)
        os.kill(os.getpid(), signal.SIGTERM)
        yield seen(2)
        yield seen(3)

    last = look(stream(), [diary], NO_LIMITS, ending, Supervisor({}), Clock())
    assert last == live_result(2)
    assert diary.lines == [1, "tick", 2, "tick"]
