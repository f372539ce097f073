"""Labels that don't flicker: scores as an average over the last moments."""

import math

import numpy as np
from numpy.typing import NDArray

from armlet.runtime.clock import Clock

Scores = NDArray[np.float64]
"""(classes,), each 0 to 1."""


class Smoothing:
    """Averages scores, the more recent the more weight.

    An exponential moving average over time, not over frames, so that it doesn't depend on the
    frame rate: what was seen ``seconds`` ago counts 1/e of what is seen now.

    Args:
        seconds: The time constant.
        clock: In seconds.
    """

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._last_s = -math.inf
        self._scores: Scores | None = None

    def smooth(self, scores: Scores) -> Scores:
        """The average, now that these were seen."""
        now = self._clock()
        kept = math.exp(-(now - self._last_s) / self._seconds)
        if self._scores is None:
            self._scores = scores
        else:
            self._scores = kept * self._scores + (1 - kept) * scores
        self._last_s = now
        return self._scores
