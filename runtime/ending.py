"""How a command that would run for ever comes to its end."""

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Any, NoReturn, Self

AT_ONCE_S = 0.8
"""Whoever is told to stop has so many seconds for what is under way."""


class Ending:
    """While it is open, SIGINT and SIGTERM ask for an end instead of breaking off.

    So a result that is under way gets into the log, and being stopped is no failure. Python
    runs handlers in the main thread only, which is where this must be used.
    """

    def __init__(self) -> None:
        self._asked = False
        self._before: dict[int, Any] = {}

    @property
    def asked(self) -> bool:
        """Whether it is time to stop.

        Raises:
            BrokenPipeError: Whoever read our output has gone. While there is nothing to
                write, nothing else would tell.
        """
        if not self._asked and _nobody_reads(1):
            raise BrokenPipeError
        return self._asked

    def __enter__(self) -> Self:
        """Listen to signals from now on."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave signals to whom they were left before."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, _: FrameType | None) -> None:
        if self._asked:
            return
        self._asked = True

        def leave(*_: object) -> NoReturn:
            # Nothing waits in a buffer of the log, and stdout may be what hangs.
            os._exit(128 + number)

        self._before.setdefault(signal.SIGALRM, signal.signal(signal.SIGALRM, leave))
        signal.setitimer(signal.ITIMER_REAL, AT_ONCE_S)


def _nobody_reads(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(events & select.POLLERR for _, events in poll.poll(0))
