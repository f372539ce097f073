"""Lets a convolution apply the ReLU that follows it."""

from dataclasses import replace

from armlet.graph import Conv, Graph, Node, Relu


def fuse_activations(graph: Graph) -> Graph:
    """Fuse every ReLU or ReLU6 that alone reads a convolution; exact."""
    fused: dict[str, Conv] = {}
    gone: set[str] = set()
    for relu in graph.nodes:
        if not isinstance(relu, Relu):
            continue
        conv = graph.producer(relu.inputs[0])
        if (
            isinstance(conv, Conv)
            and conv.activation is None
            and graph.only_reader(conv.outputs[0]) is relu
        ):
            fused[conv.name] = replace(conv, outputs=relu.outputs, activation=relu.activation)
            gone.add(relu.name)
    nodes: list[Node] = [fused.get(one.name, one) for one in graph.nodes]
    return graph.with_nodes(one for one in nodes if one.name not in gone)
