"""The graph to the bytes of a model file of any kind."""

from collections.abc import Sequence
from dataclasses import replace

import onnx

from armlet.bundle import ROTATED_INPUT, Format, Kind
from armlet.errors import UnsupportedOperator
from armlet.export.metadata import Identity, properties
from armlet.export.onnx_file import OnnxWriter
from armlet.export.operators import ONNX, TFLITE
from armlet.export.passes.rotate import rotate, rotate_weights
from armlet.export.source import HINT
from armlet.export.tflite_file import TfliteWriter
from armlet.export.tflite_metadata import metadata, with_labels
from armlet.graph import Conv, Graph, MaxPool, Node
from armlet.quantization import Quantization
from armlet.records import Precision


def check_writable(graph: Graph) -> None:
    """Refuse a graph before any work is spent on it.

    Raises:
        UnsupportedOperator: Naming the first operator without a writer, and its module.
    """
    for node in graph.nodes:
        if type(node) not in ONNX or type(node) not in TFLITE:
            raise _unsupported(node)


def kinds_of(
    graph: Graph, formats: Sequence[Format], precisions: Sequence[Precision]
) -> Sequence[Kind]:
    """The files that are worth writing, plain ones first.

    A float16 file is TFLite alone: ONNX Runtime has few kernels for it and converts between
    them. A file is rotated where that rids it of padding that TFLite has no word for.

    Args:
        graph: Simplified.
        formats: What is wanted.
        precisions: What is wanted.
    """
    plain = [
        Kind(format=format, precision=precision)
        for precision in precisions
        for format in formats
        if (format, precision) != ("onnx", "float16")
    ]
    turned = rotate(graph)
    if turned is None or not _pads_less(turned, graph):
        return plain
    rotated = [replace(one, variant="rotated") for one in plain if one.format == "tflite"]
    return [*plain, *rotated]


def write(
    graph: Graph, kind: Kind, quantization: Quantization | None, identity: Identity
) -> bytes:
    """Write one model file.

    Args:
        graph: Simplified.
        kind: One of ``kinds_of`` it.
        quantization: Scales and weights for int8; None for other precisions.
        identity: What the file says about itself.

    Raises:
        UnsupportedOperator: The graph holds something that the format can't express.
    """
    check_writable(graph)
    identity = replace(identity, variant=kind.variant)
    if kind.variant == "rotated":
        turned = rotate(graph)
        assert turned is not None, "kinds_of has seen to that"
        graph = turned
        quantization = quantization and rotate_weights(quantization)
    if kind.format == "onnx":
        onnx_writer = OnnxWriter(graph, quantization)
        for node in graph.nodes:
            ONNX[type(node)](node, onnx_writer)
        model: onnx.ModelProto = onnx_writer.model(properties(identity))
        return bytes(model.SerializeToString())
    tflite_writer = TfliteWriter(graph, kind.precision, quantization)
    for node in graph.nodes:
        TFLITE[type(node)](node, tflite_writer)
    input_name = ROTATED_INPUT if kind.variant == "rotated" else "input"
    return with_labels(tflite_writer.data(metadata(identity), input_name), identity)


def _pads_less(turned: Graph, graph: Graph) -> bool:
    """Whether fewer of its windows begin outside the map, where TFLite needs a PAD."""
    return _starts_outside(turned) < _starts_outside(graph)


def _starts_outside(graph: Graph) -> int:
    windows = [node for node in graph.nodes if isinstance(node, Conv | MaxPool)]
    return sum(max(node.strides) > 1 and max(node.pads[:2]) > 0 for node in windows)


def _unsupported(node: Node) -> UnsupportedOperator:
    return UnsupportedOperator(
        f"operator {node.operator} in module {node.name} is not supported", HINT
    )
