"""The nodes of an ONNX file and the shapes of its weights, read without the onnx package.

An ONNX file is a protocol buffer: a message is a sequence of numbered fields, some of them
messages again. Only the few fields that a profile needs are looked at; the numbers are those
of onnx.proto.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from armlet.graph import Shape

_MODEL_GRAPH: Final = 7
_GRAPH_NODE: Final = 1
_GRAPH_INITIALIZER: Final = 5
_NODE_INPUT: Final = 1
_NODE_OUTPUT: Final = 2
_NODE_NAME: Final = 3
_NODE_OPERATOR: Final = 4
_TENSOR_SHAPE: Final = 1
_TENSOR_TYPE: Final = 2
_TENSOR_NAME: Final = 8
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

_TYPE_BYTES: Mapping[int, int] = MappingProxyType(
    {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
)
"""By TensorProto.DataType: the size of an element."""


@dataclass(frozen=True, kw_only=True)
class OnnxNode:
    """A node of the file."""

    name: str
    operator: str
    inputs: Sequence[str]
    """Names of tensors; an input that isn't there is empty."""
    outputs: Sequence[str]

    @property
    def label(self) -> str:
        """Its name; its first output's, or its operator, where it has none."""
        return next(filter(None, (self.name, *self.outputs)), self.operator)


@dataclass(frozen=True, kw_only=True)
class Constant:
    """An initializer of the file."""

    shape: Shape
    bytes: int | None
    """None where the size of an element is unknown."""


@dataclass(frozen=True, kw_only=True)
class OnnxNodes:
    """What a file consists of."""

    nodes: Sequence[OnnxNode]
    constants: Mapping[str, Constant]

    def constant(self, tensor: str) -> Constant | None:
        """The constant behind a tensor, also where it is dequantized first."""
        for node in self.nodes:
            if tensor in node.outputs and node.operator == "DequantizeLinear":
                return self.constants.get(node.inputs[0])
        return self.constants.get(tensor)


def read_nodes(path: Path) -> OnnxNodes:
    """Read a file that the runtime is known to load; subgraphs are passed over."""
    nodes: list[OnnxNode] = []
    constants: dict[str, Constant] = {}
    data = memoryview(path.read_bytes())
    for graph in _messages(data, _MODEL_GRAPH):
        nodes.extend(map(_node, _messages(graph, _GRAPH_NODE)))
        constants.update(map(_constant, _messages(graph, _GRAPH_INITIALIZER)))
    return OnnxNodes(nodes=nodes, constants=constants)


def _node(data: memoryview) -> OnnxNode:
    texts: dict[int, list[str]] = {}
    for number, value in _fields(data):
        if isinstance(value, memoryview) and number <= _NODE_OPERATOR:
            texts.setdefault(number, []).append(str(value, "utf-8"))
    return OnnxNode(
        name="".join(texts.get(_NODE_NAME, [])),
        operator="".join(texts.get(_NODE_OPERATOR, [])),
        inputs=texts.get(_NODE_INPUT, []),
        outputs=texts.get(_NODE_OUTPUT, []),
    )


def _constant(data: memoryview) -> tuple[str, Constant]:
    shape: list[int] = []
    kind, name = 0, ""
    for number, value in _fields(data):
        if number == _TENSOR_SHAPE:
            # One field each, or all packed into one.
            shape += [value] if isinstance(value, int) else _varints(value)
        elif number == _TENSOR_TYPE and isinstance(value, int):
            kind = value
        elif number == _TENSOR_NAME and isinstance(value, memoryview):
            name = str(value, "utf-8")
    size = _TYPE_BYTES.get(kind)
    total = None if size is None else size * math.prod(shape)
    return name, Constant(shape=tuple(shape), bytes=total)


def _messages(data: memoryview, wanted: int) -> Iterator[memoryview]:
    for number, value in _fields(data):
        if number == wanted and isinstance(value, memoryview):
            yield value


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Each field's number and value: an integer, or the bytes of anything else."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, place = _varint(data, place)
            yield number, value
            continue
        if wire == _BYTES:
            size, place = _varint(data, place)
        else:
            size = {_FIXED64: 8, _FIXED32: 4}[wire]
        yield number, data[place : place + size]
        place += size


def _varints(data: memoryview) -> Iterator[int]:
    place = 0
    while place < len(data):
        value, place = _varint(data, place)
        yield value


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, place
