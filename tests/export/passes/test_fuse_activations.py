import pytest
import torch

from armlet.export.passes.fuse_activations import fuse_activations
from armlet.graph import Activation, Conv, Relu
from tests.export.evaluate import evaluate
from tests.export.toy import conv, graph, picture

pytestmark = pytest.mark.torch

SHAPE = (1, 4, 5, 5)
SHAPES = dict.fromkeys(("x", "c", "y", "d"), SHAPE)


@pytest.mark.parametrize("activation", ["relu", "relu6"])
def test_exact(activation: Activation) -> None:
    relu = Relu(name="r", inputs=("c",), outputs=("y",), activation=activation)
    before = graph([conv("c", "x", 4, 4), relu], SHAPES, "y")
    after = fuse_activations(before)
    (only,) = after.nodes
    assert isinstance(only, Conv)
    assert only.activation == activation
    x = 5 * picture(SHAPE)
    assert torch.equal(evaluate(after, x), evaluate(before, x))


def test_a_convolution_that_is_read_twice_keeps_its_linear_output() -> None:
    relu = Relu(name="r", inputs=("c",), outputs=("y",), activation="relu")
    before = graph([conv("c", "x", 4, 4), relu, conv("d", "c", 4, 4)], SHAPES, "y")
    assert fuse_activations(before).nodes == before.nodes


def test_relu_after_relu6_is_not_lost() -> None:
    first = Relu(name="r", inputs=("c",), outputs=("y",), activation="relu6")
    before = graph([conv("c", "x", 4, 4, activation="relu"), first], SHAPES, "y")
    assert fuse_activations(before).nodes == before.nodes
