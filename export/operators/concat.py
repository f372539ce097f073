"""Joining channels."""

from ai_edge_litert import schema_py_generated as schema

from armlet.export.onnx_file import OnnxWriter
from armlet.export.source import OnnxNode, Source
from armlet.export.tflite_file import TfliteWriter, builtin
from armlet.graph import Concat, Node, Stack

# XNNPACK takes no more; with more inputs the node would leave the delegate.
MOST_INPUTS = 5


def read(node: OnnxNode, source: Source) -> list[Node]:
    """A Concat of maps along their channels, or what torch.stack makes of them."""
    rank = len(source.shapes[node.inputs[0]])
    if rank == 5 and node.attributes["axis"] == 2:
        return [Stack(name=node.name("stack"), inputs=node.inputs, outputs=node.outputs)]
    if rank != 4 or node.attributes["axis"] % rank != 1:
        raise node.refuse(f"along axis {node.attributes['axis']} of {rank}")
    return [Concat(name=node.name("concat"), inputs=node.inputs, outputs=node.outputs)]


def write_onnx(node: Concat, writer: OnnxWriter) -> None:
    """Concat along axis 1."""
    inputs = [writer.read(name) for name in node.inputs]
    writer.add("Concat", inputs, list(node.outputs), node.name, axis=1)


def write_tflite(node: Concat, writer: TfliteWriter) -> None:
    """CONCATENATION along axis 3, nested where there are many inputs."""
    inputs = [writer.tensor(name) for name in node.inputs]
    (output,) = node.outputs
    part = 0
    while len(inputs) > MOST_INPUTS:
        head, inputs = inputs[:MOST_INPUTS], inputs[MOST_INPUTS:]
        channels = sum(writer.stored_shape(one)[3] for one in head)
        shape = (*writer.stored_shape(head[0])[:3], channels)
        joined = writer.like(f"{output}/part{part}", shape, output)
        _join(writer, head, joined)
        inputs.insert(0, joined)
        part += 1
    _join(writer, inputs, writer.tensor(output))


def _join(writer: TfliteWriter, inputs: list[int], output: int) -> None:
    options = schema.ConcatenationOptionsT()
    options.axis = 3
    writer.add(builtin("CONCATENATION"), inputs, [output], options, int8_version=2)
