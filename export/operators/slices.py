"""Taking a run of channels."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from armlet.export.onnx_file import OnnxWriter
from armlet.export.source import OnnxNode, Source
from armlet.export.tflite_file import TfliteWriter, builtin
from armlet.graph import ChannelGather, Node, Slice


def read(node: OnnxNode, source: Source) -> list[Node]:
    """A Slice of a map's channels; in steps it is a gather."""
    shape = source.shapes[node.inputs[0]]
    starts, stops, axes = (source.constant(node, position) for position in (1, 2, 3))
    steps = source.constant(node, 4) if len(node.inputs) > 4 else np.ones(1)
    if len(shape) != 4 or list(axes) != [1]:
        raise node.refuse(f"of axes {list(map(int, axes))}")
    cut = slice(int(starts[0]), int(stops[0]), int(steps[0]))
    if int(steps[0]) != 1:
        return [
            ChannelGather(
                name=node.name("gather"),
                inputs=node.inputs[:1],
                outputs=node.outputs,
                order=tuple(range(*cut.indices(shape[1]))),
            )
        ]
    start, stop, _ = cut.indices(shape[1])
    return [
        Slice(
            name=node.name("slice"),
            inputs=node.inputs[:1],
            outputs=node.outputs,
            start=start,
            stop=stop,
        )
    ]


def write_onnx(node: Slice, writer: OnnxWriter) -> None:
    """Slice along axis 1."""
    starts, stops, axes = (
        writer.constant(f"{node.name}/{what}", np.array([value], np.int64))
        for what, value in (("start", node.start), ("stop", node.stop), ("axis", 1))
    )
    inputs = [writer.read(node.inputs[0]), starts, stops, axes]
    writer.add("Slice", inputs, list(node.outputs), node.name)


def write_tflite(node: Slice, writer: TfliteWriter) -> None:
    """SLICE along axis 3."""
    cut_tflite(writer, node.inputs[0], node.outputs[0], node.start)


def cut_tflite(writer: TfliteWriter, source: str, output: str, start: int) -> None:
    """Write one SLICE that begins at channel ``start`` and fills ``output``."""
    size = np.array(writer.shape(output), np.int32)
    writer.add(
        builtin("SLICE"),
        [
            writer.tensor(source),
            writer.constant("begin", np.array([0, 0, 0, start], np.int32)),
            writer.constant("size", size),
        ],
        [writer.tensor(output)],
        schema.SliceOptionsT(),
        int8_version=2,
    )
