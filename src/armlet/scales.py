"""The one table of scales that every int8 file is written from.

A real value is ``scale * (quantized - zero_point)``; int8 throughout. The ONNX writer stores
the same values as uint8 with the zero point moved by 128.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ranges = Mapping[str, tuple[float, float]]
"""Lowest and highest value seen of each activation."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How one activation is stored in int8."""

    scale: float
    """Real value of one step; exactly representable in float32."""
    zero_point: int
    """The int8 value that stands for 0.0, -128 to 127."""


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
