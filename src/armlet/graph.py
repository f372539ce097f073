"""The intermediate graph: what the trace becomes and what both writers take.

Tensors are known by name and are NCHW with a batch of one. A node's name is the PyTorch module
path it came from (``stage2.0.branch2.3``); every record about a layer uses that name. Nodes
and graphs are never changed: a pass returns a new graph.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from armlet.records import Kind

Activation = Literal["relu", "relu6"]
Shape = tuple[int, ...]
Pair = tuple[int, int]
Pads = tuple[int, int, int, int]
"""Rows or columns added at the top, left, bottom and right, as in ONNX."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """One operator of the graph."""

    name: str
    """PyTorch module path; unique in the graph."""
    inputs: tuple[str, ...]
    """Names of the activations it reads."""
    outputs: tuple[str, ...]
    """Names of the activations it writes."""

    operator: ClassVar[str]
    """The name that users see."""
    kind: ClassVar[Kind]
    keeps_scale: ClassVar[bool] = False
    """Whether it only moves or selects values, so that input and output share one scale."""

    @property
    def layer_kind(self) -> Kind:
        """The kind of this very node (a convolution may be depthwise)."""
        return self.kind


@dataclass(frozen=True, kw_only=True)
class Weighted(Node):
    """An operator with a weight and a bias."""

    weight: NDArray[np.float32]
    """First axis: output channels."""
    bias: NDArray[np.float32]
    """Shape (output channels,)."""


@dataclass(frozen=True, kw_only=True)
class Conv(Weighted):
    """2-D convolution; weight (outputs, inputs / groups, height, width)."""

    strides: Pair
    pads: Pads
    groups: int = 1
    activation: Activation | None = None

    operator = "Conv"
    kind = "convolution"

    @property
    def depthwise(self) -> bool:
        """Whether each output channel sees exactly its own input channel."""
        outputs, inputs = self.weight.shape[:2]
        return bool(self.groups == outputs > 1 and inputs == 1)

    @property
    def layer_kind(self) -> Kind:
        """Depthwise or convolution."""
        return "depthwise" if self.depthwise else "convolution"


@dataclass(frozen=True, kw_only=True)
class Linear(Weighted):
    """Fully connected layer on (1, C) or (1, C, 1, 1); weight (outputs, inputs)."""

    operator = "Linear"
    kind = "convolution"


@dataclass(frozen=True, kw_only=True)
class BatchNorm(Node):
    """y = factor * x + offset for each channel; exists only until it is folded."""

    factor: NDArray[np.float32]
    """Shape (C,): weight / sqrt(variance + epsilon)."""
    offset: NDArray[np.float32]
    """Shape (C,): bias - mean * factor."""

    operator = "BatchNorm"
    kind = "element-wise"


@dataclass(frozen=True, kw_only=True)
class Relu(Node):
    """An activation that no convolution took in."""

    activation: Activation

    operator = "Relu"
    kind = "element-wise"


@dataclass(frozen=True, kw_only=True)
class MaxPool(Node):
    """2-D max pooling; what is padded never wins."""

    kernel: Pair
    strides: Pair
    pads: Pads

    operator = "MaxPool"
    kind = "other"
    keeps_scale = True


@dataclass(frozen=True, kw_only=True)
class GlobalAveragePool(Node):
    """Mean over height and width: (1, C, H, W) to (1, C, 1, 1)."""

    operator = "GlobalAveragePool"
    kind = "other"


@dataclass(frozen=True, kw_only=True)
class Flatten(Node):
    """(1, C, H, W) to (1, C * H * W)."""

    operator = "Flatten"
    kind = "data"
    keeps_scale = True


@dataclass(frozen=True, kw_only=True)
class Concat(Node):
    """Joins channels."""

    operator = "Concat"
    kind = "data"
    keeps_scale = True


@dataclass(frozen=True, kw_only=True)
class Split(Node):
    """Cuts the channels into consecutive parts, one for each output."""

    sizes: tuple[int, ...]
    """Channels of each output."""

    operator = "Split"
    kind = "data"
    keeps_scale = True


@dataclass(frozen=True, kw_only=True)
class Slice(Node):
    """Takes the channels ``start`` to ``stop`` (exclusive)."""

    start: int
    stop: int

    operator = "Slice"
    kind = "data"
    keeps_scale = True


@dataclass(frozen=True, kw_only=True)
class Reshape(Node):
    """A change of shape; exists only until a pass knows what it is for."""

    operator = "Reshape"
    kind = "data"
    keeps_scale = True


@dataclass(frozen=True, kw_only=True)
class Transpose(Node):
    """A change of the order of axes; exists only until a pass knows what it is for."""

    order: tuple[int, ...]

    operator = "Transpose"
    kind = "data"
    keeps_scale = True


@dataclass(frozen=True, kw_only=True)
class ChannelShuffle(Node):
    """Interleaves ``groups`` equal blocks of channels (the paper's Figure 3)."""

    groups: int

    operator = "ChannelShuffle"
    kind = "shuffle"
    keeps_scale = True


@dataclass(frozen=True, kw_only=True)
class RowGather(Node):
    """Takes entries of the first axis; exists only until a pass knows what it is for."""

    order: tuple[int, ...]

    operator = "RowGather"
    kind = "data"
    keeps_scale = True


@dataclass(frozen=True, kw_only=True)
class Stack(Node):
    """Joins (1, C, 1, H, W) along axis 2; exists only until a pass knows what it is for."""

    operator = "Stack"
    kind = "data"
    keeps_scale = True


@dataclass(frozen=True, kw_only=True)
class ChannelGather(Node):
    """Takes the channels ``order``, one after the other."""

    order: tuple[int, ...]

    operator = "ChannelGather"
    kind = "shuffle"
    keeps_scale = True


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A classifier: one image in, one vector of logits out."""

    input: str
    output: str
    nodes: tuple[Node, ...]
    """In an order in which they can run."""
    shapes: Mapping[str, Shape]
    """Shape of every activation, NCHW."""

    def producer(self, tensor: str) -> Node | None:
        """The node that writes ``tensor``; None for the graph's input."""
        return next((node for node in self.nodes if tensor in node.outputs), None)

    def readers(self, tensor: str) -> tuple[Node, ...]:
        """The nodes that read ``tensor``."""
        return tuple(node for node in self.nodes if tensor in node.inputs)

    def only_reader(self, tensor: str) -> Node | None:
        """The one node that reads ``tensor``, if nothing else needs it."""
        readers = self.readers(tensor)
        return readers[0] if len(readers) == 1 and tensor != self.output else None

    def with_shapes(self, shapes: Mapping[str, Shape]) -> "Graph":
        """The same graph, with the shapes of tensors that are new."""
        alive = {self.input} | {name for node in self.nodes for name in node.outputs}
        return replace(self, shapes={name: shapes[name] for name in shapes if name in alive})

    def with_nodes(self, nodes: Iterable[Node]) -> "Graph":
        """The same graph with other nodes; shapes of tensors that are gone are dropped."""
        kept = tuple(nodes)
        alive = {self.input} | {name for node in kept for name in node.outputs}
        shapes = {name: shape for name, shape in self.shapes.items() if name in alive}
        return replace(self, nodes=kept, shapes=shapes)
