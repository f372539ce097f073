"""The one table of scales and int8 weights that every int8 file is written from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armlet.scales import Scale

Ranges = Mapping[str, tuple[float, float]]
"""Lowest and highest value seen of each activation."""


@dataclass(frozen=True, kw_only=True)
class QuantizedWeights:
    """The int8 form of one weighted node."""

    weight: NDArray[np.int8]
    """Same shape as the float weight, -127 to 127, symmetric per output channel."""
    scales: NDArray[np.float32]
    """Shape (output channels,)."""
    bias: NDArray[np.int32]
    """Shape (output channels,), in steps of input scale * weight scale."""
    bias_scales: NDArray[np.float32]
    """Shape (output channels,)."""


@dataclass(frozen=True, kw_only=True)
class Quantization:
    """Everything that turns a float graph into an int8 one."""

    activations: Mapping[str, Scale]
    """By tensor name."""
    weights: Mapping[str, QuantizedWeights]
    """By node name."""
