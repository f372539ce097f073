import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from armlet.runtime import open_classifier
from armlet.runtime.live import Rate, classify_frames
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
