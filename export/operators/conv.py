"""2-D convolution, depthwise or not, with an activation fused into it."""

from collections.abc import Mapping

from ai_edge_litert import schema_py_generated as schema

from armlet.export.onnx_file import OnnxWriter
from armlet.export.source import OnnxNode, Source
from armlet.export.tflite_file import FUSED, TfliteWriter, builtin
from armlet.graph import Conv, Node, Shape


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
    source, padding = writer.padded(node, node.weight.shape[2:], node.strides, node.pads)
    depthwise = node.depthwise
    options: schema.Conv2DOptionsT | schema.DepthwiseConv2DOptionsT
    if depthwise:
        options = schema.DepthwiseConv2DOptionsT()
        options.depthMultiplier = 1
    else:
        options = schema.Conv2DOptionsT()
    options.padding = padding
    options.strideH, options.strideW = node.strides
    options.dilationHFactor = options.dilationWFactor = 1
    options.fusedActivationFunction = FUSED[node.activation]
    weight, bias = writer.weights(node, (1, 2, 3, 0) if depthwise else (0, 2, 3, 1))
    writer.add(
        builtin("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"),
        [source, weight, bias],
        [writer.tensor(node.outputs[0])],
        options,
        int8_version=3,
    )
