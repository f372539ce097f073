"""Takes channel shuffles out of the graph by permuting the weights around them.

Where a channel stands in a convolution's output is free: any order will do if whoever reads it
knows. So every movement of channels (shuffle, gather, split, slice, concat) is first followed
channel by channel, from the operators that write channels to those that read them. Then each
convolution's outputs are put in the order in which they are read, so that every reader finds
its channels as a few contiguous runs, and each reader's weights are put in the order of what it
is given. What is left are slices and concats (guideline G4 of the ShuffleNet V2 paper: element-
wise work and movement aren't free).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from armlet.export.passes.channel_flow import (
    MOVES,
    TRANSPARENT,
    Channel,
    Given,
    follow,
    free_blocks,
    grouped,
    multiplied,
    passes_on,
)
from armlet.graph import (
    BatchNorm,
    ChannelGather,
    ChannelShuffle,
    Concat,
    Conv,
    Graph,
    Linear,
    Node,
    Slice,
)

MOST_RUNS = 16
"""Slices that a grouped convolution may be given in a shuffle's place; with more, the shuffle
stays. Any other reader is given as many as it takes: its own order is free."""

Run = tuple[str, int, int]
"""A tensor, in its new order, and the first and last channel (exclusive) of it."""


def absorb_shuffles(graph: Graph) -> Graph:
    """Leave no movement of channels but slices and concats; exact up to the order of sums.

    A shuffle before a grouped convolution that would need more than ``MOST_RUNS`` slices stays.
    """
    if not any(isinstance(node, ChannelGather | ChannelShuffle) for node in graph.nodes):
        return graph
    kept: frozenset[str] = frozenset()
    while True:
        rewrite = _Rewrite(graph, kept)
        nodes, output = rewrite.run()
        if rewrite.too_many <= kept:
            new = replace(graph, output=output).with_nodes(nodes)
            return new.with_shapes(rewrite.shapes)
        kept |= rewrite.too_many


class _Rewrite:
    """One attempt, with the shuffles in ``kept`` treated as operators that work."""

    def __init__(self, graph: Graph, kept: frozenset[str]) -> None:
        self._graph = graph
        self._kept = kept
        self._order = {node.name: place for place, node in enumerate(graph.nodes)}
        self._reads, self._answer = follow(graph, kept)
        self._readers: dict[Channel, list[tuple[Node, int]]] = {}
        for node in graph.nodes:
            for place, channel in enumerate(self._given(node).channels):
                self._readers.setdefault(channel, []).append((node, place))
        self._keys: dict[Channel, Any] = {}
        self._places: dict[str, Mapping[int, int]] = {}
        """By tensor: where each channel stands now."""
        self._made: dict[tuple[Run, ...], str] = {}
        self._slices: dict[Run, str] = {}
        self._names = {node.name for node in graph.nodes if self._works(node)}
        self.shapes = dict(graph.shapes)
        self.too_many: frozenset[str] = frozenset()

    def run(self) -> tuple[Sequence[Node], str]:
        """The new graph's nodes, and the name of its output."""
        made: list[Node] = []
        channels = self._graph.shapes[self._graph.input][1]
        self._places[self._graph.input] = {place: place for place in range(channels)}
        for node in self._graph.nodes:
            if not self._works(node):
                continue
            given = self._given(node)
            order = self._arranged(node, given)
            channels_in_order = [given.channels[place] for place in order]
            source, added = self._assembled(node.name, channels_in_order)
            slices = [one for one in added if isinstance(one, Slice)]
            if len(slices) > MOST_RUNS and grouped(node):
                self.too_many |= given.movers
            made += [*added, self._permuted(node, source, order)]
        output, added = self._assembled(self._graph.output, self._answer)
        return [*made, *added], output

    def _works(self, node: Node) -> bool:
        return not isinstance(node, MOVES) or node.name in self._kept

    def _given(self, node: Node) -> Given:
        return self._reads.get(node.name, Given((), frozenset()))

    def _arranged(self, node: Node, given: Given) -> Sequence[int]:
        """In which order a node is best given its channels: positions in what it reads."""
        blocks = free_blocks(node, len(given.channels))
        if blocks is None:
            return range(len(given.channels))
        channels = given.channels
        return _sorted_blocks(
            len(channels), blocks, lambda place: self._stands(channels[place])
        )

    def _stands(self, channel: Channel) -> tuple[int, int]:
        """Which tensor a channel is in, and where it stands in it now."""
        tensor, place = channel
        producer = self._graph.producer(tensor)
        at = self._order[producer.name] if producer else -1
        return at, self._places[tensor][place]

    def _assembled(
        self, reader: str, channels: Sequence[Channel]
    ) -> tuple[str, Sequence[Node]]:
        """A tensor that holds these channels, and the nodes that make it."""
        runs = tuple(self._runs(channels))
        if runs in self._made:
            return self._made[runs], ()
        added: list[Node] = []
        parts = [self._sliced(run, added) for run in runs]
        if len(parts) > 1:
            name = self._free(f"{reader}.concat")
            added.append(Concat(name=name, inputs=tuple(parts), outputs=(name,)))
            self._shape(name, parts[0], len(channels))
            parts = [name]
        self._made[runs] = parts[0]
        return parts[0], added

    def _runs(self, channels: Sequence[Channel]) -> Iterator[Run]:
        run: Run | None = None
        for tensor, place in channels:
            at = self._places[tensor][place]
            if run is not None and (run[0], run[2]) == (tensor, at):
                run = (tensor, run[1], at + 1)
                continue
            if run is not None:
                yield run
            run = (tensor, at, at + 1)
        if run is not None:
            yield run

    def _sliced(self, run: Run, added: list[Node]) -> str:
        tensor, start, stop = run
        if (start, stop) == (0, self._graph.shapes[tensor][1]):
            return tensor
        if run not in self._slices:
            producer = self._graph.producer(tensor)
            name = self._free(f"{producer.name if producer else tensor}.slice")
            added.append(
                Slice(name=name, inputs=(tensor,), outputs=(name,), start=start, stop=stop)
            )
            self._shape(name, tensor, stop - start)
            self._slices[run] = name
        return self._slices[run]

    def _shape(self, name: str, like: str, channels: int) -> None:
        batch, _, *rest = self.shapes[like]
        self.shapes[name] = (batch, channels, *rest)

    def _free(self, wanted: str) -> str:
        name, number = wanted, 2
        while name in self._names or name in self.shapes:
            name, number = f"{wanted}.{number}", number + 1
        self._names.add(name)
        return name

    def _permuted(self, node: Node, source: str, order: Sequence[int]) -> Node:
        """The node with its weights in the order of what it reads and of what it writes."""
        (output,) = node.outputs
        written: Sequence[int] = range(self._graph.shapes[output][1])
        match node:
            case Conv() if multiplied(node):
                # Every output channel belongs to its own input channel.
                size = len(node.weight) // len(order)
                written = [place * size + part for place in order for part in range(size)]
                node = replace(node, weight=node.weight[written], bias=node.bias[written])
            case Conv():
                written = self._written(node)
                weight = _columns(node, order)[written]
                node = replace(node, weight=weight, bias=node.bias[written])
            case Linear():
                node = replace(node, weight=node.weight[:, list(order)])
            case BatchNorm():
                written = list(order)
                node = replace(node, factor=node.factor[written], offset=node.offset[written])
            case _ if isinstance(node, TRANSPARENT):
                written = order
        self._places[output] = {place: at for at, place in enumerate(written)}
        return replace(node, inputs=(source,))

    def _written(self, node: Conv) -> Sequence[int]:
        """The order in which a convolution's outputs are read; blocks keep their places."""
        (output,) = node.outputs
        return _sorted_blocks(
            len(node.weight), node.groups, lambda place: self._key((output, place))
        )

    def _key(self, channel: Channel) -> Any:
        """Sorts channels by who reads them, then by who reads what becomes of them."""
        if channel not in self._keys:
            self._keys[channel] = tuple(
                (self._order[node.name], self._part(node, place))
                for node, place in self._readers.get(channel, ())
            ) + self._last(channel)
        return self._keys[channel]

    def _part(self, node: Node, place: int) -> Any:
        blocks = free_blocks(node, len(self._given(node).channels))
        if passes_on(node):
            return self._key((node.outputs[0], place))
        if blocks is None:
            return (place,)
        return (place * blocks // len(self._given(node).channels),)

    def _last(self, channel: Channel) -> Any:
        """The answer has an order of its own."""
        places = [place for place, one in enumerate(self._answer) if one == channel]
        return tuple((len(self._order), (place,)) for place in places)


def _sorted_blocks(count: int, blocks: int, key: Callable[[int], Any]) -> Sequence[int]:
    """The numbers below ``count``, cut into equal blocks, each of them sorted by itself."""
    size = count // blocks
    order: list[int] = []
    for block in range(blocks):
        order += sorted(range(block * size, (block + 1) * size), key=key)
    return order


def _columns(node: Conv, order: Sequence[int]) -> Any:
    """The weight of a convolution that is given its input in another order."""
    size = node.weight.shape[1]
    blocks = [list(order[start : start + size]) for start in range(0, len(order), size)]
    weight = node.weight.copy()
    rows = len(weight) // node.groups
    for number, block in enumerate(blocks):
        mine = slice(number * rows, (number + 1) * rows)
        weight[mine] = node.weight[mine][:, [place - number * size for place in block]]
    return weight
