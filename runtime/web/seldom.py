"""Says again and again what happens again and again, but seldom."""

from collections import Counter
from collections.abc import Callable

from armlet.runtime.clock import Clock

PAUSE_S = 60.0
"""Between two lines of a kind."""


class Seldom:
    """Says the first time of each kind at once, and those that follow together.

    Args:
        report: Is told a line.
        clock: In seconds.
    """

    def __init__(self, report: Callable[[str], None], clock: Clock) -> None:
        self._report = report
        self._clock = clock
        self._next: dict[str, float] = {}
        self._untold: Counter[str] = Counter()

    def note(self, kind: str, detail: str = "") -> None:
        """It happened.

        Args:
            kind: What, in words; of few.
            detail: Of this time.
        """
        self._untold[kind] += 1
        now = self._clock()
        if now < self._next.get(kind, now):
            return
        self._next[kind] = now + PAUSE_S
        count = self._untold.pop(kind)
        times = f", {count} times since the last such line" if count > 1 else ""
        self._report(f"{kind}{f' ({detail})' if detail else ''}{times}")
