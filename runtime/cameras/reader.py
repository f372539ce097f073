"""A thread that reads a stream and keeps its newest frame alone."""

import threading

from armlet.runtime.cameras.source import Frame, Source
from armlet.runtime.clock import Clock
from armlet.runtime.slot import Slot


class Reader:
    """Opens and reads a source in a thread of its own, from now on.

    Opening and reading may hang in a driver, which nobody can end: then ``abandon`` it. The
    thread doesn't keep the process from ending, and closes the source as soon as it can.

    Args:
        source: What to open.
        clock: In seconds.
        seen: How many frames were captured before, for the numbers of the next ones.
    """

    def __init__(self, source: Source, clock: Clock, seen: int = 0) -> None:
        self._source = source
        self._clock = clock
        self._slot: Slot[Frame] = Slot(waits=source.waits)
        self._seen = seen
        self._thread = threading.Thread(target=self._run, name=source.name, daemon=True)
        self._thread.start()

    @property
    def seen(self) -> int:
        """How many frames were captured, those before included."""
        return self._seen

    @property
    def running(self) -> bool:
        """Whether its thread still holds the source, abandoned or not."""
        return self._thread.is_alive()

    def take(self, timeout_s: float) -> Frame | None:
        """The newest frame, unless it was taken before; wait for one if there is none.

        Raises:
            SourceError: There is none and won't be any: it couldn't be opened, or is gone.
            EOFError: Likewise, since it has come to its end.
        """
        return self._slot.take(timeout_s)

    def abandon(self) -> None:
        """Want no more of it."""
        self._slot.abandon()

    def _run(self) -> None:
        try:
            self._read_all()
        except BaseException as error:  # whatever it is, whoever waits has to know
            self._slot.end(error)
        else:
            self._slot.end()

    def _read_all(self) -> None:
        stream = self._source.open()
        try:
            mode = stream.mode
            while not self._slot.abandoned and (pixels := stream.read()) is not None:
                if self._slot.abandoned:
                    return
                self._seen += 1
                now = self._clock()
                self._slot.put(Frame(pixels=pixels, number=self._seen, captured=now, mode=mode))
        finally:
            stream.close()
