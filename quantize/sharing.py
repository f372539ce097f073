"""Which activations must be stored on one scale.

An operator that only moves or selects values (concat, split, max pooling, reshape, shuffle) is
exact in int8 if all its inputs and outputs share one scale; with scales of their own, ONNX
Runtime and LiteRT round the change between them differently.
"""

from armlet.graph import Graph


def groups(graph: Graph) -> list[list[str]]:
    """The activations of a graph, grouped by the scale they share, in order of first use."""
    leader = {name: name for name in graph.shapes}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for node in graph.nodes:
        if node.keeps_scale:
            first, *rest = (*node.inputs, *node.outputs)
            for name in rest:
                leader[find(name)] = find(first)
    members: dict[str, list[str]] = {}
    for name in graph.shapes:
        members.setdefault(find(name), []).append(name)
    return list(members.values())
