from dataclasses import replace

import numpy as np
import pytest
import torch

from armlet.export.passes.rotate import rotate, rotate_weights
from armlet.graph import Conv, Flatten, Graph, MaxPool, Node
from armlet.quantize.int8 import quantize
from tests.export import toy
from tests.export.evaluate import evaluate

pytestmark = pytest.mark.torch


def network(size: int) -> Graph:
    """A convolution and a pooling with stride 2, both of which pad by 1, and an odd kernel."""
    half, quarter = -(-size // 2), -(-size // 4)
    random = np.random.default_rng(3)
    nodes: list[Node] = [
        Conv(
            name="conv",
            inputs=("x",),
            outputs=("conv",),
            weight=random.normal(size=(4, 3, 3, 5)).astype(np.float32),
            bias=random.normal(size=4).astype(np.float32),
            strides=(2, 2),
            pads=(1, 2, 1, 2),
            activation="relu",
        ),
        MaxPool(
            name="pool",
            inputs=("conv",),
            outputs=("y",),
            kernel=(3, 3),
            strides=(2, 2),
            pads=(1, 1, 1, 1),
        ),
    ]
    shapes = {
        "x": (1, 3, size, size),
        "conv": (1, 4, half, half),
        "y": (1, 4, quarter, quarter),
    }
    return toy.graph(nodes, shapes, "y")


@pytest.mark.parametrize("size", [11, 12, 13, 14])
def test_what_comes_out_is_turned_too(size: int) -> None:
    before = network(size)
    after = rotate(before)
    assert after is not None
    picture = toy.picture((1, 3, size, size))
    turned = evaluate(after, picture.flip(2, 3)).flip(2, 3)
    assert torch.allclose(turned, evaluate(before, picture), atol=1e-5)
    assert not torch.allclose(evaluate(after, picture), evaluate(before, picture), atol=1e-2)


def test_even_maps_are_read_from_their_first_row_on() -> None:
    after = rotate(network(12))
    assert after is not None
    conv, pool = after.nodes
    assert isinstance(conv, Conv)
    assert isinstance(pool, MaxPool)
    assert (conv.pads, pool.pads) == ((0, 1, 1, 2), (0, 0, 1, 1))
    again = rotate(after)
    assert again is not None
    assert torch.equal(
        evaluate(again, toy.picture((1, 3, 12, 12))),
        evaluate(network(12), toy.picture((1, 3, 12, 12))),
    )


def test_int8_weights_are_those_of_before_turned() -> None:
    graph = network(12)
    ranges = {"x": (-2.0, 2.0), "conv": (0.0, 9.0), "y": (0.0, 9.0)}
    table = quantize(graph, ranges)
    turned = rotate_weights(table).weights["conv"]
    assert np.array_equal(turned.weight[:, :, ::-1, ::-1], table.weights["conv"].weight)
    assert np.array_equal(turned.bias, table.weights["conv"].bias)


def test_rows_that_nobody_reads_forbid_it() -> None:
    skips = replace(toy.conv("c", "x", 3, 4), strides=(2, 2))
    shapes = {"x": (1, 3, 6, 6), "c": (1, 4, 3, 3)}
    assert rotate(toy.graph([skips], shapes, "c")) is None
    shapes = {"x": (1, 3, 5, 5), "c": (1, 4, 3, 3)}
    assert rotate(toy.graph([skips], shapes, "c")) is not None


@pytest.mark.parametrize(("side", "fine"), [(1, True), (2, False)])
def test_a_map_read_as_a_vector_forbids_it(side: int, fine: bool) -> None:
    flat = Flatten(name="flat", inputs=("x",), outputs=("y",))
    shapes = {"x": (1, 1, side, side), "y": (1, side * side)}
    assert (rotate(toy.graph([flat], shapes, "y")) is not None) == fine
