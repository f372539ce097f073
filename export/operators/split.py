"""Cutting channels into consecutive parts."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from armlet.export.onnx_file import OnnxWriter
from armlet.export.operators.slices import cut_tflite
from armlet.export.source import OnnxNode, Source
from armlet.export.tflite_file import TfliteWriter, builtin
from armlet.graph import Node, Split

# What XNNPACK's even split takes.
MOST_OUTPUTS = 4


def read(node: OnnxNode, source: Source) -> list[Node]:
    """A Split of a map along its channels."""
    rank = len(source.shapes[node.inputs[0]])
    if rank != 4 or node.attributes.get("axis", 0) % rank != 1:
        raise node.refuse(f"along axis {node.attributes.get('axis', 0)} of {rank}")
    sizes = tuple(source.shapes[name][1] for name in node.outputs)
    return [
        Split(
            name=node.name("split"), inputs=node.inputs[:1], outputs=node.outputs, sizes=sizes
        )
    ]


def write_onnx(node: Split, writer: OnnxWriter) -> None:
    """Split along axis 1, its sizes as an input."""
    sizes = writer.constant(f"{node.name}/sizes", np.array(node.sizes, np.int64))
    inputs = [writer.read(node.inputs[0]), sizes]
    writer.add("Split", inputs, list(node.outputs), node.name, axis=1)


def write_tflite(node: Split, writer: TfliteWriter) -> None:
    """SPLIT where the parts are equal and few, else one SLICE a part."""
    if len(set(node.sizes)) == 1 and len(node.sizes) <= MOST_OUTPUTS:
        options = schema.SplitOptionsT()
        options.numSplits = len(node.sizes)
        axis = writer.constant("channels", np.array(3, np.int32))
        writer.add(
            builtin("SPLIT"),
            [axis, writer.tensor(node.inputs[0])],
            [writer.tensor(name) for name in node.outputs],
            options,
            int8_version=2,
        )
        return
    start = 0
    for name, size in zip(node.outputs, node.sizes, strict=True):
        cut_tflite(writer, node.inputs[0], name, start)
        start += size
