"""Classifies a stream: while one frame runs, the next is prepared, and newer ones come in."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np

from armlet.records import Layer
from armlet.runtime.cameras.feed import newest_frames
from armlet.runtime.cameras.source import Frame, Source, SourceState
from armlet.runtime.classifier import Classifier, Prepared, Smooth
from armlet.runtime.clock import Clock
from armlet.runtime.live.result import LiveResult
from armlet.runtime.session import Tensor
from armlet.runtime.slot import Slot

TICK_S = 0.1
"""So often at least the caller hears something."""
Sample = Callable[[int, Tensor], Sequence[Layer] | None]
"""Given which result it is and the model's input: its layers, or None."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A frame and what the model said of it."""

    frame: Frame
    result: LiveResult


@dataclass(frozen=True)
class _Ready:
    frame: Frame
    prepared: Prepared


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

    Three threads work at the same time: one reads frames, one makes the model's input of the
    newest, and the caller's runs the model.

    Args:
        classifier: What says what is on them.
        source: Where they come from.
        clock: In seconds.
        top_k: How many labels.
        smooth: Averages scores over time; None: each frame stands for itself.
        sample: Measures the layers of some frames; None: of none.

    Yields:
        What was seen; a state when the source is lost or back; None when there was nothing for
        a tick.

    Raises:
        SourceError: As ``feed.newest_frames``.
        BackendError: As ``Classifier.classify``.
    """
    preparer = _Preparer(classifier, source, clock)
    rate = Rate()
    count = 0
    try:
        while True:
            while preparer.states:
                yield preparer.states.popleft()
            try:
                ready = preparer.ready.take(TICK_S)
            except EOFError:
                yield from preparer.states
                return
            if ready is None:
                yield None
                continue
            frame = ready.frame
            answer = classifier.answer(
                ready.prepared, f"frame {frame.number}", top_k=top_k, smooth=smooth
            )
            now = clock()
            count += 1
            yield Seen(
                frame=frame,
                result=LiveResult(
                    frame=frame.number,
                    top=answer.top,
                    preprocess_ms=answer.preprocess_ms,
                    inference_ms=answer.inference_ms,
                    frame_age_ms=(now - frame.captured) * 1e3,
                    dropped=frame.number - count,
                    fps=rate.at(now),
                    conditions=answer.conditions,
                    layers=sample(count, ready.prepared.tensor) if sample else None,
                ),
            )
    finally:
        preparer.stop()


class _Preparer:
    """A thread that takes frames and makes the model's inputs of them.

    It works on each new frame at once and not only when the model is free, since the input is
    to be that of the newest frame when the model is.
    """

    def __init__(self, classifier: Classifier, source: Source, clock: Clock) -> None:
        self.ready: Slot[_Ready] = Slot(waits=source.waits)
        self.states: deque[SourceState] = deque(maxlen=100)
        self._classifier = classifier
        self._frames = newest_frames(source, clock, self.states.append)
        self._thread = threading.Thread(target=self._run, name="prepare", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End as soon as it can."""
        self.ready.abandon()

    def _run(self) -> None:
        try:
            with closing(self._frames) as frames:  # lets go of the source, whatever happens
                for frame in frames:
                    if self.ready.abandoned:
                        break
                    if frame:
                        picture = np.asarray(
                            cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2RGB), np.uint8
                        )
                        self.ready.put(_Ready(frame, self._classifier.prepare(picture)))
        except BaseException as error:  # whatever it is, the main thread has to know
            self.ready.end(error)
        else:
            self.ready.end()


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
