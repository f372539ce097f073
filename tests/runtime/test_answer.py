from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from armlet.errors import BackendError
from armlet.runtime.answer import FirstRun, dequantized
from armlet.runtime.session import InputSpec, Tensor
from armlet.scales import Scale

LOGITS = np.random.default_rng(0).normal(0, 2, 1000)
SOFTMAX = np.exp(LOGITS) / np.exp(LOGITS).sum()
MODEL = Path("a.onnx")


class Answering(FirstRun):
    """A session that always gives the same answer."""

    path = MODEL
    input = InputSpec(layout="NHWC", height=1, width=1, scale=None)

    def __init__(self, answer: NDArray[np.generic], scale: Scale | None = None) -> None:
        self.answer, self.output_scale = answer, scale
        self.runs = 0

    def run(self, tensor: Tensor) -> NDArray[np.float32]:
        self.runs += 1
        return dequantized(self.path, self.answer, self.output_scale)


@pytest.mark.parametrize(
    ("answer", "probabilities"),
    [
        (SOFTMAX, True),
        (SOFTMAX.astype(np.float16), True),
        (np.rint(SOFTMAX * 256) / 256, True),  # quantized within, and far from a sum of 1
        (LOGITS, False),
        (np.maximum(LOGITS, 0), False),
        (SOFTMAX * 2, False),
        (1 / (1 + np.exp(-LOGITS)), False),  # a sigmoid for each class
        (np.array([0.75, 0.25]), True),
        (np.array([1.25, -0.25]), False),
        (np.full(3, np.nan), False),
    ],
)
def test_probabilities_are_recognised(answer: NDArray[np.float64], probabilities: bool) -> None:
    session = Answering(answer.astype(np.float32)[None])
    assert session.probabilities == probabilities
    assert session.classes == answer.size
    assert session.runs == 1


@pytest.mark.parametrize(
    ("scale", "zero_point", "probabilities"),
    [(1 / 256, -128, True), (1 / 256, 0, False), (1 / 255, -128, False)],
)
def test_quantized_probabilities_are_recognised_by_their_scale(
    scale: float, zero_point: int, probabilities: bool
) -> None:
    session = Answering(np.zeros((1, 4), np.int8), Scale(scale=scale, zero_point=zero_point))
    assert session.probabilities == probabilities


def test_uint8_is_int8_plus_128() -> None:
    scale = Scale(scale=0.5, zero_point=-3)
    signed = np.array([[-128, -3, 0, 127]], np.int8)
    unsigned = signed.view(np.uint8) ^ np.uint8(128)
    for answer in (signed, unsigned):
        assert dequantized(MODEL, answer, scale).tolist() == [[-62.5, 0.0, 1.5, 65.0]]


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (0,), (2, 3), (1, 3, 4, 4), (1, 84, 2100)])
def test_answers_that_are_no_vector(shape: tuple[int, ...]) -> None:
    with pytest.raises(BackendError, match="answers with a tensor of shape"):
        dequantized(MODEL, np.zeros(shape, np.float32), None)


@pytest.mark.parametrize("shape", [(5,), (1, 5), (1, 5, 1, 1), (1, 1, 1, 5)])
def test_vectors_with_any_number_of_axes(shape: tuple[int, ...]) -> None:
    assert dequantized(MODEL, np.zeros(shape, np.float32), None).shape == (1, 5)
