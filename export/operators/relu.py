"""ReLU and ReLU6 that stand by themselves."""

import math

from armlet.export.onnx_file import OnnxWriter
from armlet.export.source import OnnxNode, Source
from armlet.export.tflite_file import TfliteWriter, builtin
from armlet.graph import Node, Relu


def read(node: OnnxNode, source: Source) -> list[Node]:
    """A Relu."""
    return [
        Relu(
            name=node.name("relu"),
            inputs=node.inputs[:1],
            outputs=node.outputs,
            activation="relu",
        )
    ]


def read_clip(node: OnnxNode, source: Source) -> list[Node]:
    """A Clip that is a ReLU6 (0 to 6) or a ReLU (0 and up)."""
    bounds = [-math.inf, math.inf]
    for position in (1, 2):
        if len(node.inputs) > position and node.inputs[position]:
            bounds[position - 1] = float(source.constant(node, position))
    if bounds not in ([0.0, 6.0], [0.0, math.inf]):
        raise node.refuse(f"to {bounds[0]:g} ... {bounds[1]:g}")
    return [
        Relu(
            name=node.name("relu"),
            inputs=node.inputs[:1],
            outputs=node.outputs,
            activation="relu6" if bounds[1] == 6.0 else "relu",
        )
    ]


def write_onnx(node: Relu, writer: OnnxWriter) -> None:
    """Relu, or Clip."""
    writer.activate(node.activation, writer.read(node.inputs[0]), node.outputs[0], node.name)


def write_tflite(node: Relu, writer: TfliteWriter) -> None:
    """RELU or RELU6."""
    writer.add(
        builtin("RELU6" if node.activation == "relu6" else "RELU"),
        [writer.tensor(node.inputs[0])],
        [writer.tensor(node.outputs[0])],
        None,
        int8_version=2,
    )
