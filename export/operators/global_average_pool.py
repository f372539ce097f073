"""The mean over height and width, in the several forms that PyTorch code takes it."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from armlet.export.onnx_file import OnnxWriter
from armlet.export.source import OnnxNode, Source
from armlet.export.tflite_file import TfliteWriter, builtin
from armlet.graph import Flatten, GlobalAveragePool, Node

SUFFIX = "global_average_pool"


def read(node: OnnxNode, source: Source) -> list[Node]:
    """A GlobalAveragePool, or an AveragePool that covers the whole map at once."""
    _, _, height, width = source.shapes[node.inputs[0]]
    kernel = node.attributes.get("kernel_shape", (height, width))
    if tuple(kernel) != (height, width) or any(node.attributes.get("pads", ())):
        raise node.refuse("over less than the whole map")
    return [
        GlobalAveragePool(
            name=node.name(SUFFIX), inputs=node.inputs[:1], outputs=node.outputs[:1]
        )
    ]


def read_mean(node: OnnxNode, source: Source) -> list[Node]:
    """A ReduceMean over the last two of four axes."""
    shape = source.shapes[node.inputs[0]]
    axes = node.attributes.get("axes")
    if axes is None and len(node.inputs) > 1:
        axes = source.constant(node, 1)
    over = sorted(int(axis) % len(shape) for axis in (axes if axes is not None else ()))
    if len(shape) != 4 or over != [2, 3]:
        raise node.refuse(f"over axes {over}")
    name = node.name(SUFFIX)
    if node.attributes.get("keepdims", 1):
        return [GlobalAveragePool(name=name, inputs=node.inputs[:1], outputs=node.outputs)]
    kept = f"{node.outputs[0]}/kept"
    return [
        GlobalAveragePool(name=name, inputs=node.inputs[:1], outputs=(kept,)),
        Flatten(name=f"{name}.flatten", inputs=(kept,), outputs=node.outputs),
    ]


def write_onnx(node: GlobalAveragePool, writer: OnnxWriter) -> None:
    """GlobalAveragePool: ONNX Runtime leaves a ReduceMean in float32."""
    inputs = [writer.read(node.inputs[0])]
    writer.add("GlobalAveragePool", inputs, list(node.outputs), node.name)


def write_tflite(node: GlobalAveragePool, writer: TfliteWriter) -> None:
    """MEAN over axes 1 and 2 of NHWC."""
    options = schema.ReducerOptionsT()
    options.keepDims = True
    axes = writer.constant("axes", np.array([1, 2], np.int32))
    writer.add(
        builtin("MEAN"),
        [writer.tensor(node.inputs[0]), axes],
        [writer.tensor(node.outputs[0])],
        options,
        int8_version=2,
    )
