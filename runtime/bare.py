"""What a bare model file needs before and after it, where no manifest says so.

What the user says wins over what the file says, and that over what is usual for its kind. What
had to be assumed is kept in words, each with the option that changes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from armlet.bundle import Format
from armlet.errors import BundleError, OptionError
from armlet.labels import read_labels
from armlet.preprocessing import Preprocessing, Triple
from armlet.runtime.metadata import Metadata
from armlet.runtime.options import ForeignOptions
from armlet.runtime.session import Given, InputSpec, Session, Tensor
from armlet.scales import Scale

PIXELS = Scale(scale=1 / 255, zero_point=-128)
"""The scale with which integers are the pixels themselves."""
_PLAIN: tuple[Triple, Triple] = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
_IN_PIXELS: tuple[Triple, Triple] = (_PLAIN[0], (1 / 255, 1 / 255, 1 / 255))
_IMAGENET: tuple[Triple, Triple] = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_SYMMETRIC: tuple[Triple, Triple] = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What belongs before and after a model."""

    preprocessing: Preprocessing
    values: Tensor
    """The input's value for each pixel value, (1, 256, channels)."""
    labels: Sequence[str]
    assumed: Sequence[str]
    """What nobody said, in words."""


def format_of(path: Path) -> Format:
    """A model file's format, by its name.

    Raises:
        BundleError: It is none that edge-run knows.
    """
    match path.suffix.lower():
        case ".onnx":
            return "onnx"
        case ".tflite":
            return "tflite"
    raise BundleError(
        f"{path} is not a model file",
        "give a folder that edge-export wrote, or a file named .onnx or .tflite",
    )


def given(metadata: Metadata, foreign: ForeignOptions) -> Given:
    """What decides where the shape of a model's input leaves something open."""
    return Given(
        layout=foreign.layout,
        height=foreign.input_size or metadata.height,
        width=foreign.input_size or metadata.width,
    )


def surroundings(
    path: Path, format: Format, session: Session, metadata: Metadata, foreign: ForeignOptions
) -> Surroundings:
    """Decide what belongs before and after a model.

    Args:
        path: Of its file.
        format: Of its file.
        session: The model, opened.
        metadata: What the file says.
        foreign: What the user says.

    Raises:
        OptionError: The options contradict the file, or aren't enough.
    """
    spec = session.input
    size = foreign.input_size
    if size is not None and (size, size) != (spec.height, spec.width):
        raise OptionError(
            f"--input-size {size} contradicts {path}, which takes pictures of "
            f"{spec.width} x {spec.height} pixels",
            "drop the option",
        )
    (mean, std), scale, pixels = _normalization(path, format, spec, metadata, foreign)
    if spec.channels == 1:
        mean, std = (mean[0],) * 3, (std[0],) * 3
    resize = foreign.resize or metadata.resize
    preprocessing = Preprocessing(
        size=spec.height, width=spec.width, resize=resize or "squash", mean=mean, std=std
    )
    labels, names = _labels(path, session.classes, metadata, foreign)
    squashed = None if resize else "pictures squashed to its size (--resize)"
    return Surroundings(
        preprocessing=preprocessing,
        values=replace(spec, scale=scale).values(preprocessing),
        labels=labels,
        assumed=[words for words in (pixels, squashed, names) if words],
    )


def _normalization(
    path: Path, format: Format, spec: InputSpec, metadata: Metadata, foreign: ForeignOptions
) -> tuple[tuple[Triple, Triple], Scale | None, str | None]:
    """Mean and deviation, the scale of the input, and what was assumed of them."""
    mean, std = foreign.mean or metadata.mean, foreign.std or metadata.std
    if (mean is None) != (std is None):
        one, other = ("--mean", "--std") if std is None else ("--std", "--mean")
        raise OptionError(
            f"{one} alone does not say how {path} wants its pictures", f"add {other}"
        )
    integers = spec.element != "float32"
    if integers and spec.scale is None and (foreign.mean or foreign.std):
        raise OptionError(
            f"{path} takes {spec.element} and doesn't tell their scale",
            "drop --mean and --std",
        )
    # Metadata of integer files may say in this way that they take pixels as they are.
    as_they_are = integers and foreign.mean is None and (mean, std) == _IN_PIXELS
    if mean and std and not as_they_are and (spec.scale or not integers):
        return (mean, std), spec.scale, None
    if integers:
        return (
            _PLAIN,
            PIXELS,
            None if as_they_are else f"raw {spec.element} pixels (--mean, --std)",
        )
    if format == "onnx":
        return _IMAGENET, None, "ImageNet's mean and deviation (--mean, --std)"
    return _SYMMETRIC, None, "pixels as (x - 127.5) / 127.5 (--mean, --std)"


def _labels(
    path: Path, classes: int, metadata: Metadata, foreign: ForeignOptions
) -> tuple[Sequence[str], str | None]:
    """A label for each class, and what was assumed of them."""
    labels = read_labels(foreign.labels) if foreign.labels else metadata.labels
    if labels is None:
        return [f"class {index}" for index in range(classes)], "no names (--labels)"
    if len(labels) == classes:
        return labels, None
    if (len(labels), classes) == (1000, 1001):
        return ["background", *labels], "the first of 1001 outputs to be background (--labels)"
    raise OptionError(
        f"{len(labels)} labels for {path} with {classes} classes",
        f"give --labels a file with {classes} lines",
    )
