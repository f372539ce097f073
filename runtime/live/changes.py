"""Which results of a stream tell something new."""

import math

from armlet.runtime.clock import Clock
from armlet.runtime.live.result import LiveResult


class Changes:
    """Chooses results for logs that are to stay short.

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
