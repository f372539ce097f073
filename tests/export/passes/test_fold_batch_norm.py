import numpy as np
import pytest
import torch

from armlet.export.passes.fold_batch_norm import fold_batch_norm
from armlet.graph import BatchNorm, Conv, Node
from tests.export.evaluate import evaluate
from tests.export.toy import conv, graph, picture

pytestmark = pytest.mark.torch

SHAPE = (1, 6, 5, 5)


def norm(source: str) -> BatchNorm:
    random = np.random.default_rng(3)
    return BatchNorm(
        name="norm",
        inputs=(source,),
        outputs=("y",),
        factor=random.normal(size=6).astype(np.float32),
        offset=random.normal(size=6).astype(np.float32),
    )


def test_the_norm_goes_and_the_result_stays() -> None:
    before = graph(
        [conv("c", "x", 6, 6), norm("c")], dict.fromkeys(("x", "c", "y"), SHAPE), "y"
    )
    after = fold_batch_norm(before)
    assert [node.operator for node in after.nodes] == ["Conv"]
    x = picture(SHAPE)
    # The folded weights are rounded to float32 once more.
    torch.testing.assert_close(evaluate(after, x), evaluate(before, x), rtol=1e-5, atol=1e-6)


def test_a_norm_whose_convolution_has_another_reader_stays() -> None:
    shapes = dict.fromkeys(("x", "c", "y", "d"), SHAPE)
    nodes: list[Node] = [conv("c", "x", 6, 6), norm("c"), conv("d", "c", 6, 6)]
    before = graph(nodes, shapes, "y")
    assert fold_batch_norm(before).nodes == before.nodes


def test_a_norm_after_an_activation_stays() -> None:
    shapes = dict.fromkeys(("x", "c", "y"), SHAPE)
    before = graph([conv("c", "x", 6, 6, activation="relu"), norm("c")], shapes, "y")
    (first, second) = fold_batch_norm(before).nodes
    assert isinstance(first, Conv)
    assert isinstance(second, BatchNorm)
