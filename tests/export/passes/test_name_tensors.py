import pytest
import torch

from armlet.export.passes.name_tensors import name_tensors
from armlet.graph import Concat, Split
from tests.export.evaluate import evaluate
from tests.export.toy import conv, graph, picture

pytestmark = pytest.mark.torch


def test_exact_and_named_after_layers() -> None:
    half, whole = (1, 3, 4, 4), (1, 6, 4, 4)
    before = graph(
        [
            Split(name="u.split", inputs=("x",), outputs=("t1", "t2"), sizes=(3, 3)),
            conv("c", "t2", 3, 3),
            Concat(name="u.concat", inputs=("t1", "c"), outputs=("t9",)),
        ],
        {"x": whole, "t1": half, "t2": half, "c": half, "t9": whole},
        "t9",
    )
    after = name_tensors(before)
    assert set(after.shapes) == {"input", "u.split:0", "u.split:1", "c", "u.concat"}
    assert (after.input, after.output) == ("input", "u.concat")
    assert torch.equal(evaluate(after, picture(whole)), evaluate(before, picture(whole)))
