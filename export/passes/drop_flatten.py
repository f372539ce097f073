"""Removes the flattening of a 1x1 map before a fully connected layer."""

from dataclasses import replace

from armlet.graph import Flatten, Graph, Linear, Node


def drop_flatten(graph: Graph) -> Graph:
    """Let Linear read (1, C, 1, 1) itself; exact."""
    sources: dict[str, str] = {}
    for node in graph.nodes:
        if (
            isinstance(node, Flatten)
            and graph.shapes[node.inputs[0]][2:] == (1, 1)
            and isinstance(graph.only_reader(node.outputs[0]), Linear)
        ):
            sources[node.outputs[0]] = node.inputs[0]
    nodes: list[Node] = []
    for node in graph.nodes:
        if isinstance(node, Linear) and node.inputs[0] in sources:
            nodes.append(replace(node, inputs=(sources[node.inputs[0]],)))
        elif not (isinstance(node, Flatten) and node.outputs[0] in sources):
            nodes.append(node)
    return graph.with_nodes(nodes)
