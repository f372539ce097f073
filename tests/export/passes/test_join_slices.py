import pytest
import torch

from armlet.export.passes.join_slices import join_slices
from armlet.graph import Concat, Graph, Slice, Split
from tests.export.evaluate import evaluate
from tests.export.toy import graph, picture

pytestmark = pytest.mark.torch

SHAPE = (1, 10, 4, 4)


def cut(*parts: tuple[int, int]) -> Graph:
    slices = [
        Slice(name=f"u.slice.{a}", inputs=("x",), outputs=(f"s{a}",), start=a, stop=b)
        for a, b in parts
    ]
    channels = sum(b - a for a, b in parts)
    join = Concat(
        name="cat", inputs=tuple(one.outputs[0] for one in reversed(slices)), outputs=("y",)
    )
    shapes = {one.outputs[0]: (1, one.stop - one.start, 4, 4) for one in slices}
    return graph([*slices, join], {"x": SHAPE, **shapes, "y": (1, channels, 4, 4)}, "y")


@pytest.mark.parametrize("parts", [((0, 4), (4, 10)), ((6, 10), (0, 3), (3, 6))])
def test_exact(parts: tuple[tuple[int, int], ...]) -> None:
    before = cut(*parts)
    after = join_slices(before)
    assert [node.operator for node in after.nodes] == ["Split", "Concat"]
    first = after.nodes[0]
    assert isinstance(first, Split)
    assert first.sizes == tuple(b - a for a, b in sorted(parts))
    assert torch.equal(evaluate(after, picture(SHAPE)), evaluate(before, picture(SHAPE)))


@pytest.mark.parametrize("parts", [((0, 4),), ((0, 4), (5, 10)), ((0, 6), (4, 10))])
def test_what_is_not_the_whole_or_overlaps_stays(parts: tuple[tuple[int, int], ...]) -> None:
    before = cut(*parts)
    assert join_slices(before).nodes == before.nodes
