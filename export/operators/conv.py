"""2-D convolution, depthwise or not, with an activation fused into it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from armlet.export.onnx_file import OnnxWriter
from armlet.export.operators.window import padded
from armlet.export.source import OnnxNode, Source
from armlet.export.tflite_file import FUSED, TfliteWriter, builtin
from armlet.graph import Conv, Node, Pair, Shape

PAIRED = True
"""Whether int8 stems read pairs of columns; False for those who measure what that is worth."""


def read(node: OnnxNode, source: Source) -> list[Node]:
    """A Conv with constant weights, no dilation and explicit padding."""
    weight = source.constant(node, 1)
    if weight.ndim != 4:
        raise node.refuse(f"over {weight.ndim - 2} dimensions")
    if set(node.attributes.get("dilations", (1, 1))) != {1}:
        raise node.refuse("with dilation")
    bias = source.constant(node, 2) if len(node.inputs) > 2 else weight[:, 0, 0, 0] * 0
    top, left, bottom, right = node.attributes.get("pads", (0, 0, 0, 0))
    vertical, horizontal = node.attributes.get("strides", (1, 1))
    # The exporter folds batch norm and then names the batch norm as origin; the weight's own
    # name still tells the convolution's path.
    path, _, leaf = node.inputs[1].rpartition(".")
    return [
        Conv(
            name=path if leaf == "weight" else node.name("conv"),
            inputs=node.inputs[:1],
            outputs=node.outputs,
            weight=weight.astype("float32"),
            bias=bias.astype("float32"),
            strides=(vertical, horizontal),
            pads=(top, left, bottom, right),
            groups=node.attributes.get("group", 1),
        )
    ]


def macs(node: Conv, shapes: Mapping[str, Shape]) -> int:
    """Multiply-adds: one weight's worth for every output pixel of its channel."""
    _, _, height, width = shapes[node.outputs[0]]
    return node.weight.size * height * width


def write_onnx(node: Conv, writer: OnnxWriter) -> None:
    """Conv, followed by its activation."""
    weight, bias = writer.weights(node)
    (output,) = node.outputs
    result = output if node.activation is None else f"{output}/linear"
    writer.add(
        "Conv",
        [writer.read(node.inputs[0]), weight, bias],
        [result],
        node.name,
        kernel_shape=node.weight.shape[2:],
        strides=node.strides,
        pads=node.pads,
        group=node.groups,
    )
    if node.activation is not None:
        writer.activate(node.activation, result, output, f"{node.name}/{node.activation}")


def write_tflite(node: Conv, writer: TfliteWriter) -> None:
    """CONV_2D or DEPTHWISE_CONV_2D, after a PAD where TFLite's own padding is another."""
    if writer.int8 and _can_pair(node, writer):
        _write_paired(node, writer)
        return
    kernel, before = node.weight.shape[2:], node.pads[:2]
    index = writer.tensor(node.inputs[0])
    source, padding = padded(node, writer, index, kernel, node.strides, before)
    if node.depthwise:
        weights = writer.weights(node, (1, 2, 3, 0))
    else:
        weights = writer.weights(node, (0, 2, 3, 1))
    _add(node, writer, (source, *weights), padding, node.strides)


def _can_pair(node: Conv, writer: TfliteWriter) -> bool:
    """Whether it can read two columns of R, G, B as one of six channels.

    XNNPACK's int8 kernels fill three channels up to eight. Of six they waste less, and the
    window is a column narrower: docs/rewrites.md says what that is worth.
    """
    _, _, width, channels = writer.shape(node.inputs[0])
    return (
        PAIRED
        and channels == 3
        and node.groups == 1
        and (width % 2, node.strides[1] % 2) == (0, 0)
    )


def _write_paired(node: Conv, writer: TfliteWriter) -> None:
    """The same sums over pairs of columns, with weights of zero where a pair sticks out."""
    _, height, width, channels = writer.shape(node.inputs[0])
    top, left, _, _ = node.pads
    _, _, rows, columns = node.weight.shape
    lead = left % 2
    tail = (lead + columns) % 2
    pairs = (lead + columns + tail) // 2

    def arrange(weight: NDArray[Any]) -> NDArray[Any]:
        wide = np.pad(weight, ((0, 0), (0, 0), (lead, tail), (0, 0)))
        return wide.reshape(len(weight), rows, pairs, 2 * channels)

    strides = node.strides[0], node.strides[1] // 2
    index = writer.tensor(node.inputs[0])
    index = writer.reshaped(index, f"{node.name}/pairs", (1, height, width // 2, 2 * channels))
    before = top, (left + lead) // 2
    source, padding = padded(node, writer, index, (rows, pairs), strides, before)
    weights = writer.weights(node, (0, 2, 3, 1), arrange)
    _add(node, writer, (source, *weights), padding, strides)


def _add(
    node: Conv, writer: TfliteWriter, inputs: Sequence[int], padding: int, strides: Pair
) -> None:
    options: schema.Conv2DOptionsT | schema.DepthwiseConv2DOptionsT
    if node.depthwise:
        options = schema.DepthwiseConv2DOptionsT()
        options.depthMultiplier = 1
    else:
        options = schema.Conv2DOptionsT()
    options.padding = padding
    options.strideH, options.strideW = strides
    options.dilationHFactor = options.dilationWFactor = 1
    options.fusedActivationFunction = FUSED[node.activation]
    code = builtin("DEPTHWISE_CONV_2D" if node.depthwise else "CONV_2D")
    writer.add(code, inputs, [writer.tensor(node.outputs[0])], options, int8_version=3)
