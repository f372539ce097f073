"""What the main thread leaves for the viewers, and how they hear of it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from armlet.runtime.cameras.source import Frame
from armlet.runtime.clock import Clock
from armlet.runtime.web.state import State

MOST_VIEWERS = 16
"""Streams at once; a page takes two, the picture and the numbers."""
Kind = Literal["pictures", "numbers"]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A state and its picture."""

    state: State
    frame: Frame | None = None
    """What ``state.result`` was said of."""


class TooManyViewers(Exception):
    """``MOST_VIEWERS`` watch already."""


class Hub:
    """Holds the newest of everything; nothing is queued for anybody.

    ``put`` is for the thread that sees, all else for the loop's.

    Args:
        first: Before anything was seen.
        loop: Where the viewers are served.
        clock: In seconds.
    """

    def __init__(self, first: State, loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        self.newest = Shown(state=first)
        self._loop = loop
        self._clock = clock
        self._start_s = clock()
        self._viewers: dict[Kind, int] = {"pictures": 0, "numbers": 0}
        self._changed = asyncio.Event()
        self._told = False

    @property
    def now_s(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._start_s

    def put(self, shown: Shown) -> None:
        """Show this from now on. It takes microseconds, and less if nobody watches."""
        self.newest = shown
        if self.viewers() and not self._told:
            self._told = True
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self.wake)

    def viewers(self, kind: Kind | None = None) -> int:
        """How many watch, in all or one kind of stream."""
        return self._viewers[kind] if kind else sum(self._viewers.values())

    @contextmanager
    def viewing(self, kind: Kind) -> Iterator[None]:
        """Count one more viewer meanwhile.

        Raises:
            TooManyViewers: There is no room.
        """
        if self.viewers() >= MOST_VIEWERS:
            raise TooManyViewers
        self._viewers[kind] += 1
        self.wake()
        try:
            yield
        finally:
            self._viewers[kind] -= 1
            self.wake()

    def wake(self) -> None:
        """Let everybody look who waits."""
        self._told = False
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def changed(self, timeout_s: float) -> None:
        """Wait until somebody says ``wake``, or for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
