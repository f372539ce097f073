"""The channel shuffle: reshape, transpose, reshape. Only moves values, so int8 is exact."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from armlet.export.onnx_file import OnnxWriter
from armlet.export.tflite_file import TfliteWriter, builtin
from armlet.graph import ChannelShuffle


def write_onnx(node: ChannelShuffle, writer: OnnxWriter) -> None:
    """Reshape to (1, groups, C / groups, H, W), swap the two, reshape back."""
    (source,), (output,) = node.inputs, node.outputs
    _, channels, height, width = writer.shapes[source]
    blocks = (1, node.groups, channels // node.groups, height, width)
    apart = writer.constant(f"{node.name}/blocks", np.array(blocks, np.int64))
    whole = writer.constant(f"{node.name}/shape", np.array(writer.shapes[source], np.int64))
    cut, swapped = f"{output}/cut", f"{output}/swapped"
    writer.add("Reshape", [writer.read(source), apart], [cut], f"{node.name}/cut")
    inputs = [writer.read(writer.like(cut, source))]
    writer.add("Transpose", inputs, [swapped], node.name, perm=(0, 2, 1, 3, 4))
    inputs = [writer.read(writer.like(swapped, source)), whole]
    writer.add("Reshape", inputs, [output], f"{node.name}/join")


def write_tflite(node: ChannelShuffle, writer: TfliteWriter) -> None:
    """RESHAPE to (1, H, W, groups, C / groups), TRANSPOSE, RESHAPE back."""
    (source,), (output,) = node.inputs, node.outputs
    _, height, width, channels = writer.shape(source)
    # Four axes, not five: height and width move as one.
    blocks = (1, height * width, node.groups, channels // node.groups)
    cut = writer.reshaped(writer.tensor(source), f"{output}/cut", blocks)
    swapped = writer.like(f"{output}/swapped", (*blocks[:2], blocks[3], blocks[2]), output)
    order = writer.constant("order", np.array([0, 1, 3, 2], np.int32))
    options = schema.TransposeOptionsT()
    writer.add(builtin("TRANSPOSE"), [cut, order], [swapped], options, int8_version=2)
    writer.reshape(swapped, writer.tensor(output))
