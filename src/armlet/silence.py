"""Keeps C and C++ libraries from writing to our stderr."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_users = 0
_stderr = -1


@contextmanager
def silenced() -> Iterator[None]:
    """Send everything that the process writes to stderr nowhere while the block runs.

    libpng, libjpeg and the inference runtimes print there by themselves, past Python; what is
    worth saying they also return or raise. Several threads may be in such blocks at once.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


@contextmanager
def heard() -> Iterator[None]:
    """Let what is written to stderr be heard, though others are silenced meanwhile."""
    with _lock:
        muted = _users > 0 and _stderr >= 0
        if muted:
            os.dup2(_stderr, 2)
        try:
            yield
        finally:
            if muted:
                _send_nowhere()


def _enter() -> None:
    global _users, _stderr
    with _lock:
        _users += 1
        if _users > 1:
            return
        try:
            _stderr = os.dup(2)
        except OSError:  # started with stderr closed: nothing to keep quiet
            _stderr = -1
            return
        _send_nowhere()


def _send_nowhere() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _leave() -> None:
    global _users
    with _lock:
        _users -= 1
        if _users == 0 and _stderr >= 0:
            os.dup2(_stderr, 2)
            os.close(_stderr)
