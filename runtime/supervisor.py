"""Tells systemd how a service does, if it is one: see sd_notify(3) and systemd.service(5)."""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from armlet.runtime.clock import Clock


class Supervisor:
    """Who started this service and wants to know how it does; without one, nothing is sent.

    It is a context manager that tells that the service has begun to end.

    Args:
        environment: Where systemd says what it wants to hear, and where.
        clock: In seconds.
    """

    def __init__(
        self, environment: Mapping[str, str] = os.environ, clock: Clock = time.monotonic
    ) -> None:
        self._clock = clock
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._interval_s = _interval_s(environment)
        self._told_at: float | None = None
        self._ready = False

    def ready(self) -> None:
        """The service works; only the first time counts."""
        if not self._ready:
            self._ready = True
            self._send("READY=1")

    def alive(self) -> None:
        """The service isn't stuck. Call it often; it is passed on twice in each interval."""
        if self._interval_s is None:
            return
        now = self._clock()
        if self._told_at is None or now - self._told_at >= self._interval_s / 2:
            self._told_at = now
            self._send("WATCHDOG=1")

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """The service has begun to end, whatever for."""
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if self._address is None:
            return
        # That systemd doesn't listen is no reason to stop, or to wait.
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to,
        ):
            to.setblocking(False)
            to.sendto(state.encode(), self._address)


def _address(named: str) -> str | None:
    if named.startswith("@"):  # a name that stands in no folder
        return "\0" + named[1:]
    return named if named.startswith("/") else None


def _interval_s(environment: Mapping[str, str]) -> float | None:
    """Within which systemd wants a sign of life from this process, if it does."""
    interval_us = environment.get("WATCHDOG_USEC", "")
    whose = environment.get("WATCHDOG_PID", str(os.getpid()))
    if not interval_us.isdecimal() or whose != str(os.getpid()):
        return None
    return int(interval_us) / 1e6
