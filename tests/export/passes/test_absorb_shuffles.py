"""Shuffles vanish from networks (of random weights) of every spelling; no answer changes."""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from armlet.export import passes
from armlet.export.networks import build
from armlet.export.passes.absorb_shuffles import MOST_RUNS, absorb_shuffles
from armlet.export.read import read
from armlet.export.trace import trace
from armlet.graph import (
    ChannelGather,
    ChannelShuffle,
    Concat,
    Conv,
    Graph,
    MaxPool,
    Node,
    Relu,
    Shape,
    Slice,
    Split,
)
from tests.article_network import ArticleNetwork
from tests.export.evaluate import evaluate
from tests.export.toy import conv, graph, picture

pytestmark = pytest.mark.torch


def kinds(of: Graph) -> Counter[str]:
    return Counter(type(node).__name__ for node in of.nodes)


def before_and_after(module: nn.Module, size: int = 32) -> tuple[Graph, Graph]:
    """The graph without this pass and what follows it, and the whole of it."""
    torch.manual_seed(5)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias)
    before = read(trace(module.eval(), size))
    after = passes.simplify(before)
    for rewrite in passes.PASSES:
        if rewrite is not absorb_shuffles:
            before = rewrite(before)
    return before, after


def assert_same(before: Graph, after: Graph) -> None:
    x = picture(before.shapes[before.input])
    wanted = evaluate(before, x)
    assert torch.allclose(
        evaluate(after, x), wanted, rtol=0, atol=1e-12 * float(wanted.abs().max())
    )
    names = {node.name for node in after.nodes}
    weighted = {node.name for node in before.nodes if isinstance(node, Conv)}
    assert weighted <= names
    assert len(names) == len(after.nodes)


class Strided(nn.Module):
    """A unit that splits every other channel off, and stacks what it joins."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 2, 1)
        self.deep = nn.Conv2d(8, 8, 3, 1, 1, groups=8)
        self.last = nn.Conv2d(16, 7, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.stem(x)
        for _ in range(3):
            even, odd = y[:, ::2], y[:, 1::2]
            y = torch.stack((even, self.deep(odd).relu()), dim=2).flatten(1, 2)
        maps: Tensor = self.last(y)
        return maps.mean((2, 3))


class Chunked(nn.Module):
    """Halves by ``chunk``, joined the wrong way round, in the order of an index."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 2, 1)
        self.units = nn.ModuleList(nn.Conv2d(8, 8, 1) for _ in range(4))
        self.last = nn.Linear(16, 5)
        order = torch.randperm(16, generator=torch.Generator().manual_seed(3))
        self.order: Tensor
        self.register_buffer("order", order)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.stem(x)
        for unit in self.units:
            first, second = y.chunk(2, dim=1)
            y = torch.cat((second, unit(first)), 1)[:, self.order]
        logits: Tensor = self.last(y.mean((2, 3)))
        return logits


