"""What a runtime's profiler tells of a file, in the runtime's own terms."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one of a runtime's operators costs on paper, as far as the file tells."""

    depthwise: bool = False
    """Whether it is a convolution whose output channels see one input channel each."""
    macs: int | None = None
    """Multiply-adds by a weight; None: there is no weight, or its shape is unknown."""
    parameters: int | None = None
    """Weights and biases; None as for ``macs``."""
    bytes: int | None = None
    """Of all inputs, outputs and parameters, once each; None: unknown."""


@dataclass(frozen=True, kw_only=True)
class NodeTime:
    """How long the runtime spent in one of its operators in one run."""

    name: str
    """As the runtime calls it: a layer's name and what the runtime's optimiser made of it."""
    operator: str
    us: float
    """Microseconds."""
    work: Work | None = None
    """None where the operator isn't the file's."""


@dataclass(frozen=True, kw_only=True)
class ProfiledRun:
    """One run of a file with the runtime's profiler on."""

    nodes: Sequence[NodeTime]
    """In the order in which they ran."""
    total_us: float
    """Microseconds for the whole run, without what is only there for the profiler's sake."""
