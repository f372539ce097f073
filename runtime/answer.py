"""What a model answers, and whether that is what an image classifier answers."""

from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from armlet.errors import BackendError
from armlet.runtime.session import CLASSIFIER, Element, InputSpec, Tensor
from armlet.scales import Scale

_PROBABILITIES = Scale(scale=1 / 256, zero_point=-128)
"""How TFLite quantizes a softmax, and nothing else."""


class FirstRun(ABC):
    """What a session learns of its model by running it once.

    Runtimes also put work off until their first run, which should belong to no picture.
    """

    path: Path
    input: InputSpec
    output_scale: Scale | None
    """How the output is quantized, in int8; None: it isn't."""

    @abstractmethod
    def run(self, tensor: Tensor) -> NDArray[np.float32]:
        """Run the model once, see ``Session.run``."""

    @cached_property
    def classes(self) -> int:
        """How many logits there are."""
        return int(self._first.shape[1])

    @cached_property
    def probabilities(self) -> bool:
        """Whether the model ends in a softmax."""
        if self.output_scale is not None:
            return self.output_scale == _PROBABILITIES
        return _are_probabilities(self._first[0])

    @cached_property
    def _first(self) -> NDArray[np.float32]:
        return self.run(self.input.example())


def check_name(path: Path) -> None:
    """See that a runtime can be given a file's name.

    Raises:
        BackendError: It isn't text.
    """
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        raise BackendError(
            f"the name of {path!a} isn't UTF-8, and no runtime opens such files",
            "rename the file or its folder",
        ) from None


def check_ends(path: Path, inputs: int, outputs: int) -> None:
    """See that a model has one input and one output.

    Raises:
        BackendError: It has more or fewer, and so is no image classifier.
    """
    if inputs != 1:
        raise BackendError(f"{path} has {inputs} inputs", CLASSIFIER)
    if outputs != 1:
        raise BackendError(f"{path} has {outputs} outputs (a detector?)", CLASSIFIER)


def check_scale(path: Path, element: Element, scale: Scale | None) -> None:
    """See that an output can be dequantized.

    Raises:
        BackendError: It holds integers of which nobody knows what they stand for.
    """
    if element != "float32" and scale is None:
        raise BackendError(
            f"{path} answers with {element} whose scale it doesn't tell",
            "export it with float output, or with a quantized one",
        )


def dequantized(
    path: Path, answer: NDArray[np.generic], scale: Scale | None
) -> NDArray[np.float32]:
    """A model's output as logits.

    Args:
        path: The model file, for the message.
        answer: int8, uint8 or float32, all axes but one of length 1.
        scale: As ``FirstRun.output_scale``.

    Returns:
        (1, classes) float32.

    Raises:
        BackendError: It has more axes, or just one value.
    """
    if answer.size < 2 or answer.size != max(answer.shape):
        raise BackendError(
            f"{path} answers with a tensor of shape {list(answer.shape)}, not with one score "
            "for each class (a detector, a segmenter, a regression?)",
            CLASSIFIER,
        )
    logits = answer.reshape(1, -1).astype(np.float32)
    if scale is None:
        return logits
    moved = scale.zero_point + (128 if answer.dtype == np.uint8 else 0)
    return np.asarray((logits - np.float32(moved)) * np.float32(scale.scale), np.float32)


def _are_probabilities(answer: NDArray[np.float32]) -> bool:
    """Whether no value is negative and their sum is 1, up to how they are rounded."""
    if not np.isfinite(answer).all() or answer.min() < 0:
        return False
    steps = answer.astype(np.float64) * 256
    quantized = np.array_equal(steps, np.rint(steps))
    tolerance = answer.size / 512 if quantized else 1e-3
    return bool(abs(steps.sum() / 256 - 1) <= tolerance)
