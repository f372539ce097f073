"""Whether a measurement can be believed: what its conditions say against it."""

from collections.abc import Sequence

from armlet.runtime.conditions import Measured, slowdowns

CLOCK_CHANGE = 0.1
"""Times are inverse to the clock. Twice what decides between two precisions (``winner``) would
do that by itself; less is what a turbo clock does all the time."""
BUSY = 0.5
"""Processes for each core. With one for every other core, a runtime that is given all of them
waits at each operator for the threads that others hold up. A resting device has 0.1 or 0.2, and
so has one whose last heavy work ended three minutes ago: the load is a mean of about one."""

OTHERS = 0.1
"""Part of the cores' time that others may take meanwhile: times grow by about as much, so what
is said of ``CLOCK_CHANGE`` holds here."""


def doubts(measured: Measured) -> Sequence[str]:
    """Why a measurement isn't valid, in words.

    Args:
        measured: Its conditions. ``before`` must have the load from before the measurement's
            own work, and the clock from after warming up: a resting processor runs slowly.

    Returns:
        A line for each reason; none: it is valid, as far as the machine tells.
    """
    before, after = measured.before, measured.after
    found = []
    if slowed := slowdowns(measured):
        found.append(f"the board slowed itself down ({', '.join(slowed)})")
    if before.mhz and after.mhz:
        # The fastest cluster: which of the others were asleep at that moment is chance.
        first, last = max(before.mhz), max(after.mhz)
        if abs(last - first) > CLOCK_CHANGE * max(first, last):
            found.append(f"the clock went from {first:.0f} to {last:.0f} MHz")
    cores = before.cores
    if before.load is not None and cores and before.load > BUSY * cores:
        plural = "s" if cores > 1 else ""
        found.append(
            f"the device was busy (load {before.load:.1f} before it, {cores} core{plural})"
        )
    if measured.others is not None and measured.others > OTHERS:
        found.append(f"others took {measured.others:.0%} of the cores' time during it")
    return found
