"""Where channels go: from the operators that write them, through those that only move them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from armlet.graph import (
    BatchNorm,
    ChannelGather,
    ChannelShuffle,
    Concat,
    Conv,
    GlobalAveragePool,
    Graph,
    Linear,
    MaxPool,
    Node,
    Relu,
    Slice,
    Split,
)

Channel = tuple[str, int]
"""The tensor in which a channel was written, and where it stood there."""
MOVES = (ChannelGather, ChannelShuffle, Concat, Slice, Split)
"""Operators that only move channels."""
TRANSPARENT = (BatchNorm, GlobalAveragePool, MaxPool, Relu)
"""Operators whose every output channel sees exactly its own input channel."""


@dataclass(frozen=True)
class Given:
    """What a working node is given."""

    channels: tuple[Channel, ...]
    movers: frozenset[str]
    """Names of the shuffles and gathers that brought them there since they were mixed."""


def follow(graph: Graph, kept: frozenset[str]) -> tuple[Mapping[str, Given], Sequence[Channel]]:
    """What each working node is given, channel by channel, and what the answer is made of."""
    held: dict[str, Given] = {graph.input: _fresh(graph, graph.input, frozenset())}
    reads: dict[str, Given] = {}
    for node in graph.nodes:
        given = [held[name] for name in node.inputs]
        channels = tuple(one for part in given for one in part.channels)
        movers = frozenset(name for part in given for name in part.movers)
        if not isinstance(node, MOVES) or node.name in kept:
            reads[node.name] = Given(channels, movers)
            passed = movers if passes_on(node) else frozenset()
            held.update((name, _fresh(graph, name, passed)) for name in node.outputs)
            continue
        if isinstance(node, ChannelGather | ChannelShuffle):
            movers |= {node.name}
        for name, places in zip(node.outputs, _moved(node, len(channels)), strict=True):
            held[name] = Given(tuple(channels[place] for place in places), movers)
    return reads, held[graph.output].channels


def _fresh(graph: Graph, tensor: str, movers: frozenset[str]) -> Given:
    channels = range(graph.shapes[tensor][1])
    return Given(tuple((tensor, place) for place in channels), movers)


def _moved(node: Node, channels: int) -> Sequence[Sequence[int]]:
    """For each output of a node that only moves: the positions that it takes."""
    match node:
        case ChannelShuffle():
            size = channels // node.groups
            return [[block * size + at for at in range(size) for block in range(node.groups)]]
        case ChannelGather():
            return [node.order]
        case Slice():
            return [range(node.start, node.stop)]
        case Split():
            edges = [sum(node.sizes[:number]) for number in range(len(node.sizes) + 1)]
            return [range(*pair) for pair in zip(edges[:-1], edges[1:], strict=True)]
        case _:
            return [range(channels)]


def multiplied(node: Conv) -> bool:
    """Whether each output channel sees one input channel; there may be several of each."""
    return node.groups > 1 and node.weight.shape[1] == 1


def passes_on(node: Node) -> bool:
    """Whether every output channel sees exactly its own input channel."""
    return isinstance(node, TRANSPARENT) or (isinstance(node, Conv) and node.depthwise)


def grouped(node: Node) -> bool:
    """Whether it is a convolution that mixes its channels within groups only."""
    return isinstance(node, Conv) and node.groups > 1 and not multiplied(node)


def free_blocks(node: Node, channels: int) -> int | None:
    """Within how many equal blocks a node's input may be in any order; None: it may not."""
    match node:
        case Conv() if not multiplied(node):
            return node.groups
        case Conv() | Linear():
            return 1
        case _:
            return 1 if isinstance(node, TRANSPARENT) else None
