"""What an inference runtime is to edge-run: a backend opens a file, a session runs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from armlet.preprocessing import Layout, Preprocessing, Values, table
from armlet.scales import Scale

if TYPE_CHECKING:
    from armlet.runtime.profiled import ProfiledRun

Tensor = Values
Element = Literal["float32", "int8", "uint8"]


@dataclass(frozen=True, kw_only=True)
class Given:
    """What is known of a model's input from elsewhere, for what its file leaves open."""

    layout: Layout | None = None
    height: int | None = None
    """In pixels."""
    width: int | None = None
    """In pixels."""


NOTHING = Given()
CLASSIFIER = "give an image classifier: one picture in, one score for each class out"


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """The tensor that a model file takes, always a batch of one."""

    layout: Layout
    height: int
    """In pixels."""
    width: int
    """In pixels."""
    channels: int = 3
    """3: R, G, B; 1: grey."""
    element: Element = "float32"
    scale: Scale | None
    """How the input is quantized, in int8 (uint8 values are those plus 128); None: it is
    float32, or the file doesn't tell."""
    rotated: bool = False
    """Whether it takes pictures turned by 180 degrees."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of the tensor, batch and channels included."""
        if self.layout == "NCHW":
            return 1, self.channels, self.height, self.width
        return 1, self.height, self.width, self.channels

    def values(self, preprocessing: Preprocessing) -> Tensor:
        """What each pixel value becomes: ``preprocessing.table`` for this tensor.

        Returns:
            (1, 256, channels) in the input's dtype.
        """
        values: Tensor = table(preprocessing, self.scale)
        if self.element == "uint8":
            values = np.bitwise_xor(values.view(np.uint8), np.uint8(128))
        return values[..., : self.channels].copy()

    def example(self) -> Tensor:
        """Some input: a ramp, since a plain one makes some networks divide by zero."""
        count = int(np.prod(self.shape))
        steps = np.arange(count, dtype=np.uint32).astype(np.uint8).reshape(self.shape)
        if self.element == "float32":
            return steps.astype(np.float32) / np.float32(255)
        return steps if self.element == "uint8" else steps.view(np.int8)


class Session(Protocol):
    """A model file, loaded and ready to run."""

    @property
    def input(self) -> InputSpec:
        """What ``run`` takes."""

    @property
    def classes(self) -> int:
        """How many logits there are."""

    @property
    def probabilities(self) -> bool:
        """Whether the model ends in a softmax, so that its answers are probabilities."""

    def run(self, tensor: Tensor) -> NDArray[np.float32]:
        """Run the model once.

        Args:
            tensor: As ``input`` says, C-contiguous.

        Returns:
            Logits, (1, classes) float32; those of an integer output are dequantized.

        Raises:
            BackendError: The runtime fails, or what it answers is no vector.
        """


class Backend(Protocol):
    """What each module in ``armlet.runtime.backends`` holds."""

    @property
    def REPRODUCES_INT8(self) -> bool:
        """Whether its int8 kernels give the workstation's logits, bit for bit."""

    def open(self, path: Path, threads: int, given: Given = NOTHING) -> Session:
        """Load a model file; the inference runtime is imported here and not before.

        Args:
            path: The file.
            threads: How many the runtime may use.
            given: What is known of the input, where the file leaves it open.

        Raises:
            BackendError: The runtime isn't installed, or can't load the file, or that is no
                image classifier.
            OptionError: The input's shape leaves something open, and so does ``given``.
        """

    def profile(
        self, path: Path, threads: int, given: Given, tensor: Tensor, runs: int
    ) -> "Sequence[ProfiledRun]":
        """Measure each operator, in a session of its own, since a profiler disturbs.

        Args:
            path: A file that ``open`` loads.
            threads: How many the runtime may use.
            given: As for ``open``.
            tensor: What the model is run on, as the session's ``input`` says.
            runs: How many; a few more come first to warm up.

        Returns:
            The runs, each with the same operators. They are named after the file's; where it
            can't be told for certain which of them a kernel is, after the kernel.

        Raises:
            BackendError: The runtime isn't installed, can't load the file, or can't be asked.
        """


@runtime_checkable
class Preparing(Protocol):
    """What a backend also holds if its runtime opens another form of a file quicker."""

    def prepare(self, path: Path, threads: int) -> bytes:
        """Bring a file into that form, which is for this device and this version alone.

        Args:
            path: A file that ``Backend.open`` loads with nothing given.
            threads: How many the runtime may use.

        Raises:
            BackendError: The runtime can't load the file, or write the form.
        """

    def open_prepared(self, path: Path, threads: int, prepared: bytes) -> Session:
        """Open what ``prepare`` made; its answers are those of the file, bit for bit.

        Args:
            path: The file that it was made of, which need not be read.
            threads: How many the runtime may use.
            prepared: What ``prepare`` returned.

        Raises:
            BackendError: The runtime can't load it.
        """


def first_line(error: BaseException) -> str:
    """What an inference runtime has to say, without its stack."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
