"""What an ONNX file says of itself that no runtime tells: properties, and scales of its ends.

This is read from the file's own bytes, which are Protocol Buffers, before a runtime is chosen.
Field numbers are those of ``onnx.proto``, which never change.
"""

import mmap
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from armlet.errors import BundleError
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


@dataclass(frozen=True, kw_only=True)
class _Node:
    operator: str
    inputs: list[str]
    outputs: list[str]


class _Message:
    """A Protocol Buffers message, its fields by number."""

    def __init__(self, data: memoryview) -> None:
        self._fields: dict[int, list[int | memoryview]] = {}
        for number, value in _fields(data):
            self._fields.setdefault(number, []).append(value)

    def messages(self, number: int) -> Iterator["_Message"]:
        return (_Message(value) for value in self.bytes(number))

    def bytes(self, number: int) -> list[memoryview]:
        values = self._fields.get(number, [])
        return [value for value in values if isinstance(value, memoryview)]

    def texts(self, number: int) -> list[str]:
        return [str(value, "utf-8", "replace") for value in self.bytes(number)]

    def text(self, number: int) -> str:
        return next(iter(self.texts(number)), "")

    def number(self, number: int) -> int:
        values = self._fields.get(number, [])
        return next((value for value in values if isinstance(value, int)), 0)


def read_onnx(path: Path) -> OnnxFile:
    """Read a file's own bytes; those of the weights are passed over.

    Raises:
        BundleError: It can't be read, is no ONNX file or is damaged.
    """
    try:
        with path.open("rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        model = _Message(data)
        (graph,) = model.messages(7)
        nodes = [
            _Node(operator=node.text(4), inputs=node.texts(1), outputs=node.texts(2))
            for node in graph.messages(1)
        ]
        return OnnxFile(
            properties={one.text(1): one.text(2) for one in model.messages(14)},
            quantized=any(_is_quantized(node.operator) for node in nodes),
            input_scale=_input_scale(graph, nodes),
            output_scale=_output_scale(graph, nodes),
        )
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror}", "give a readable file") from error
    except (IndexError, ValueError, struct.error) as error:
        raise BundleError(
            f"{path} is not an ONNX file, or damaged", "copy or export it again"
        ) from error


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Numbers and values of a message: integers, and the bytes of all else."""
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        kind, length = key & 7, 0
        if kind == 0:
            value, position = _varint(data, position)
            yield key >> 3, value
            continue
        if kind == 2:
            length, position = _varint(data, position)
        else:
            length = {1: 8, 5: 4}.get(kind, len(data) + 1)
        if position + length > len(data):
            raise ValueError("cut short")
        yield key >> 3, data[position : position + length]
        position += length


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """An integer in pieces of seven bits, and the position behind it."""
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position
        if shift > 63:
            raise ValueError("no integer")


def _is_quantized(operator: str) -> bool:
    return "QuantizeLinear" in operator or "QLinear" in operator or operator.endswith("Integer")


def _input_scale(graph: _Message, nodes: list[_Node]) -> Scale | None:
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


def _output_scale(graph: _Message, nodes: list[_Node]) -> Scale | None:
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


def _scale(graph: _Message, tensor: _Message, names: list[str], place: int) -> Scale | None:
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


def _zero_point(constant: _Message) -> int:
    if raw := constant.bytes(9):
        kind = "<B" if constant.number(2) == _UINT8 else "<b"
        return int(struct.unpack_from(kind, raw[0])[0])
    packed = constant.bytes(5)  # proto3 packs repeated numbers
    value = _varint(packed[0], 0)[0] if packed else constant.number(5)
    return value - (1 << 64) if value >> 63 else value
