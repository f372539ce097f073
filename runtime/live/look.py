"""Tells everybody what is seen, until it is enough."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from armlet.errors import SourceError
from armlet.runtime.cameras.source import SourceState
from armlet.runtime.clock import Clock
from armlet.runtime.ending import Ending
from armlet.runtime.live.loop import Seen
from armlet.runtime.live.result import LiveResult
from armlet.runtime.live.watcher import Watcher
from armlet.runtime.supervisor import Supervisor


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When to stop, unless the source ends before; None: never."""

    results: int | None
    duration_s: float | None
    """Nothing seen within it is a failure."""


def look(
    stream: Iterable[Seen | SourceState | None],
    watchers: Sequence[Watcher],
    limits: Limits,
    ending: Ending,
    supervisor: Supervisor,
    clock: Clock,
) -> LiveResult | None:
    """Pass on what is seen.

    Args:
        stream: As ``loop.classify_live`` yields it.
        watchers: Who is told.
        limits: When it is enough.
        ending: Whether somebody has asked for an end.
        supervisor: Whoever wants to know that this works.
        clock: In seconds.

    Returns:
        The last result; None: nothing was seen.

    Raises:
        SourceError: Nothing was seen in all the time that was given.
    """
    began = clock()
    last = None
    count = 0
    for one in stream:
        supervisor.alive()
        if isinstance(one, Seen):
            supervisor.ready()
            count += 1
            last = one.result
            for watcher in watchers:
                watcher.saw(one.frame, one.result)
        elif one is not None:
            for watcher in watchers:
                watcher.heard(one)
        for watcher in watchers:
            watcher.tick()
        if count == limits.results or ending.asked or any(one.over for one in watchers):
            break
        if limits.duration_s is not None and clock() - began >= limits.duration_s:
            if last is None:
                raise SourceError(
                    f"no picture came to be classified in {limits.duration_s:g} s",
                    "see that the source gives any, or give a longer --duration",
                )
            break
    return last
