"""Taking channels in any order. Only moves values, so int8 is exact."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from armlet.export.onnx_file import OnnxWriter
from armlet.export.source import OnnxNode, Source
from armlet.export.tflite_file import TfliteWriter, builtin
from armlet.graph import ChannelGather, Node, RowGather


def read(node: OnnxNode, source: Source) -> list[Node]:
    """A Gather of a map's channels, with constant indices."""
    rank = len(source.shapes[node.inputs[0]])
    indices = source.constant(node, 1)
    if rank != 4 or node.attributes.get("axis", 0) % rank != 1 or indices.ndim != 1:
        raise node.refuse(f"along axis {node.attributes.get('axis', 0)} of {rank}")
    channels = source.shapes[node.inputs[0]][1]
    return [
        ChannelGather(
            name=node.name("gather"),
            inputs=node.inputs[:1],
            outputs=node.outputs,
            order=tuple(int(one) % channels for one in indices),
        )
    ]


def read_rows(node: OnnxNode, source: Source) -> list[Node]:
    """A GatherND of whole rows, as ``x[:, indices]`` is traced between two transposes."""
    rows = source.shapes[node.inputs[0]][0]
    indices = source.constant(node, 1)
    if node.attributes.get("batch_dims", 0) or indices.ndim != 2 or indices.shape[1] != 1:
        raise node.refuse(f"with indices of shape {list(indices.shape)}")
    return [
        RowGather(
            name=node.name("gather"),
            inputs=node.inputs[:1],
            outputs=node.outputs,
            order=tuple(int(one) % rows for one in indices[:, 0]),
        )
    ]


def write_onnx(node: ChannelGather, writer: OnnxWriter) -> None:
    """Gather along axis 1."""
    order = writer.constant(f"{node.name}/order", np.array(node.order, np.int64))
    inputs = [writer.read(node.inputs[0]), order]
    writer.add("Gather", inputs, list(node.outputs), node.name, axis=1)


def write_tflite(node: ChannelGather, writer: TfliteWriter) -> None:
    """GATHER along axis 3, which XNNPACK leaves to the interpreter."""
    options = schema.GatherOptionsT()
    options.axis = 3
    order = writer.constant("order", np.array(node.order, np.int32))
    writer.add(
        builtin("GATHER"),
        [writer.tensor(node.inputs[0]), order],
        [writer.tensor(node.outputs[0])],
        options,
        int8_version=2,
    )
