import pytest
import torch

from armlet.export.passes.find_stacks import find_stacks
from armlet.graph import Graph, Reshape, Stack
from tests.export.evaluate import evaluate
from tests.export.toy import conv, graph, picture

pytestmark = pytest.mark.torch

SHAPE = (1, 3, 2, 5)


def stacked(joined: tuple[int, ...]) -> Graph:
    return graph(
        [
            conv("b", "x", 3, 3),
            Reshape(name="u.reshape", inputs=("x",), outputs=("c",)),
            Reshape(name="u.reshape.2", inputs=("b",), outputs=("d",)),
            Stack(name="u.stack", inputs=("c", "d"), outputs=("s",)),
            Reshape(name="u.reshape.3", inputs=("s",), outputs=("y",)),
        ],
        {
            **{"x": SHAPE, "b": SHAPE, "c": (1, 3, 1, 2, 5), "d": (1, 3, 1, 2, 5)},
            **{"s": (1, 3, 2, 2, 5), "y": joined},
        },
        "y",
    )


def test_exact() -> None:
    after = find_stacks(stacked((1, 6, 2, 5)))
    assert [node.name for node in after.nodes] == ["b", "u.concat", "u.shuffle"]
    x = picture(SHAPE)
    wanted = torch.stack(
        (x.double(), evaluate(graph(after.nodes[:1], {"x": SHAPE, "b": SHAPE}, "b"), x)), 2
    )
    assert torch.equal(evaluate(after, x), wanted.flatten(1, 2))


def test_stack_that_is_read_otherwise_stays() -> None:
    before = stacked((1, 3, 4, 5))
    assert find_stacks(before).nodes == before.nodes
