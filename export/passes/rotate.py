"""Turns a network by 180 degrees, for pictures that are turned likewise.

A convolution with stride 2 and one row of padding reads an even map from one row above it on;
TFLite's own padding would be one row below. Turned, the two are the same, so no PAD is left:
not those that XNNPACK fuses into a convolution, nor the one before a max pooling, which it
doesn't. The logits are the same; only the order in which float32 adds up differs.
"""

from dataclasses import replace

import numpy as np

from armlet.graph import Conv, Flatten, Graph, MaxPool, Node, Pads, Pair
from armlet.quantization import Quantization


def rotate(graph: Graph) -> Graph | None:
    """The turned graph, with the tensors of the same names.

    Returns:
        None where that can't be: a window ends before its map does, and would turned begin
        after it, or something reads a map as a vector.
    """
    nodes = []
    for node in graph.nodes:
        match node:
            case Conv():
                pads = _turned(graph, node, node.weight.shape[2:], node.strides, node.pads)
                weight = np.ascontiguousarray(node.weight[:, :, ::-1, ::-1])
                turned: Node = replace(node, weight=weight, pads=pads)
            case MaxPool():
                pads = _turned(graph, node, node.kernel, node.strides, node.pads)
                turned = replace(node, pads=pads)
            case Flatten() if graph.shapes[node.inputs[0]][2:] != (1, 1):
                return None
            case _:
                turned, pads = node, (0, 0, 0, 0)
        if min(pads) < 0:
            return None
        nodes.append(turned)
    return replace(graph, nodes=tuple(nodes))


def rotate_weights(quantization: Quantization) -> Quantization:
    """The same table for the turned graph."""
    weights = {
        name: replace(one, weight=np.ascontiguousarray(np.flip(one.weight, (2, 3))))
        if one.weight.ndim == 4
        else one
        for name, one in quantization.weights.items()
    }
    return replace(quantization, weights=weights)


def _turned(
    graph: Graph, node: Node, kernel: tuple[int, ...], strides: Pair, pads: Pads
) -> Pads:
    """Padding that is read, not only asked for, the other way round; negative: rows unread."""
    top, left, _, _ = pads
    _, _, height, width = graph.shapes[node.inputs[0]]
    _, _, rows, columns = graph.shapes[node.outputs[0]]
    bottom = (rows - 1) * strides[0] + kernel[0] - height - top
    right = (columns - 1) * strides[1] + kernel[1] - width - left
    return bottom, right, top, left
