"""What the charts show: the last two minutes, a point every half second."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from armlet.runtime.live.result import LiveResult

EVERY_S = 0.5
"""Between two points."""
LONGEST = 240
"""Points: two minutes."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """The results of half a second, together."""

    at_s: float
    """Seconds from the start of the server to the last of them."""
    inference_ms: float
    """Milliseconds, mean of them; ``frame_age_ms`` likewise."""
    inference_max_ms: float
    """Milliseconds, the longest; ``frame_age_max_ms`` likewise."""
    frame_age_ms: float
    frame_age_max_ms: float
    fps: float | None
    """Results a second."""
    celsius: float | None
    """The processor's temperature; None: the machine doesn't tell."""

    def to_json(self) -> dict[str, Any]:
        """The point as a JSON object."""
        return {
            "at_s": round(self.at_s, 2),
            "inference_ms": round(self.inference_ms, 3),
            "inference_max_ms": round(self.inference_max_ms, 3),
            "frame_age_ms": round(self.frame_age_ms, 3),
            "frame_age_max_ms": round(self.frame_age_max_ms, 3),
            "fps": None if self.fps is None else round(self.fps, 2),
            "celsius": self.celsius,
        }


class History:
    """Makes points of results. One thread adds; any may keep ``points``, which never change."""

    def __init__(self) -> None:
        self.points: Sequence[Point] = ()
        """The oldest first, at most ``LONGEST``."""
        self._began: float | None = None
        self._inference: list[float] = []
        self._age: list[float] = []

    def add(self, at_s: float, result: LiveResult) -> None:
        """One more result.

        Args:
            at_s: When, in seconds from the start of the server.
            result: What and how quick it was.
        """
        if self._began is None:
            self._began = at_s
        self._inference.append(result.inference_ms)
        self._age.append(result.frame_age_ms)
        if self.points and at_s - self._began < EVERY_S:
            return
        conditions = result.conditions
        point = Point(
            at_s=at_s,
            inference_ms=sum(self._inference) / len(self._inference),
            inference_max_ms=max(self._inference),
            frame_age_ms=sum(self._age) / len(self._age),
            frame_age_max_ms=max(self._age),
            fps=result.fps,
            celsius=conditions.after.celsius if conditions else None,
        )
        self.points = (*self.points[1 - LONGEST :], point)
        self._began = at_s
        self._inference, self._age = [], []
