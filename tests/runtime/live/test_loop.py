import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from armlet.errors import SourceError
from armlet.runtime import open_classifier
from armlet.runtime.cameras.source import Pixels, SourceState
from armlet.runtime.live.loop import Rate, Seen, classify_live
from tests.runtime.stand_ins import Script


class Pictures(Script):
    """A source of real pictures."""

    def __init__(self, paths: list[Path], *, waits: bool, pause_s: float = 0.0) -> None:
        super().__init__(range(len(paths)), pause_s=pause_s)
        self._pictures = [np.asarray(cv2.imread(str(path)), np.uint8) for path in paths]
        self.waits = waits

    def read(self) -> Pixels | None:
        read = super().read()
        return None if read is None else self._pictures[int(read[0, 0, 0])]


def test_every_frame_of_a_source_that_waits(bundle: Path, photos: Path) -> None:
    paths = [photos / "chelsea.png", photos / "rocket.jpg", photos / "chelsea.png"]
    with open_classifier(bundle) as classifier:
        source = Pictures(paths, waits=True)
        stream = classify_live(classifier, source, time.monotonic, top_k=2)
        results = [one.result for one in stream if isinstance(one, Seen)]
        alone = [classifier.classify(path, top_k=2) for path in paths]
    assert [one.top for one in results] == [one.top for one in alone]  # so red is red
    assert [(one.frame, one.dropped, one.count) for one in results] == [
        (1, 0, 1),
        (2, 0, 2),
        (3, 0, 3),
    ]
    assert all(one.frame_age_ms >= one.inference_ms > 0 for one in results)
    assert results[0].fps is None
    assert source.closed == 1


def test_newest_frame_of_a_source_that_does_not(bundle: Path, photos: Path) -> None:
    """A reader that takes its time: what came in between is passed over and counted."""
    source = Pictures([photos / "chelsea.png"] * 60, waits=False, pause_s=0.01)
    results = []
    with open_classifier(bundle) as classifier:
        for one in classify_live(classifier, source, time.monotonic):
            if isinstance(one, Seen):
                results.append(one.result)
                time.sleep(0.1)
    assert len(results) < 20
    assert results[-1].frame == 60  # the last one is newest for ever
    assert results[-1].dropped == 60 - len(results)
    # It was taken when the model was free, so it isn't older than a frame and its way.
    assert np.median([one.frame_age_ms for one in results]) < 60


def test_state_of_the_source_is_passed_on(bundle: Path) -> None:
    source = Script([1, "gone"], [2])
    with open_classifier(bundle) as classifier:
        told = [one for one in classify_live(classifier, source, time.monotonic) if one]
    assert [(one.works, one.line) for one in told if isinstance(one, SourceState)] == [
        (False, "the camera is gone; waiting until it works again"),
        (True, "the camera is back"),
    ]
    back, seen = told[-2:]
    assert isinstance(back, SourceState)  # before what is seen then
    assert isinstance(seen, Seen)
    assert seen.frame.number == 2


def test_source_that_cannot_be_opened(bundle: Path) -> None:
    source = Script(["gone"])
    with (
        open_classifier(bundle) as classifier,
        pytest.raises(SourceError, match="the camera is gone"),
    ):
        list(classify_live(classifier, source, time.monotonic))


def test_all_threads_end_with_the_loop(bundle: Path) -> None:
    source = Script(range(200), pause_s=0.01)
    with open_classifier(bundle) as classifier:
        stream = classify_live(classifier, source, time.monotonic)
        assert any(isinstance(one, Seen) for one in stream)
        stream.close()
    assert is_closed(source)


class Odd(Script):
    """A source whose frames nobody can do anything with."""

    def read(self) -> Pixels | None:
        read = super().read()
        return None if read is None else read[..., :2]


@pytest.mark.parametrize("waits", [False, True])
def test_source_is_let_go_of_when_a_frame_cannot_be_prepared(bundle: Path, waits: bool) -> None:
    source = Odd(range(200), pause_s=0.01)
    source.waits = waits
    with (
        open_classifier(bundle) as classifier,
        pytest.raises(cv2.error),
    ):
        list(classify_live(classifier, source, time.monotonic))
    assert is_closed(source)


def is_closed(source: Script) -> bool:
    """Whether it is, soon and before it has come to its end by itself."""
    deadline = time.monotonic() + 1
    while source.closed < 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    return source.closed == 1


def test_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate()
    assert rate.at(0.0) is None
    assert rate.at(0.5) == 2.0
    for step in range(2, 100):
        assert rate.at(step * 0.5) == pytest.approx(2.0)
    # After an hour without frames only the last two times are left.
    assert rate.at(3649.5) == pytest.approx(1 / 3600)
    assert rate.at(3649.6) == pytest.approx(10.0)
