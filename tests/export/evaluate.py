"""A second opinion on what a graph computes: torch in float64, one node at a time."""

import torch
from torch import Tensor
from torch.nn import functional

from armlet.graph import (
    BatchNorm,
    ChannelGather,
    ChannelShuffle,
    Concat,
    Conv,
    Flatten,
    GlobalAveragePool,
    Graph,
    Linear,
    MaxPool,
    Node,
    Relu,
    Reshape,
    Slice,
    Split,
    Transpose,
)


def evaluate(graph: Graph, picture: Tensor) -> Tensor:
    """Run a graph on its input, (1, C, H, W); returns its output in float64."""
    values = {graph.input: picture.double()}
    for node in graph.nodes:
        results = _run(graph, node, [values[name] for name in node.inputs])
        for name, value in zip(node.outputs, results, strict=True):
            assert tuple(value.shape) == graph.shapes[name], node.name
            values[name] = value
    return values[graph.output]


def _run(graph: Graph, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    x = inputs[0]
    match node:
        case Conv():
            weight, bias = torch.from_numpy(node.weight), torch.from_numpy(node.bias)
            top, left, bottom, right = node.pads
            padded = functional.pad(x, (left, right, top, bottom))
            y = functional.conv2d(
                padded, weight.double(), bias.double(), node.strides, groups=node.groups
            )
            return [_activate(y, node.activation)]
        case Linear():
            weight, bias = torch.from_numpy(node.weight), torch.from_numpy(node.bias)
            return [functional.linear(x.flatten(1), weight.double(), bias.double())]
        case BatchNorm():
            factor, offset = torch.from_numpy(node.factor), torch.from_numpy(node.offset)
            return [x * factor.double()[:, None, None] + offset.double()[:, None, None]]
        case Relu():
            return [_activate(x, node.activation)]
        case MaxPool():
            top, left, bottom, right = node.pads
            padded = functional.pad(x, (left, right, top, bottom), value=float("-inf"))
            return [functional.max_pool2d(padded, node.kernel, node.strides)]
        case GlobalAveragePool():
            return [x.mean((2, 3), keepdim=True)]
        case Concat():
            return [torch.cat(inputs, 1)]
        case Split():
            return list(torch.split(x, list(node.sizes), 1))
        case Slice():
            return [x[:, node.start : node.stop]]
        case ChannelGather():
            return [x[:, list(node.order)]]
        case ChannelShuffle():
            return [functional.channel_shuffle(x, node.groups)]
        case Transpose():
            return [x.permute(node.order)]
        case Reshape() | Flatten():
            return [x.reshape(graph.shapes[node.outputs[0]])]
    raise AssertionError(f"no second opinion on {node.operator}")


def _activate(x: Tensor, activation: str | None) -> Tensor:
    return {None: x, "relu": x.clamp(0), "relu6": x.clamp(0, 6)}[activation]
