"""2-D max pooling."""

from ai_edge_litert import schema_py_generated as schema

from armlet.export.onnx_file import OnnxWriter
from armlet.export.operators.window import padded
from armlet.export.source import OnnxNode, Source
from armlet.export.tflite_file import TfliteWriter, builtin
from armlet.graph import MaxPool, Node


def read(node: OnnxNode, source: Source) -> list[Node]:
    """A MaxPool with explicit padding, no dilation and its size rounded down."""
    kernel = tuple(node.attributes["kernel_shape"])
    if len(kernel) != 2:
        raise node.refuse(f"over {len(kernel)} dimensions")
    if set(node.attributes.get("dilations", (1, 1))) != {1}:
        raise node.refuse("with dilation")
    if node.attributes.get("ceil_mode", 0):
        raise node.refuse("with ceil_mode")
    top, left, bottom, right = node.attributes.get("pads", (0, 0, 0, 0))
    vertical, horizontal = node.attributes.get("strides", (1, 1))
    return [
        MaxPool(
            name=node.name("max_pool"),
            inputs=node.inputs[:1],
            outputs=node.outputs[:1],
            kernel=(kernel[0], kernel[1]),
            strides=(vertical, horizontal),
            pads=(top, left, bottom, right),
        )
    ]


def write_onnx(node: MaxPool, writer: OnnxWriter) -> None:
    """MaxPool."""
    writer.add(
        "MaxPool",
        [writer.read(node.inputs[0])],
        list(node.outputs),
        node.name,
        kernel_shape=node.kernel,
        strides=node.strides,
        pads=node.pads,
    )


def write_tflite(node: MaxPool, writer: TfliteWriter) -> None:
    """MAX_POOL_2D, after a PAD where TFLite's own padding is another."""
    index = writer.tensor(node.inputs[0])
    source, padding = padded(node, writer, index, node.kernel, node.strides, node.pads[:2])
    options = schema.Pool2DOptionsT()
    options.padding = padding
    options.strideH, options.strideW = node.strides
    options.filterHeight, options.filterWidth = node.kernel
    writer.add(
        builtin("MAX_POOL_2D"),
        [source],
        [writer.tensor(node.outputs[0])],
        options,
        int8_version=2,
    )
