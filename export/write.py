"""The graph to the bytes of a model file, in either format and precision."""

import onnx

from armlet.bundle import Format
from armlet.errors import UnsupportedOperator
from armlet.export.metadata import Identity, properties
from armlet.export.onnx_file import OnnxWriter
from armlet.export.operators import ONNX, TFLITE
from armlet.export.source import HINT
from armlet.export.tflite_file import TfliteWriter
from armlet.export.tflite_metadata import metadata, with_labels
from armlet.graph import Graph, Node
from armlet.quantization import Quantization


def check_writable(graph: Graph) -> None:
    """Refuse a graph before any work is spent on it.

    Raises:
        UnsupportedOperator: Naming the first operator without a writer, and its module.
    """
    for node in graph.nodes:
        if type(node) not in ONNX or type(node) not in TFLITE:
            raise _unsupported(node)


def write(
    graph: Graph, format: Format, quantization: Quantization | None, identity: Identity
) -> bytes:
    """Write one model file.

    Args:
        graph: Simplified.
        format: onnx or tflite.
        quantization: Scales and weights for int8; None for float32.
        identity: What the file says about itself.

    Raises:
        UnsupportedOperator: The graph holds something that the format can't express.
    """
    check_writable(graph)
    if format == "onnx":
        onnx_writer = OnnxWriter(graph, quantization)
        for node in graph.nodes:
            ONNX[type(node)](node, onnx_writer)
        model: onnx.ModelProto = onnx_writer.model(properties(identity))
        return bytes(model.SerializeToString())
    tflite_writer = TfliteWriter(graph, quantization)
    for node in graph.nodes:
        TFLITE[type(node)](node, tflite_writer)
    return with_labels(tflite_writer.data(metadata(identity)), identity)


def _unsupported(node: Node) -> UnsupportedOperator:
    return UnsupportedOperator(
        f"operator {node.operator} in module {node.name} is not supported", HINT
    )
