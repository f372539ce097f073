"""Counting right answers; the answers here are made up, so that the counts are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from armlet.bundle import Accuracy
from armlet.errors import DatasetError, ImageError
from armlet.export.accuracy import measure
from armlet.export.datasets import LabelledPicture
from armlet.preprocessing import Picture

pytestmark = pytest.mark.torch


def labelled(value: int, target: int) -> LabelledPicture:
    return LabelledPicture(
        name=str(value), target=target, load=lambda: np.full((1, 1, 3), value, np.uint8)
    )


def broken() -> Picture:
    raise ImageError("b.png: empty file", "give a picture")


def likes_its_value(picture: Picture) -> NDArray[np.float32]:
    """Seven logits that fall with the distance from the picture's value."""
    return -np.abs(np.arange(7) - int(picture[0, 0, 0])).astype(np.float32)


def test_first_and_first_five_of_those_that_can_be_read() -> None:
    pictures = [labelled(0, 0), labelled(0, 4), labelled(0, 5)]
    pictures.append(LabelledPicture(name="b.png", target=0, load=broken))
    measured = measure({"model.float32.onnx": likes_its_value}, pictures)
    assert measured.accuracy == {
        "model.float32.onnx": Accuracy(top1=33.333, top5=66.667, images=3)
    }
    assert measured.unreadable == ["b.png: empty file"]
    assert measured.identical is None


def test_identical_logits_are_counted_where_there_are_two_int8_files() -> None:
    def differs_at_two(picture: Picture) -> NDArray[np.float32]:
        return likes_its_value(picture) + np.float32(picture[0, 0, 0] == 2)

    answers = {"model.int8.onnx": likes_its_value, "model.int8.tflite": differs_at_two}
    measured = measure(answers, [labelled(value, value) for value in range(4)])
    assert measured.identical == 3


def test_equal_logits_are_no_excuse() -> None:
    def flat(picture: Picture) -> NDArray[np.float32]:
        return np.zeros(7, np.float32)

    measured = measure({"f": flat}, [labelled(0, 6)])
    assert measured.accuracy["f"] == Accuracy(top1=0.0, top5=0.0, images=1)


def test_nothing_readable_is_an_error() -> None:
    pictures = [LabelledPicture(name="b.png", target=0, load=broken)]
    with pytest.raises(DatasetError, match="none of the pictures can be read"):
        measure({"f": likes_its_value}, pictures)
