"""What tells the time; tests put another in its place."""

from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds since some moment, such as ``time.perf_counter``."""
