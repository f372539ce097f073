"""Waiting until no thread of this process runs any more."""

import time
from collections.abc import Callable

from armlet.runtime.clock import Clock

# The kernel counts other threads' time once a tick, which is 10 ms on the slowest.
_SLICE_S = 0.02
_IDLE = 0.2
_MOST = 25
"""Slices: half a second, longer than any runtime's threads spin."""


def settle(
    used: Clock = time.process_time, sleep: Callable[[float], None] = time.sleep
) -> bool:
    """Sleep until the process takes next to no time of any core, but not for ever.

    Args:
        used: Seconds that all threads of this process ran so far.
        sleep: Waits for so many seconds.

    Returns:
        Whether it came to rest.
    """
    for _ in range(_MOST):
        before = used()
        sleep(_SLICE_S)
        if used() - before < _IDLE * _SLICE_S:
            return True
    return False
