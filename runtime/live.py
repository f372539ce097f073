"""What a model says of a stream, frame by frame."""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from armlet.runtime.classifier import Classifier
from armlet.runtime.clock import Clock
from armlet.runtime.result import Prediction
from armlet.runtime.stream import Frame


@dataclass(frozen=True, kw_only=True)
class LiveResult:
    """What a model said of one frame, and how far behind it was."""

    frame: int
    """The frame's number, from 1, of all that were captured."""
    top: Sequence[Prediction]
    """Best first."""
    inference_ms: float
    """Milliseconds in the runtime."""
    frame_age_ms: float
    """Milliseconds from the capture of the frame to this result."""
    dropped: int
    """Frames so far that were passed over, since newer ones were there."""
    fps: float | None
    """Results a second, lately; None: this is the first one."""

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return {
            "frame": self.frame,
            "top": [one.to_json() for one in self.top],
            "inference_ms": round(self.inference_ms, 3),
            "frame_age_ms": round(self.frame_age_ms, 3),
            "dropped": self.dropped,
            "fps": None if self.fps is None else round(self.fps, 2),
        }


def classify_frames(
    classifier: Classifier, frames: Iterable[Frame | None], clock: Clock, top_k: int
) -> Iterator[LiveResult | None]:
    """Classify a stream.

    Args:
        classifier: What says what is on them.
        frames: As ``feed.newest_frames`` yields them.
        clock: The one that timed the frames.
        top_k: How many labels.

    Yields:
        A result for each frame; None for None.

    Raises:
        BackendError: As ``Classifier.classify``.
    """
    rate = Rate()
    count = 0
    for frame in frames:
        if frame is None:
            yield None
            continue
        picture = np.asarray(cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2RGB), np.uint8)
        result = classifier.classify(picture, top_k=top_k)
        count += 1
        now = clock()
        yield LiveResult(
            frame=frame.number,
            top=result.top,
            inference_ms=result.inference_ms,
            frame_age_ms=(now - frame.captured) * 1e3,
            dropped=frame.number - count,
            fps=rate.at(now),
        )


class Changes:
    """Which results tell something new, for logs that are to stay short.

    Those with another best label than the one before, the first one after a gap, and so that a
    log shows that something is at work, one a minute.

    Args:
        clock: In seconds.
    """

    GAP_S = 2.0
    MOST_S = 60.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen = self._told = -math.inf
        self._label = -1

    def new(self, result: LiveResult) -> bool:
        """Whether this result is one of them."""
        now, label = self._clock(), result.top[0].index
        news = (
            label != self._label
            or now - self._seen > self.GAP_S
            or now - self._told >= self.MOST_S
        )
        self._seen, self._label = now, label
        if news:
            self._told = now
        return news


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
