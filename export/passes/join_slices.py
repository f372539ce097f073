"""Turns slices that together are the whole tensor into one split."""

from dataclasses import dataclass

from armlet.graph import Graph, Node, Slice, Split


@dataclass(frozen=True, kw_only=True)
class _Cut:
    """Slices of one tensor, in order of their channels."""

    slices: tuple[Slice, ...]


def join_slices(graph: Graph) -> Graph:
    """Put a Split in the place of ``x[:, :c]`` and ``x[:, c:]``; exact.

    Both writers and runtimes do less for one split than for several slices.
    """
    cuts = {name: cut for name in graph.shapes if (cut := _cut(graph, name)) is not None}
    first = {min(cut.slices, key=graph.nodes.index).name: cut for cut in cuts.values()}
    gone = {one.name for cut in cuts.values() for one in cut.slices}
    nodes: list[Node] = []
    for node in graph.nodes:
        if node.name in first:
            slices = first[node.name].slices
            nodes.append(
                Split(
                    name=f"{node.name.removesuffix('.slice')}.split",
                    inputs=node.inputs,
                    outputs=tuple(one.outputs[0] for one in slices),
                    sizes=tuple(one.stop - one.start for one in slices),
                )
            )
        elif node.name not in gone:
            nodes.append(node)
    return graph.with_nodes(nodes)


def _cut(graph: Graph, tensor: str) -> _Cut | None:
    slices = [node for node in graph.readers(tensor) if isinstance(node, Slice)]
    slices.sort(key=lambda one: one.start)
    edges = [0, *(one.stop for one in slices)]
    channels = graph.shapes[tensor][1] if len(graph.shapes[tensor]) > 1 else 0
    whole = len(slices) > 1 and edges[-1] == channels
    if whole and all(one.start == edge for one, edge in zip(slices, edges[:-1], strict=True)):
        return _Cut(slices=tuple(slices))
    return None