class Grouped(nn.Module):
    """ShuffleNet V1's unit: grouped, shuffled, depthwise, grouped; joined with its input."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups
        width = 4 * groups**2
        self.stem = nn.Conv2d(3, width, 3, 2, 1)
        self.reduce = nn.ModuleList(
            nn.Conv2d(width * 2**unit, width, 1, groups=groups) for unit in range(2)
        )
        self.deep = nn.ModuleList(
            nn.Conv2d(width, width, 3, 2, 1, groups=width) for _ in range(2)
        )
        self.expand = nn.ModuleList(
            nn.Conv2d(width, width * 2**unit, 1, groups=groups) for unit in range(2)
        )
        self.last = nn.Linear(width * 4, 5)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.stem(x)
        for reduce, deep, expand in zip(self.reduce, self.deep, self.expand, strict=True):
            z = functional.channel_shuffle(reduce(y).relu(), self.groups)
            short = functional.max_pool2d(y, 3, 2, 1)
            y = torch.cat((short, expand(deep(z))), 1).relu()
        logits: Tensor = self.last(y.mean((2, 3)))
        return logits


@pytest.mark.parametrize(
    "module",
    [build("shufflenet_v2_x0_5", 10, "cifar"), ArticleNetwork(10), Strided(), Chunked()],
    ids=["ours", "the article's", "strided and stacked", "chunked and indexed"],
)
def test_shuffles_vanish(module: nn.Module) -> None:
    before, after = before_and_after(module)
    assert any(isinstance(one, ChannelShuffle | ChannelGather) for one in before.nodes)
    assert set(kinds(after)) <= {*kinds(before), "Slice", "Split", "Concat"} - {
        "ChannelGather",
        "ChannelShuffle",
    }
    assert_same(before, after)


def test_our_network_keeps_one_split_and_one_concat_a_unit() -> None:
    _, after = before_and_after(build("shufflenet_v2_x0_5", 10, "cifar"))
    assert (kinds(after)["Split"], kinds(after)["Concat"]) == (16, 16)


@pytest.mark.parametrize("groups", [2, 3, 4])
def test_shuffle_of_grouped_convolutions_vanishes(groups: int) -> None:
    before, after = before_and_after(Grouped(groups))
    assert kinds(before)["ChannelShuffle"] == 2
    assert kinds(after)["ChannelShuffle"] == 0
    assert_same(before, after)


def test_shuffle_that_would_need_too_many_slices_stays() -> None:
    before, after = before_and_after(Grouped(5))
    assert MOST_RUNS < 5**2
    assert kinds(after) == kinds(before)
    assert_same(before, after)


def test_graph_without_shuffles_is_left_alone() -> None:
    one = graph([conv("a", "x", 3, 4)], {"x": (1, 3, 2, 2), "a": (1, 4, 2, 2)}, "a")
    assert absorb_shuffles(one) is one


def test_shuffle_of_the_answer_goes_into_its_weights() -> None:
    shapes: dict[str, Shape] = {"x": (1, 3, 1, 1), "a": (1, 6, 1, 1), "y": (1, 6, 1, 1)}
    before = graph(
        [
            conv("a", "x", 3, 6),
            ChannelShuffle(name="s", inputs=("a",), outputs=("y",), groups=2),
        ],
        shapes,
        "y",
    )
    after = absorb_shuffles(before)
    assert torch.equal(
        evaluate(after, picture((1, 3, 1, 1))), evaluate(before, picture((1, 3, 1, 1)))
    )
    assert kinds(after)["Conv"] == 1


@pytest.mark.parametrize("seed", range(40))
def test_any_movement_between_any_operators(seed: int) -> None:
    before = wild(np.random.default_rng(seed))
    after = absorb_shuffles(before)
    assert_same(before, after)
    kept = [one.name for one in after.nodes if isinstance(one, ChannelShuffle | ChannelGather)]
    grouped = [one for one in before.nodes if isinstance(one, Conv) and 1 < one.groups < 8]
    assert not kept or grouped


def wild(random: np.random.Generator) -> Graph:
    """A random graph: each node reads some of what is there, the last one all that is left."""
    size = (6, 5)
    shapes: dict[str, Shape] = {"x": (1, 8, *size)}
    nodes: list[Node] = []

    def add(node: Node, *channels: int) -> None:
        nodes.append(node)
        shapes.update(
            {
                name: (1, count, *size)
                for name, count in zip(node.outputs, channels, strict=True)
            }
        )

    for number in range(14):
        name = f"n{number}"
        source = str(random.choice(list(shapes)))
        count = shapes[source][1]
        given: dict[str, Any] = {"name": name, "inputs": (source,), "outputs": (name,)}
        match random.choice(
            ["conv", "deep", "grouped", "relu", "pool", "shuffle", "gather", "concat", "split"]
        ):
            case "conv":
                add(conv(name, source, count, 8), 8)
            case "deep":
                weight = random.normal(size=(count, 1, 1, 1)).astype(np.float32)
                add(
                    Conv(
                        **given,
                        weight=weight,
                        bias=weight[:, 0, 0, 0],
                        strides=(1, 1),
                        pads=(0, 0, 0, 0),
                        groups=count,
                    ),
                    count,
                )
            case "grouped" if count % 4 == 0:
                weight = random.normal(size=(8, count // 4, 1, 1)).astype(np.float32)
                add(
                    Conv(
                        **given,
                        weight=weight,
                        bias=weight[:, 0, 0, 0],
                        strides=(1, 1),
                        pads=(0, 0, 0, 0),
                        groups=4,
                    ),
                    8,
                )
            case "relu":
                add(Relu(**given, activation="relu"), count)
            case "pool":
                add(MaxPool(**given, kernel=(3, 3), strides=(1, 1), pads=(1, 1, 1, 1)), count)
            case "shuffle" if count % 2 == 0:
                add(ChannelShuffle(**given, groups=2), count)
            case "gather":
                order = tuple(int(one) for one in random.permutation(count))
                add(ChannelGather(**given, order=order), count)
            case "concat":
                other = str(random.choice(list(shapes)))
                add(
                    Concat(name=name, inputs=(source, other), outputs=(name,)),
                    count + shapes[other][1],
                )
            case "split" if count > 2:
                cut = int(random.integers(1, count - 1))
                outputs = (f"{name}:0", f"{name}:1")
                add(
                    Split(
                        name=name, inputs=(source,), outputs=outputs, sizes=(cut, count - cut)
                    ),
                    cut,
                    count - cut,
                )
            case _:
                stop = int(random.integers(1, count + 1))
                add(Slice(**given, start=0, stop=stop), stop)
    read_by = {tensor for node in nodes for tensor in node.inputs}
    loose = [tensor for tensor in shapes if tensor not in read_by]
    total = sum(shapes[tensor][1] for tensor in loose)
    add(Concat(name="all", inputs=tuple(loose), outputs=("all",)), total)
    add(conv("y", "all", total, 4), 4)
    return graph(nodes, shapes, "y")


def test_runs_are_contiguous() -> None:
    _, after = before_and_after(build("shufflenet_v2_x0_5", 10, "cifar"))
    for tensor in after.shapes:
        slices = [one for one in after.readers(tensor) if isinstance(one, Slice)]
        slices.sort(key=lambda one: one.start)
        assert all(one.stop <= other.start for one, other in pairwise(slices))
