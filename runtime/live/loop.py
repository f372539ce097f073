"""Classifies a stream: while one frame runs, the next is prepared, and newer ones come in."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeVar

from armlet.records import Layer
from armlet.runtime.cameras.feed import newest_frames
from armlet.runtime.cameras.source import Frame, Source, SourceState
from armlet.runtime.classifier import Answer, Classifier, Prepared, Smooth
from armlet.runtime.clock import Clock
from armlet.runtime.live.result import LiveResult
from armlet.runtime.session import Tensor
from armlet.runtime.slot import Slot

TICK_S = 0.1
"""So often at least the caller hears something."""
Sample = Callable[[int, Tensor], Sequence[Layer] | None]
"""Given which result it is and the model's input: its layers, or None."""
Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A frame and what the model said of it."""

    frame: Frame
    result: LiveResult


@dataclass(frozen=True)
class _Ready:
    frame: Frame
    prepared: Prepared


@dataclass(frozen=True)
class _Answered:
    ready: _Ready
    answer: Answer
    age_ms: float
    layers: Sequence[Layer] | None


def classify_live(
    classifier: Classifier,
    source: Source,
    clock: Clock,
    *,
    top_k: int = 1,
    smooth: Smooth | None = None,
    sample: Sample | None = None,
) -> Generator[Seen | SourceState | None, None, None]:
    """Classify what a source gives, always the newest frame, until the source ends.

    Four threads work at the same time: one reads frames, one makes the model's input of the
    newest, one runs the model, and the caller's says what the answers mean.

    Args:
        classifier: What says what is on them.
        source: Where they come from.
        clock: In seconds.
        top_k: How many labels.
        smooth: Averages scores over time; None: each frame stands for itself.
        sample: Measures the layers of some frames, while the model rests; None: of none.

    Yields:
        What was seen; a state when the source is lost or back; None when there was nothing for
        a tick.

    Raises:
        SourceError: As ``feed.newest_frames``.
        BackendError: As ``Classifier.classify``.
    """
    states: deque[SourceState] = deque(maxlen=100)

    def prepare(ready: Slot[_Ready]) -> None:
        # Each new frame at once and not only when the model is free, since it is to run on the
        # newest when it is.
        # Closing lets go of the source, whatever happens.
        with closing(newest_frames(source, clock, states.append)) as frames:
            for frame in frames:
                if ready.abandoned:
                    break
                if frame:
                    ready.put(_Ready(frame, classifier.prepare(frame.pixels, bgr=True)))

    def run(answered: Slot[_Answered]) -> None:
        count = 0
        while not answered.abandoned:
            ready = prepared.slot.take(TICK_S)
            if ready:
                count += 1
                answer = classifier.run(ready.prepared, f"frame {ready.frame.number}")
                age_ms = (clock() - ready.frame.captured) * 1e3
                layers = sample(count, ready.prepared.tensor) if sample else None
                answered.put(_Answered(ready, answer, age_ms, layers))

    prepared = _Worker("prepare", prepare, waits=source.waits)
    answers = _Worker("run", run, waits=True)
    rate = Rate()
    count = 0
    try:
        while True:
            try:
                one = answers.slot.take(TICK_S)
            except EOFError:
                yield from states
                return
            # After the answer, whose source may be back since the last time.
            while states:
                yield states.popleft()
            if one is None:
                yield None
                continue
            count += 1
            frame = one.ready.frame
            result = classifier.result(
                one.ready.prepared, one.answer, "", top_k, smooth=smooth, layers=one.layers
            )
            yield Seen(
                frame=frame,
                result=LiveResult(
                    frame=frame.number,
                    top=result.top,
                    preprocess_ms=result.preprocess_ms,
                    inference_ms=result.inference_ms,
                    frame_age_ms=one.age_ms,
                    dropped=frame.number - count,
                    fps=rate.at(clock()),
                    conditions=result.conditions,
                    layers=result.layers,
                ),
            )
    finally:
        answers.slot.abandon()
        prepared.slot.abandon()


class _Worker(Generic[Item]):
    """A thread that fills a slot until it is abandoned or there is nothing more.

    Args:
        name: The thread's.
        fill: What it does.
        waits: As for ``Slot``.
    """

    def __init__(self, name: str, fill: Callable[[Slot[Item]], None], *, waits: bool) -> None:
        self.slot: Slot[Item] = Slot(waits=waits)
        self._fill = fill
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        try:
            self._fill(self.slot)
        except EOFError:  # whoever fills its own slot has come to an end
            self.slot.end()
        except BaseException as error:  # whatever it is, whoever takes has to know
            self.slot.end(error)
        else:
            self.slot.end()


class Rate:
    """How often something happens, on average over the last seconds or the last two times."""

    SECONDS = 5.0

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def at(self, now: float) -> float | None:
        """Times a second, now that it happened again; None: for the first time."""
        self._times.append(now)
        while len(self._times) > 2 and now - self._times[0] > self.SECONDS:
            self._times.popleft()
        passed = now - self._times[0]
        return (len(self._times) - 1) / passed if passed else None
