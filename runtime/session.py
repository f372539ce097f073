"""What an inference runtime is to edge-run: a backend opens a file, a session runs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from armlet.bundle import Format
from armlet.preprocessing import Layout
from armlet.scales import Scale

Tensor = NDArray[np.float32] | NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """The tensor that a model file takes, always a batch of one."""

    layout: Layout
    size: int
    """Height and width in pixels."""
    scale: Scale | None
    """How the input is quantized to int8; None: it is float32."""


class Session(Protocol):
    """A model file, loaded and ready to run."""

    @property
    def input(self) -> InputSpec:
        """What ``run`` takes."""

    @property
    def classes(self) -> int:
        """How many logits there are."""

    def run(self, tensor: Tensor) -> NDArray[np.float32]:
        """Run the model once.

        Args:
            tensor: (1, 3, size, size) or (1, size, size, 3) as ``input`` says, C-contiguous;
                float32, or int8 if ``input`` has a scale.

        Returns:
            Logits, (1, classes) float32; those of an int8 output are dequantized.
        """


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


Profile = Callable[[Path, int, Tensor, int], Sequence[ProfiledRun]]
"""Runs a file with ``threads`` on one tensor, ``runs`` times."""


class Backend(Protocol):
    """What each module in ``armlet.runtime.backends`` holds."""

    @property
    def FORMAT(self) -> Format:
        """Of the files that it runs."""

    @property
    def PACKAGE(self) -> str:
        """The Python package that must be there."""

    @property
    def profile(self) -> Profile | None:
        """Measures each operator; None where the runtime can't be asked."""

    def open(self, path: Path, threads: int) -> Session:
        """Load a model file; the inference runtime is imported here and not before.

        Raises:
            BackendError: The runtime isn't installed, or can't load the file.
        """


def first_line(error: BaseException) -> str:
    """What an inference runtime has to say, without its stack."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
