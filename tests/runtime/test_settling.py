from itertools import accumulate, chain, repeat

from armlet.runtime.settling import settle


def slept(*used: float) -> tuple[bool, int]:
    """How it ended and after how many sleeps, where the process ran so long in each."""
    # It looks before and after each sleep; between two sleeps nothing happens.
    times = chain.from_iterable((0.0, one) for one in used)
    clock = accumulate(chain(times, repeat(0.02)))
    sleeps: list[float] = []
    return settle(lambda: next(clock), sleeps.append), len(sleeps)


def test_process_at_rest_is_seen_at_once() -> None:
    assert slept(0.0) == (True, 1)


def test_spinning_threads_are_waited_for() -> None:
    assert slept(0.02, 0.018, 0.001) == (True, 3)


def test_threads_that_never_rest_are_given_up() -> None:
    assert slept() == (False, 25)
