"""Results and frames for tests of those who are told of them."""

import numpy as np

from armlet.runtime.cameras.source import Frame
from armlet.runtime.live.result import LiveResult
from armlet.runtime.result import Prediction


def live_result(
    number: int = 1, label: str = "cat", *, score: float = 0.75, fps: float | None = 25.0
) -> LiveResult:
    """One that says this label."""
    return LiveResult(
        frame=number,
        top=[Prediction(index=3, label=label, score=score)],
        preprocess_ms=1.0,
        inference_ms=2.0,
        frame_age_ms=3.0,
        dropped=0,
        fps=fps,
    )


def frame(number: int = 1, mode: str = "6 x 4") -> Frame:
    """A black one of 6 x 4 pixels."""
    pixels = np.zeros((4, 6, 3), np.uint8)
    return Frame(pixels=pixels, number=number, captured=0.0, mode=mode)
