import numpy as np
import pytest
import torch

from armlet.export.passes.drop_flatten import drop_flatten
from armlet.graph import Flatten, Graph, Linear
from tests.export.evaluate import evaluate
from tests.export.toy import graph, picture

pytestmark = pytest.mark.torch


def head(side: int) -> Graph:
    inputs = 8 * side * side
    random = np.random.default_rng(1)
    linear = Linear(
        name="fc",
        inputs=("flat",),
        outputs=("y",),
        weight=random.normal(size=(3, inputs)).astype(np.float32),
        bias=random.normal(size=3).astype(np.float32),
    )
    flatten = Flatten(name="flatten", inputs=("x",), outputs=("flat",))
    shapes = {"x": (1, 8, side, side), "flat": (1, inputs), "y": (1, 3)}
    return graph([flatten, linear], shapes, "y")


def test_exact() -> None:
    before = head(1)
    after = drop_flatten(before)
    assert [node.operator for node in after.nodes] == ["Linear"]
    x = picture((1, 8, 1, 1))
    assert torch.equal(evaluate(after, x), evaluate(before, x))


def test_a_larger_map_is_still_flattened() -> None:
    before = head(2)
    assert drop_flatten(before).nodes == before.nodes
