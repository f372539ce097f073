import pytest

from armlet.export.passes.find_gathers import find_gathers
from armlet.graph import ChannelGather, Graph, RowGather, Transpose
from tests.export.toy import graph

pytestmark = pytest.mark.torch

SHAPE, SWAPPED = (1, 4, 2, 5), (4, 1, 2, 5)


def gathered(order: tuple[int, ...]) -> Graph:
    return graph(
        [
            Transpose(name="u.transpose", inputs=("x",), outputs=("a",), order=(1, 0, 2, 3)),
            RowGather(name="u.gather", inputs=("a",), outputs=("b",), order=(2, 0, 3, 1)),
            Transpose(name="u.transpose.2", inputs=("b",), outputs=("y",), order=order),
        ],
        {"x": SHAPE, "a": SWAPPED, "b": SWAPPED, "y": SHAPE},
        "y",
    )


def test_trio_becomes_a_gather_of_channels() -> None:
    (only,) = find_gathers(gathered((1, 0, 2, 3))).nodes
    assert isinstance(only, ChannelGather)
    assert (only.name, only.inputs, only.outputs) == ("u.gather", ("x",), ("y",))
    assert only.order == (2, 0, 3, 1)


def test_other_transposes_stay() -> None:
    before = gathered((0, 1, 2, 3))
    assert find_gathers(before).nodes == before.nodes
