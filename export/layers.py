"""What each layer of the graph costs on paper."""

import math

from armlet.export.operators import conv, linear
from armlet.graph import Conv, Graph, Linear, Node, Weighted
from armlet.records import Layer, Precision


def layers(graph: Graph, precision: Precision) -> tuple[Layer, ...]:
    """One record a node, in the order in which they run, with nothing measured.

    Bytes are those of the activations read and written and of weight and bias, once each (the
    paper's memory access cost, in bytes); an int8 file keeps biases in four bytes.
    """
    return tuple(_layer(graph, node, precision) for node in graph.nodes)


def _layer(graph: Graph, node: Node, precision: Precision) -> Layer:
    moved = sum(math.prod(graph.shapes[name]) for name in (*node.inputs, *node.outputs))
    weights = node.weight.size if isinstance(node, Weighted) else 0
    biases = node.bias.size if isinstance(node, Weighted) else 0
    width = 1 if precision == "int8" else 4
    return Layer(
        name=node.name,
        operator=node.operator,
        kind=node.layer_kind,
        macs=macs(graph, node),
        parameters=weights + biases,
        bytes=width * (moved + weights) + 4 * biases,
    )


def macs(graph: Graph, node: Node) -> int:
    """Multiply-adds of one node for one image; 0 for what only moves, compares or adds."""
    match node:
        case Conv():
            return conv.macs(node, graph.shapes)
        case Linear():
            return linear.macs(node)
        case _:
            return 0
