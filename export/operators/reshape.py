"""Changes of shape: flattening, and what passes look for."""

import math

import numpy as np

from armlet.export.onnx_file import OnnxWriter
from armlet.export.source import OnnxNode, Source
from armlet.export.tflite_file import TfliteWriter
from armlet.graph import Flatten, Node, Reshape


def read(node: OnnxNode, source: Source) -> list[Node]:
    """A change of shape: Flatten if two axes remain, else a bare Reshape."""
    shape = source.shapes[node.outputs[0]]
    kind = Flatten if len(shape) == 2 and shape[0] == 1 else Reshape
    suffix = "flatten" if kind is Flatten else "reshape"
    return [kind(name=node.name(suffix), inputs=node.inputs[:1], outputs=node.outputs)]


def write_onnx(node: Flatten, writer: OnnxWriter) -> None:
    """Reshape to two axes."""
    shape = writer.constant(f"{node.name}/shape", np.array([1, -1], np.int64))
    inputs = [writer.read(node.inputs[0]), shape]
    writer.add("Reshape", inputs, list(node.outputs), node.name)


def write_tflite(node: Flatten, writer: TfliteWriter) -> None:
    """RESHAPE, which keeps NCHW's order only where the map is 1x1 or has one channel."""
    _, height, width, channels = writer.shape(node.inputs[0])
    if math.prod((height, width)) != 1 and channels != 1:
        raise writer.refuse(node, f"of a {height}x{width} map")
    writer.reshape(writer.tensor(node.inputs[0]), writer.tensor(node.outputs[0]))
