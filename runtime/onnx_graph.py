"""The nodes of an ONNX file and the shapes of its weights, read without the onnx package.

Field numbers are those of ``onnx.proto``, which never change.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from armlet.graph import Shape
from armlet.runtime.protobuf import Message

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
class OnnxGraph:
    """What a file consists of."""

    nodes: Sequence[OnnxNode]
    constants: Mapping[str, Constant]

    def constant(self, tensor: str) -> Constant | None:
        """The constant behind a tensor, also where it is dequantized first."""
        for node in self.nodes:
            if tensor in node.outputs and node.operator == "DequantizeLinear":
                return self.constants.get(node.inputs[0])
        return self.constants.get(tensor)


def read_graph(path: Path) -> OnnxGraph:
    """Read a file that the runtime is known to load; subgraphs are passed over."""
    (graph,) = Message(memoryview(path.read_bytes())).messages(7)
    constants = graph.messages(5)
    return OnnxGraph(
        nodes=read_nodes(graph), constants={one.text(8): _constant(one) for one in constants}
    )


def read_nodes(graph: Message) -> Sequence[OnnxNode]:
    """The nodes of a ``GraphProto`` in the order in which they run."""
    return [
        OnnxNode(
            name=node.text(3),
            operator=node.text(4),
            inputs=node.texts(1),
            outputs=node.texts(2),
        )
        for node in graph.messages(1)
    ]


def _constant(tensor: Message) -> Constant:
    shape, size = tuple(tensor.numbers(1)), _TYPE_BYTES.get(tensor.number(2))
    return Constant(shape=shape, bytes=None if size is None else size * math.prod(shape))
