"""Small graphs of random weights, and pictures for them."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from armlet.graph import Conv, Graph, Node, Shape


def conv(name: str, source: str, inputs: int, outputs: int, **options: object) -> Conv:
    """A 1x1 convolution that writes a tensor of its own name."""
    random = np.random.default_rng(len(name) + inputs)
    return Conv(
        name=name,
        inputs=(source,),
        outputs=(name,),
        weight=random.normal(size=(outputs, inputs, 1, 1)).astype(np.float32),
        bias=random.normal(size=outputs).astype(np.float32),
        strides=(1, 1),
        pads=(0, 0, 0, 0),
        **options,  # type: ignore[arg-type]  # what the test wants to be different
    )


def graph(nodes: Sequence[Node], shapes: Mapping[str, Shape], output: str) -> Graph:
    """A graph from ``x`` to ``output``."""
    return Graph(input="x", output=output, nodes=tuple(nodes), shapes=shapes)


def picture(shape: Shape) -> Tensor:
    """Random values, always the same."""
    return torch.from_numpy(np.random.default_rng(7).normal(size=shape).astype(np.float32))
