"""The newest frames of a source, however often it goes away and comes back."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from math import inf

from armlet.errors import SourceError
from armlet.runtime.cameras.reader import Reader
from armlet.runtime.cameras.source import Frame, Source, SourceState
from armlet.runtime.clock import Clock

MOST_STUCK = 4
"""Threads that hang in a driver; with so many, opening the source once more won't help."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait for a source that isn't ``lasting``, in seconds."""

    first_frame_s: float = 6.0
    """After opening it. Longer than reading may hang: see ``entry.run``."""
    next_frame_s: float = 1.8
    """A source that gives nothing for so long has stalled. It is said within 2 seconds."""
    pause_s: float = 0.5
    """Before it is opened again; twice as long after every attempt."""
    longest_pause_s: float = 5.0
    """And a source that works for so long is worth short pauses again."""
    tick_s: float = 0.1
    """So often the caller hears something, if only that there is no frame."""


PATIENCE = Patience()


def newest_frames(
    source: Source,
    clock: Clock,
    report: Callable[[SourceState], None],
    patience: Patience = PATIENCE,
) -> Generator[Frame | None, None, None]:
    """Yield the newest frame whenever the caller is ready for one, until the source ends.

    Args:
        source: Where they come from.
        clock: In seconds.
        report: Is told when the source goes away and when it is back.
        patience: How long to wait for what.

    Yields:
        A frame that wasn't there before; None: there is none yet.

    Raises:
        SourceError: It can't be opened at all, or its driver hangs again and again.
    """
    reader = Reader(source, clock)
    stuck: list[Reader] = []
    worked_since: float | None = None
    pause_s = patience.pause_s
    lost = False
    while True:
        deadline = inf if source.lasting else clock() + patience.first_frame_s
        try:
            while True:
                frame = reader.take(patience.tick_s)
                if frame and (lost or worked_since is None):
                    worked_since = clock()
                if frame and lost:
                    lost = False
                    report(SourceState(works=True, line=f"{source.name} is back"))
                if not frame and clock() >= deadline:
                    raise SourceError(
                        f"{source.name} gives no pictures", "see to its cable or its network"
                    )
                yield frame
                if (
                    frame and not source.lasting
                ):  # not before: the caller may have taken its time
                    deadline = clock() + patience.next_frame_s
        except EOFError:
            return
        except SourceError as error:
            if worked_since is None:
                raise
            if not lost and clock() - worked_since >= patience.longest_pause_s:
                pause_s = patience.pause_s
            if not lost:
                lost = True
                line = f"{error.problem}; waiting until it works again"
                report(SourceState(works=False, line=line))
        finally:
            reader.abandon()
        stuck = [one for one in (*stuck, reader) if one.running]
        if len(stuck) == MOST_STUCK:
            raise SourceError(f"{source.name} hangs in its driver", "plug it in elsewhere")
        until = clock() + pause_s
        while clock() < until:
            time.sleep(patience.tick_s)
            yield None
        pause_s = min(2 * pause_s, patience.longest_pause_s)
        reader = Reader(source, clock, reader.seen)
