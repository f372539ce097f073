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
class NodeTime:
    """How long the runtime spent in one of its operators in one run."""

    name: str
    """As the runtime calls it: a layer's name and what the runtime's optimiser made of it."""
    operator: str
    us: float
    """Microseconds."""


Profile = Callable[[Path, int, Tensor, int], Sequence[Sequence[NodeTime]]]
"""Runs a file with ``threads`` on one tensor, ``runs`` times: the times of each run."""


class Backend(Protocol):
    """What each module in ``armlet.runtime.backends`` holds."""

    @property
    def FORMAT(self) -> Format:
        """Of the files that it runs."""

    @property
    def PACKAGE(self) -> str:
        """The Python package that must be there."""

    @property
    def REPRODUCES_INT8(self) -> bool:
        """Whether its int8 kernels give the workstation's logits, bit for bit."""

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
