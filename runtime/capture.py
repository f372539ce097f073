"""A thread that reads a stream and keeps its newest frame alone."""

import threading

from armlet.runtime.clock import Clock
from armlet.runtime.stream import Frame, Pixels, Source


class Capture:
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
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._seen = seen
        self._error: BaseException | None = None
        self._ended = False
        self._abandoned = False
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
        with self._changed:
            self._changed.wait_for(lambda: self._newest or self._ended, timeout_s)
            frame, self._newest = self._newest, None
            if frame is None and self._ended:
                raise self._error or EOFError
            return frame

    def abandon(self) -> None:
        """Want no more of it."""
        with self._changed:
            self._abandoned = True
            self._newest = None

    def _run(self) -> None:
        try:
            self._read_all()
        except BaseException as error:  # whatever it is, the main thread has to know
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _read_all(self) -> None:
        stream = self._source.open()
        try:
            while not self._abandoned and (pixels := stream.read()) is not None:
                self._keep(pixels)
        finally:
            stream.close()

    def _keep(self, pixels: Pixels) -> None:
        with self._changed:
            if self._abandoned:
                return
            self._seen += 1
            self._newest = Frame(pixels=pixels, number=self._seen, captured=self._clock())
            self._changed.notify()
