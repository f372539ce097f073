"""What an ONNX file says of itself that no runtime tells: properties, and scales of its ends.

This is read from the file's own bytes, which are Protocol Buffers, before a runtime is chosen.
Field numbers are those of ``onnx.proto``, which never change.
"""

import mmap
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from armlet.errors import BundleError
from armlet.runtime.onnx_graph import OnnxNode, read_nodes
from armlet.runtime.protobuf import UNREADABLE, Message
from armlet.scales import Scale

_UINT8 = 2
_MOVES = frozenset({"Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"})
"""Operators that leave values as they are."""
_READS = {"DequantizeLinear": 1, "QLinearConv": 1}
"""Operators that say how their input is quantized: where scale and zero point stand."""
_WRITES = {"QuantizeLinear": 1, "QLinearConv": 6, "QLinearMatMul": 6}
"""Likewise for their output."""


@dataclass(frozen=True, kw_only=True)
class OnnxFile:
    """What stands in a file."""

    properties: Mapping[str, str] = field(default_factory=dict)
    """Its ``metadata_props``."""
    quantized: bool = False
    """Whether any of its operators works on int8 or uint8."""
    input_scale: Scale | None = None
    """How the input is quantized; None: it isn't, or nothing tells."""
    output_scale: Scale | None = None


def read_onnx(path: Path) -> OnnxFile:
    """Read a file's own bytes; those of the weights are passed over.

    Raises:
        BundleError: It can't be read, is no ONNX file or is damaged.
    """
    try:
        with path.open("rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        model = Message(data)
        (graph,) = model.messages(7)
        nodes = read_nodes(graph)
        return OnnxFile(
            properties={one.text(1): one.text(2) for one in model.messages(14)},
            quantized=any(_is_quantized(node.operator) for node in nodes),
            input_scale=_input_scale(graph, nodes),
            output_scale=_output_scale(graph, nodes),
        )
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror}", "give a readable file") from error
    except UNREADABLE as error:
        raise BundleError(
            f"{path} is not an ONNX file, or damaged", "copy or export it again"
        ) from error


def _is_quantized(operator: str) -> bool:
    return "QuantizeLinear" in operator or "QLinear" in operator or operator.endswith("Integer")


def _input_scale(graph: Message, nodes: Sequence[OnnxNode]) -> Scale | None:
    # Old files list their weights among the inputs, too.
    weights = {one.text(8) for one in graph.messages(5)}
    sources = [one for one in graph.messages(11) if one.text(1) not in weights]
    if not sources:
        return None
    name = sources[0].text(1)
    for node in nodes:  # in the order in which they run
        if name in node.inputs[:1]:
            if node.operator in _MOVES:
                name = node.outputs[0]
            elif node.operator in _READS:
                return _scale(graph, sources[0], node.inputs, _READS[node.operator])
    return None


def _output_scale(graph: Message, nodes: Sequence[OnnxNode]) -> Scale | None:
    answer = next(graph.messages(12), None)
    if answer is None:
        return None
    name = answer.text(1)
    for node in reversed(nodes):
        if name in node.outputs:
            if node.operator in _MOVES:
                name = node.inputs[0]
            elif node.operator in _WRITES:
                return _scale(graph, answer, node.inputs, _WRITES[node.operator])
    return None


def _scale(graph: Message, tensor: Message, names: Sequence[str], place: int) -> Scale | None:
    """The scale that two inputs of an operator give a tensor; None if they aren't constant."""
    constants = {one.text(8): one for one in graph.messages(5)}
    scale = constants.get(names[place])
    if scale is None:
        return None
    (step,) = struct.unpack_from("<f", (scale.bytes(9) + scale.bytes(4))[0])
    zero = constants.get(names[place + 1]) if len(names) > place + 1 else None
    zero_point = 0 if zero is None else _zero_point(zero)
    (kind,) = (one.number(1) for type in tensor.messages(2) for one in type.messages(1))
    return Scale(scale=step, zero_point=zero_point - (128 if kind == _UINT8 else 0))


def _zero_point(constant: Message) -> int:
    if raw := constant.bytes(9):
        kind = "<B" if constant.number(2) == _UINT8 else "<b"
        return int(struct.unpack_from(kind, raw[0])[0])
    value = constant.number(5)
    return value - (1 << 64) if value >> 63 else value
