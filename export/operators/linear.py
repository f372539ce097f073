"""The fully connected layer."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from armlet.export.onnx_file import OnnxWriter
from armlet.export.source import OnnxNode, Source
from armlet.export.tflite_file import TfliteWriter, builtin
from armlet.graph import Linear, Node


def read(node: OnnxNode, source: Source) -> list[Node]:
    """A Gemm with constant weights and no factors."""
    if node.attributes.get("alpha", 1.0) != 1.0 or node.attributes.get("beta", 1.0) != 1.0:
        raise node.refuse("with a factor")
    if node.attributes.get("transA", 0):
        raise node.refuse("with a transposed input")
    weight = source.constant(node, 1).astype(np.float32)
    if not node.attributes.get("transB", 0):
        weight = weight.T
    bias = source.constant(node, 2) if len(node.inputs) > 2 else np.zeros(len(weight))
    return [
        Linear(
            name=node.name("linear"),
            inputs=node.inputs[:1],
            outputs=node.outputs,
            weight=np.ascontiguousarray(weight),
            bias=np.broadcast_to(bias, len(weight)).astype(np.float32),
        )
    ]


def macs(node: Linear) -> int:
    """Multiply-adds: every weight once."""
    return node.weight.size


def write_onnx(node: Linear, writer: OnnxWriter) -> None:
    """Gemm, after a Reshape where the input still has its 1x1 map."""
    (source,) = node.inputs
    if len(writer.shapes[source]) == 4:
        flat = f"{source}/flat"
        shape = writer.constant(f"{node.name}/shape", np.array([1, -1], np.int64))
        writer.add("Reshape", [writer.read(source), shape], [flat], f"{node.name}/flatten")
        source = writer.like(flat, source)
    weight, bias = writer.weights(node)
    inputs = [writer.read(source), weight, bias]
    writer.add("Gemm", inputs, list(node.outputs), node.name, transB=1)


def write_tflite(node: Linear, writer: TfliteWriter) -> None:
    """A 1x1 CONV_2D: FULLY_CONNECTED's int8 rounding differs from ONNX Runtime's in places."""
    outputs, inputs = node.weight.shape
    source = writer.tensor(node.inputs[0])
    if len(writer.shape(node.inputs[0])) == 2:
        source = writer.reshaped(source, f"{node.inputs[0]}/map", (1, 1, 1, inputs))
    weight, bias = writer.weights(node, (0, 2, 3, 1))
    result = writer.like(f"{node.outputs[0]}/map", (1, 1, 1, outputs), node.outputs[0])
    options = schema.Conv2DOptionsT()
    options.padding = schema.Padding.VALID
    options.strideH = options.strideW = 1
    options.dilationHFactor = options.dilationWFactor = 1
    writer.add(builtin("CONV_2D"), [source, weight, bias], [result], options, int8_version=3)
    writer.reshape(result, writer.tensor(node.outputs[0]))
