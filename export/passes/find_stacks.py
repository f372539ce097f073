"""Recognises stacked maps, channel beside channel, as joined and shuffled ones."""

from armlet.graph import ChannelShuffle, Concat, Graph, Node, Reshape, Stack


def find_stacks(graph: Graph) -> Graph:
    """Put Concat and ChannelShuffle in the place of torch.stack and flatten; exact."""
    found: dict[str, list[Node]] = {}
    gone: set[str] = set()
    for stack in graph.nodes:
        if not isinstance(stack, Stack):
            continue
        apart = [graph.producer(name) for name in stack.inputs]
        join = graph.only_reader(stack.outputs[0])
        if not (isinstance(join, Reshape) and all(_parts(graph, one) for one in apart)):
            continue
        _, channels, count, *size = graph.shapes[stack.outputs[0]]
        if graph.shapes[join.outputs[0]] != (1, channels * count, *size):
            continue
        joined = f"{join.outputs[0]}/joined"
        sources = tuple(one.inputs[0] for one in apart if one)
        name = stack.name.removesuffix(".stack")
        found[join.name] = [
            Concat(name=f"{name}.concat", inputs=sources, outputs=(joined,)),
            ChannelShuffle(
                name=f"{name}.shuffle", inputs=(joined,), outputs=join.outputs, groups=count
            ),
        ]
        gone |= {stack.name, *(one.name for one in apart if one)}
    shapes = dict(graph.shapes)
    for concat, shuffle in found.values():
        shapes[concat.outputs[0]] = shapes[shuffle.outputs[0]]
    nodes = [new for node in graph.nodes for new in found.get(node.name, [node])]
    kept = [node for node in nodes if node.name not in gone]
    return graph.with_nodes(kept).with_shapes(shapes)


def _parts(graph: Graph, node: Node | None) -> bool:
    """Whether a node only puts an axis of one between a map's channels and rows."""
    if not isinstance(node, Reshape) or graph.only_reader(node.outputs[0]) is None:
        return False
    batch, channels, *size = graph.shapes[node.inputs[0]]
    return graph.shapes[node.outputs[0]] == (batch, channels, 1, *size)
