import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from armlet.runtime import open_classifier
from armlet.runtime.live import Changes, LiveResult, Rate, classify_frames
from armlet.runtime.result import Prediction
from armlet.runtime.stream import Frame


def test_results_of_frames(bundle: Path, photos: Path) -> None:
    pixels = np.asarray(cv2.imread(str(photos / "chelsea.png")), np.uint8)
    frames = [
        Frame(pixels=pixels, number=number, captured=time.monotonic()) for number in (3, 4, 9)
    ]
    with open_classifier(bundle) as classifier:
        first, nothing, *rest = classify_frames(
            classifier, [frames[0], None, *frames[1:]], time.monotonic, top_k=2
        )
        alone = classifier.classify(photos / "chelsea.png", top_k=2)
    assert nothing is None
    assert first
    assert first.top == alone.top  # so red is red
    assert [(one.frame, one.dropped) for one in (first, *rest) if one] == [
        (3, 2),
        (4, 2),
        (9, 6),
    ]
    assert first.frame_age_ms >= first.inference_ms > 0
    assert first.fps is None


def test_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate()
    assert rate.at(0.0) is None
    assert rate.at(0.5) == 2.0
    for step in range(2, 100):
        assert rate.at(step * 0.5) == pytest.approx(2.0)
    # After an hour without frames only the last two times are left.
    assert rate.at(3649.5) == pytest.approx(1 / 3600)
    assert rate.at(3649.6) == pytest.approx(10.0)


def test_what_a_short_log_tells() -> None:
    now = 0.0
    changes = Changes(lambda: now)

    def told(at: float, label: int) -> bool:
        nonlocal now
        now = at
        top = [Prediction(index=label, label=str(label), score=1.0)]
        return changes.new(
            LiveResult(
                frame=1, top=top, inference_ms=1.0, frame_age_ms=1.0, dropped=0, fps=None
            )
        )

    assert told(0.0, 3)  # the first one
    assert not told(0.1, 3)
    assert told(0.2, 4)  # another label
    assert [told(second, 4) for second in range(1, 60)] == [False] * 59
    assert told(60.2, 4)  # a minute later
    assert not told(62.2, 4)
    assert told(64.3, 4)  # after a gap
