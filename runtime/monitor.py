"""The conditions of a stream of measurements, without asking the machine for each of them."""

from armlet.runtime.clock import Clock
from armlet.runtime.conditions import Conditions, Measured, read_conditions

SECONDS = 2.0
"""For so long what the machine told is taken to hold."""


class Monitor:
    """Tells the machine's conditions, at most ``SECONDS`` old.

    Args:
        threads: How many the runtime was given.
        clock: In seconds.
    """

    def __init__(self, threads: int, clock: Clock) -> None:
        self._threads = threads
        self._clock = clock
        self._read = clock()
        self._latest = read_conditions()

    def now(self) -> Conditions:
        """The conditions now, or a little while ago."""
        if self._clock() - self._read >= SECONDS:
            self._latest = read_conditions()
            self._read = self._clock()
        return self._latest

    def since(self, before: Conditions) -> Measured:
        """What was measured since ``before``, with the conditions now."""
        return Measured(threads=self._threads, before=before, after=self.now())
