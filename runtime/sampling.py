"""When a running stream can afford to look at the layers of one of its pictures."""

from armlet.runtime.classify import Clock

BUDGET = 0.04
"""Part of the time, 0 to 1, that looking at layers may take of a stream."""


class Sampling:
    """Spends at most ``BUDGET`` of the time that has passed on samples.

    A sample opens a profiled session of its own, so it costs as much as many pictures. It is
    taken as soon as the time that has passed allows for what the last one took.

    Args:
        clock: In seconds.
        estimate: Seconds that the first sample is expected to take.
    """

    def __init__(self, clock: Clock, estimate: float) -> None:
        self._clock = clock
        self._began = clock()
        self._cost = estimate
        self._spent = 0.0

    @property
    def due(self) -> bool:
        """Whether another sample fits into the budget now."""
        return self._spent + self._cost <= BUDGET * (self._clock() - self._began)

    def taken(self, seconds: float) -> None:
        """Note what a sample took."""
        self._cost = seconds
        self._spent += seconds
