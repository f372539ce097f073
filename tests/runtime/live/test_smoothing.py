import math

import numpy as np
import pytest

from armlet.runtime.live.smoothing import Smoothing


class Clock:
    now = 5.0

    def __call__(self) -> float:
        return self.now


def scores(*values: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.array(values)


def test_first_scores_stand_for_themselves() -> None:
    smoothing = Smoothing(2.0, Clock())
    assert smoothing.smooth(scores(0.25, 0.75)).tolist() == [0.25, 0.75]


def test_what_was_seen_a_time_constant_ago_counts_1_of_e() -> None:
    clock = Clock()
    smoothing = Smoothing(2.0, clock)
    smoothing.smooth(scores(1.0, 0.0))
    clock.now += 2.0
    assert smoothing.smooth(scores(0.0, 1.0)) == pytest.approx([1 / math.e, 1 - 1 / math.e])


@pytest.mark.parametrize("rate", [5, 30, 200])
def test_frame_rate_does_not_matter(rate: int) -> None:
    clock = Clock()
    smoothing = Smoothing(0.5, clock)
    smoothing.smooth(scores(1.0, 0.0))
    for _ in range(2 * rate):  # two seconds
        clock.now += 1 / rate
        smoothed = smoothing.smooth(scores(0.0, 1.0))
    assert smoothed == pytest.approx([math.exp(-4), 1 - math.exp(-4)])


def test_one_odd_frame_does_not_change_the_label_and_scores_add_up_to_1() -> None:
    clock = Clock()
    smoothing = Smoothing(1.0, clock)
    best = []
    for number in range(30):
        clock.now += 0.04
        odd = number == 20
        smoothed = smoothing.smooth(scores(0.1, 0.9) if odd else scores(0.9, 0.1))
        assert smoothed.sum() == pytest.approx(1)
        best.append(int(smoothed.argmax()))
    assert best == [0] * 30


def test_what_was_given_stays_as_it_is() -> None:
    clock = Clock()
    smoothing = Smoothing(1.0, clock)
    first, second = scores(1.0, 0.0), scores(0.0, 1.0)
    smoothing.smooth(first)
    clock.now += 1.0
    smoothing.smooth(second)
    assert (first.tolist(), second.tolist()) == ([1.0, 0.0], [0.0, 1.0])
