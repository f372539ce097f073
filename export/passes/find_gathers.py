"""Recognises transpose, rows in another order, transpose as channels in another order."""

from armlet.graph import ChannelGather, Graph, Node, RowGather, Transpose

_SWAP = (1, 0, 2, 3)
"""Batch and channels."""


def find_gathers(graph: Graph) -> Graph:
    """Put one ChannelGather in the place of each such trio; exact."""
    found: dict[str, ChannelGather] = {}
    gone: set[str] = set()
    for rows in graph.nodes:
        if not isinstance(rows, RowGather):
            continue
        before, after = graph.producer(rows.inputs[0]), graph.only_reader(rows.outputs[0])
        if not (_swaps(before) and _swaps(after)):
            continue
        assert before and after
        found[after.name] = ChannelGather(
            name=rows.name, inputs=before.inputs, outputs=after.outputs, order=rows.order
        )
        gone |= {rows.name}
        if graph.only_reader(before.outputs[0]) is rows:
            gone |= {before.name}
    kept = [node for node in graph.nodes if node.name not in gone or node.name in found]
    return graph.with_nodes(found.get(node.name, node) for node in kept)


def _swaps(node: Node | None) -> bool:
    return isinstance(node, Transpose) and node.order == _SWAP
