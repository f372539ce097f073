"""Recognises reshape, transpose, reshape as a channel shuffle."""

from dataclasses import replace

from armlet.graph import ChannelShuffle, Graph, Node, Reshape, Transpose


def find_shuffles(graph: Graph) -> Graph:
    """Put one ChannelShuffle in the place of each such trio; exact.

    The trio cuts C into (groups, C / groups), swaps the two and joins them again.
    """
    shuffles: dict[str, ChannelShuffle] = {}
    gone: set[str] = set()
    for cut in graph.nodes:
        found = _match(graph, cut)
        if found is None:
            continue
        transpose, join, groups = found
        name = f"{cut.name.removesuffix('.reshape')}.shuffle"
        shuffles[join.name] = ChannelShuffle(
            name=name, inputs=cut.inputs, outputs=join.outputs, groups=groups
        )
        gone |= {cut.name, transpose.name}
    taken = {node.name for node in graph.nodes}
    nodes: list[Node] = []
    for node in graph.nodes:
        shuffle = shuffles.get(node.name)
        if shuffle is not None:
            name = shuffle.name if shuffle.name not in taken else f"{node.name}.shuffle"
            taken.add(name)
            nodes.append(replace(shuffle, name=name))
        elif node.name not in gone:
            nodes.append(node)
    return graph.with_nodes(nodes)


def _match(graph: Graph, cut: Node) -> tuple[Node, Node, int] | None:
    if not isinstance(cut, Reshape):
        return None
    before, apart = graph.shapes[cut.inputs[0]], graph.shapes[cut.outputs[0]]
    transpose = graph.only_reader(cut.outputs[0])
    if len(before) != 4 or len(apart) != 5 or not isinstance(transpose, Transpose):
        return None
    join = graph.only_reader(transpose.outputs[0])
    if (
        not isinstance(join, Reshape)
        or transpose.order != (0, 2, 1, 3, 4)
        or apart[3:] != before[2:]
        or graph.shapes[join.outputs[0]] != before
    ):
        return None
    return transpose, join, apart[1]
