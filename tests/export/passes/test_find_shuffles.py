import pytest
import torch

from armlet.export.passes.find_shuffles import find_shuffles
from armlet.graph import ChannelShuffle, Graph, Reshape, Transpose
from tests.export.evaluate import evaluate
from tests.export.toy import graph, picture

pytestmark = pytest.mark.torch

SHAPE = (1, 12, 3, 5)


def shuffle(groups: int, order: tuple[int, ...] = (0, 2, 1, 3, 4)) -> Graph:
    apart = (1, groups, 12 // groups, 3, 5)
    swapped = tuple(apart[axis] for axis in order)
    return graph(
        [
            Reshape(name="u.reshape", inputs=("x",), outputs=("a",)),
            Transpose(name="u.transpose", inputs=("a",), outputs=("b",), order=order),
            Reshape(name="u.reshape.2", inputs=("b",), outputs=("y",)),
        ],
        {"x": SHAPE, "a": apart, "b": swapped, "y": SHAPE},
        "y",
    )


@pytest.mark.parametrize("groups", [2, 3, 4])
def test_exact(groups: int) -> None:
    before = shuffle(groups)
    after = find_shuffles(before)
    (only,) = after.nodes
    assert isinstance(only, ChannelShuffle)
    assert (only.name, only.groups) == ("u.shuffle", groups)
    assert torch.equal(evaluate(after, picture(SHAPE)), evaluate(before, picture(SHAPE)))


def test_another_permutation_is_no_shuffle() -> None:
    before = shuffle(3, (0, 1, 2, 4, 3))
    assert find_shuffles(before).nodes == before.nodes
