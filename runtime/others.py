"""How much of the processor others took while something was measured.

The load average tells of the minute before, and what is measured is itself in it.
"""

import os
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from armlet.runtime.clock import Clock
from armlet.runtime.kernel_files import read_text

_LEAST_S = 1.0
"""The kernel counts in ticks of 10 ms, and counts what has run when a tick comes."""
# Of a line in /proc/stat; in between are idle and iowait, and what guests ran is in the first
# two. What a hypervisor took away was wanted here, so it counts.
_USER, _NICE, _SYSTEM, _IRQ, _SOFTIRQ, _STEAL = 0, 1, 2, 5, 6, 7


@dataclass(frozen=True, kw_only=True)
class Work:
    """What the cores that this process may use have done up to some moment."""

    wall_s: float
    """That moment, in seconds since some other."""
    busy_s: float
    """Seconds of work for anybody, of all cores together."""
    own_s: float
    """Seconds of work for this process."""
    cores: int


def read_work(
    root: Path,
    cores: Collection[int],
    wall: Clock = time.monotonic,
    own: Clock = time.process_time,
) -> Work | None:
    """Look now.

    Args:
        root: What stands for ``/``.
        cores: Numbers of those that this process may use.
        wall: Tells the time in seconds.
        own: Seconds that all threads of this process ran so far.

    Returns:
        None where the kernel doesn't tell.
    """
    ticks = {}
    for line in (read_text(root / "proc/stat") or "").splitlines():
        name, *counts = line.split()
        number = name.removeprefix("cpu")
        if number.isdecimal() and int(number) in cores and all(map(str.isdecimal, counts)):
            ticks[number] = [int(count) for count in counts]
    if not ticks or min(map(len, ticks.values())) <= _STEAL:
        return None
    busy = sum(
        counts[place]
        for counts in ticks.values()
        for place in (_USER, _NICE, _SYSTEM, _IRQ, _SOFTIRQ, _STEAL)
    )
    return Work(
        wall_s=wall(),
        busy_s=busy / os.sysconf("SC_CLK_TCK"),
        own_s=own(),
        cores=len(ticks),
    )


def share_of_others(before: Work | None, after: Work | None) -> float | None:
    """Part of the cores' time that others took between two moments, 0 to 1.

    Returns:
        None where nobody told, the cores changed, or too little time passed to tell.
    """
    if before is None or after is None or before.cores != after.cores:
        return None
    wall = after.wall_s - before.wall_s
    if wall < _LEAST_S:
        return None
    busy, own = after.busy_s - before.busy_s, after.own_s - before.own_s
    return min(max((busy - own) / (wall * after.cores), 0.0), 1.0)
