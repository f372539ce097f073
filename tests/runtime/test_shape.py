from pathlib import Path

import pytest

from armlet.errors import ArmletError
from armlet.runtime.session import NOTHING, Given
from armlet.runtime.shape import Shape, read_shape

SIZE = Given(height=20, width=30)
FIRST, LAST = Given(layout="NCHW", height=20, width=30), Given(layout="NHWC")


@pytest.mark.parametrize(
    ("shape", "given", "expected"),
    [
        ((1, 3, 8, 9), NOTHING, (1, 3, 8, 9)),
        ((1, 8, 9, 3), NOTHING, (1, 8, 9, 3)),
        ((None, 8, 9, 3), NOTHING, (1, 8, 9, 3)),
        ((1, 8, 9, 1), NOTHING, (1, 8, 9, 1)),
        ((1, 1, 8, 9), NOTHING, (1, 1, 8, 9)),
        ((1, 3, 9, 1), NOTHING, (1, 3, 9, 1)),  # a picture of one column, rather than grey
        ((None, 3, None, None), SIZE, (1, 3, 20, 30)),
        ((None, None, None, 3), SIZE, (1, 20, 30, 3)),
        ((1, None, 8, 9), NOTHING, (1, 3, 8, 9)),
        ((1, 3, None, 9), SIZE, (1, 3, 20, 9)),
        ((1, 3, 8, 9), SIZE, (1, 3, 8, 9)),  # what the file says, wins
        ((None, None, None, None), FIRST, (1, 3, 20, 30)),
        ((1, 3, 8, 3), LAST, (1, 3, 8, 3)),
        ((1, 1, 3, 3), FIRST, (1, 1, 3, 3)),
    ],
)
def test_shape_says_where_channels_are(
    shape: Shape, given: Given, expected: tuple[int, ...]
) -> None:
    spec = read_shape(Path("a.onnx"), shape, "float32", None, given)
    assert spec.shape == expected
    assert spec.example().shape == expected
    if given.layout:
        assert spec.layout == given.layout


@pytest.mark.parametrize(
    ("shape", "given", "message"),
    [
        ((), NOTHING, r"of shape \[\], not a batch of pictures"),
        ((1, 3, 8, 8, 8), NOTHING, "not a batch of pictures"),
        ((2, 3, 8, 8), NOTHING, "2 pictures at once"),
        ((0, 3, 8, 8), NOTHING, "0 pictures at once"),
        ((1, 4, 8, 8), NOTHING, "neither 3 channels"),
        ((1, 3, 8, 3), NOTHING, "--layout"),
        ((1, 1, 8, 1), NOTHING, "--layout"),
        ((1, None, None, None), SIZE, "--layout"),
        ((1, 3, 8, 8), LAST, "is not NHWC"),
        ((1, 3, None, 8), NOTHING, r"\[1, 3, \?, 8\], pictures of any size; say with --input-"),
    ],
)
def test_shape_that_says_too_little_or_something_else(
    shape: Shape, given: Given, message: str
) -> None:
    with pytest.raises(ArmletError, match=message):
        read_shape(Path("a.onnx"), shape, "float32", None, given)
