"""The promise: int8 ONNX and int8 TFLite give the same logits, bit for bit."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from armlet.preprocessing import Picture, decode
from armlet.runtime.choice import Wish
from armlet.runtime.model import Model, open_model

NAMES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png")
CROPS = 500


def crops(photos: Path) -> Iterator[Picture]:
    """Squares of real photos, in places and sizes that are always the same."""
    random = np.random.default_rng(5)
    pictures = [decode(photos / name) for name in NAMES]
    for number in range(CROPS):
        picture = pictures[number % len(pictures)]
        height, width = picture.shape[:2]
        side = int(random.integers(24, min(height, width)))
        top, left = random.integers(0, height - side + 1), random.integers(0, width - side + 1)
        yield picture[top : top + side, left : left + side]


def logits(model: Model, photos: Path) -> NDArray[np.float32]:
    """Of all crops, (500, classes)."""
    return np.concatenate([model.session.run(model.tensor(one)) for one in crops(photos)])


@pytest.mark.parametrize("threads", [1, 2])
def test_int8_logits_of_500_pictures_are_identical(
    bundle: Path, photos: Path, threads: int
) -> None:
    first, second = (
        logits(open_model(bundle, wish, threads), photos)
        for wish in (
            Wish(backend="onnx", precision="int8"),
            Wish(backend="litert", precision="int8"),
        )
    )
    assert first.shape == (CROPS, 10)
    assert len(np.unique(first.argmax(1))) > 3
    assert np.array_equal(first, second)
