from armlet.runtime.web.history import LONGEST, History
from tests.runtime.web.serving import result


def test_a_point_is_half_a_second() -> None:
    history = History()
    history.add(1.0, result(1, inference_ms=5.0))  # so that a chart begins at once
    assert [one.at_s for one in history.points] == [1.0]
    history.add(1.2, result(2, inference_ms=2.0, frame_age_ms=10.0))
    assert len(history.points) == 1
    history.add(1.5, result(3, inference_ms=4.0, frame_age_ms=30.0))
    last = history.points[-1]
    assert (last.at_s, last.inference_ms, last.inference_max_ms) == (1.5, 3.0, 4.0)
    assert (last.frame_age_ms, last.frame_age_max_ms) == (20.0, 30.0)
    assert (last.fps, last.celsius) == (25.0, 48.5)


def test_two_minutes_are_kept() -> None:
    history = History()
    for number in range(1, 2 * LONGEST):
        history.add(number / 2, result(number))
    assert len(history.points) == LONGEST
    assert history.points[-1].at_s - history.points[0].at_s == (LONGEST - 1) / 2


def test_machine_that_tells_nothing() -> None:
    history = History()
    history.add(0.0, result(1, conditions=None))
    assert history.points[0].celsius is None
