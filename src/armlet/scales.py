"""How a tensor is stored in int8.

A real value is ``scale * (quantized - zero_point)``; int8 throughout. The ONNX writer stores
the same values as uint8 with the zero point moved by 128.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How one activation is stored in int8."""

    scale: float
    """Real value of one step; exactly representable in float32."""
    zero_point: int
    """The int8 value that stands for 0.0, -128 to 127."""
