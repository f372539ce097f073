"""From a picture file to the model's input: the one implementation, for both machines.

Every step is exact integer or table arithmetic, so that a workstation and a board make the
same tensor from the same picture.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from armlet.errors import ImageError
from armlet.reading import read_file
from armlet.scales import Scale
from armlet.silence import silenced

Resize = Literal["squash", "crop", "pad"]
Layout = Literal["NCHW", "NHWC"]
Triple = tuple[float, float, float]
Picture = NDArray[np.uint8]
"""(height, width, 3), RGB."""

Values = NDArray[np.float32] | NDArray[np.int8] | NDArray[np.uint8]
"""A model's input, or a table of its values."""

LARGEST_SIZE = 4096
"""Pixels; what claims to be larger is damaged."""
SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""File names that are taken for pictures."""


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """What a network expects of its input."""

    size: int
    """Height in pixels, and width unless ``width`` is given."""
    resize: Resize
    """squash: the whole picture, whatever its shape; crop: its largest central part of the
    input's shape; pad: the whole picture in its own shape, with borders in the mean colour."""
    mean: Triple
    """Of R, G, B, in units of 0 to 1."""
    std: Triple
    """Of R, G, B, in units of 0 to 1."""
    width: int | None = None
    """In pixels; None: as the height. Bundles are square, other people's models need not be."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.size, self.width or self.size

    def to_json(self) -> dict[str, Any]:
        """The object that stands in manifests, cards and model files: a square input's."""
        return {
            "size": self.size,
            "resize": self.resize,
            "mean": list(self.mean),
            "std": list(self.std),
        }

    @staticmethod
    def from_json(record: Mapping[str, Any]) -> "Preprocessing":
        """Read what ``to_json`` wrote."""
        mean = tuple(float(value) for value in record["mean"])
        std = tuple(float(value) for value in record["std"])
        if len(mean) != 3 or len(std) != 3 or record["resize"] not in get_args(Resize):
            raise ValueError("mean and std need three values, resize squash, crop or pad")
        if not (all(map(math.isfinite, (*mean, *std))) and min(std) > 1e-6):
            raise ValueError("mean and std must be finite, and std above 0")
        size = int(record["size"])
        if not 1 <= size <= LARGEST_SIZE:
            raise ValueError(f"a size of {size} pixels")
        return Preprocessing(size=size, resize=record["resize"], mean=mean, std=std)


def decode(path: Path) -> Picture:
    """Read a picture file, turned upright as its EXIF orientation says.

    Raises:
        ImageError: The file is missing, unreadable, cut short, damaged or no picture.
    """
    try:
        data = read_file(path)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{path}: {reason}", "give a readable picture file") from error
    return decode_bytes(data, str(path))


def decode_bytes(data: bytes, name: str) -> Picture:
    """Decode the content of a picture file, turned upright as its EXIF orientation says.

    Grey becomes three equal channels, 16 bits become 8, transparency is dropped, and of an
    animation the first picture is taken. (OpenCV up to 4.11 leaves WebP unturned.)

    Args:
        data: The whole file.
        name: What messages call it.

    Raises:
        ImageError: It is empty, cut short, damaged or no picture.
    """
    advice = "give a complete JPEG, PNG, BMP, TIFF or WebP"
    if not data:
        raise ImageError(f"{name}: empty file", advice)
    # The decoder fills the missing part of a truncated JPEG with grey and says nothing.
    jpeg = data.startswith(b"\xff\xd8")
    if jpeg and not _jpeg_is_whole(data):
        raise ImageError(f"{name}: cut short", advice)
    # libjpeg gives either order for the same price; OpenCV asks it for ours from 4.11 on.
    direct = jpeg and hasattr(cv2, "IMREAD_COLOR_RGB")
    flags = cv2.IMREAD_COLOR_RGB if direct else cv2.IMREAD_COLOR
    try:
        with silenced():
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        picture = None
    if picture is None:
        raise ImageError(f"{name}: damaged or not a picture", advice)
    return np.asarray(picture if direct else cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


# Markers that are followed by a length: all but stuffed zeros, fill bytes and restarts.
_JPEG_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)


def _jpeg_is_whole(data: bytes) -> bool:
    """Whether the picture's own end marker is there.

    Looking at the end of the file won't do: phones append videos, and a thumbnail in the
    header has an end marker too.
    """
    position = 2
    while marker := _JPEG_MARKER.search(data, position):
        if marker[1] == b"\xd9":
            return True
        length = int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        position = marker.end() + length
    return False


def resize(picture: Picture, preprocessing: Preprocessing) -> Picture:
    """Scale a picture to the ``(height, width, 3)`` of the input.

    Which part of it and where that goes is integer arithmetic, and so are the pixels: see
    ``_scaled``.
    """
    height, width = preprocessing.shape
    if preprocessing.resize == "crop":
        picture = _centre(picture, *_fitted(preprocessing.shape, picture.shape))
    elif preprocessing.resize == "pad":
        rows, columns = _fitted(picture.shape, preprocessing.shape)
        top, left = (height - rows) // 2, (width - columns) // 2
        colour = np.clip(np.rint(np.asarray(preprocessing.mean) * 255), 0, 255)
        padded = cv2.copyMakeBorder(
            _scaled(picture, rows, columns),
            *(top, height - rows - top, left, width - columns - left),
            cv2.BORDER_CONSTANT,
            value=colour.tolist(),
        )
        return np.asarray(padded, np.uint8)
    return np.ascontiguousarray(_scaled(picture, height, width))


def _fitted(shape: Sequence[int], frame: Sequence[int]) -> tuple[int, int]:
    """Height and width of the largest rectangle of this aspect ratio inside a frame."""
    height, width = shape[:2]
    rows, columns = frame[:2]
    if height * columns >= width * rows:
        return rows, max(1, (2 * width * rows + height) // (2 * height))
    return max(1, (2 * height * columns + width) // (2 * width)), columns


def _centre(picture: Picture, rows: int, columns: int) -> Picture:
    """The central part of a picture, as a view."""
    top, left = (picture.shape[0] - rows) // 2, (picture.shape[1] - columns) // 2
    return picture[top : top + rows, left : left + columns]


def _scaled(picture: Picture, height: int, width: int) -> Picture:
    """Scale a picture, whatever that does to its aspect ratio.

    It is halved (mean of 2x2 pixels, in integers) until less than a factor of two remains, then
    interpolated with OpenCV's bit-exact bilinear kernel: no aliasing, and the same pixels on
    every processor, which area interpolation by any other factor does not promise.
    """
    while picture.shape[0] >= 2 * height or picture.shape[1] >= 2 * width:
        rows = 2 if picture.shape[0] >= 2 * height else 1
        columns = 2 if picture.shape[1] >= 2 * width else 1
        half = picture.shape[0] // rows, picture.shape[1] // columns
        even = picture[: half[0] * rows, : half[1] * columns]
        picture = np.asarray(
            cv2.resize(even, half[::-1], interpolation=cv2.INTER_AREA), np.uint8
        )
    if picture.shape[:2] != (height, width):
        picture = np.asarray(
            cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR_EXACT), np.uint8
        )
    return picture


def table(
    preprocessing: Preprocessing, scale: Scale | None
) -> NDArray[np.float32] | NDArray[np.int8]:
    """What each pixel value of each channel becomes: ``(1, 256, 3)``.

    Args:
        preprocessing: Mean and standard deviation.
        scale: The int8 input's scale; None for a float32 input.

    Returns:
        float32 ``(v / 255 - mean) / std``, or the int8 values nearest to it (ties to even, as
        ONNX's QuantizeLinear rounds).
    """
    pixels = np.arange(256, dtype=np.float32)[:, None] / np.float32(255)
    mean = np.asarray(preprocessing.mean, np.float32)
    std = np.asarray(preprocessing.std, np.float32)
    normal = ((pixels - mean) / std).astype(np.float32)[None]
    if scale is None:
        return normal
    steps = np.rint(normal / np.float32(scale.scale)) + scale.zero_point
    return np.asarray(np.clip(steps, -128, 127), np.int8)


def apply_table(picture: Picture, values: Values, layout: Layout = "NHWC") -> Values:
    """Look up every pixel of a resized picture.

    Args:
        picture: The pixels.
        values: ``(1, 256, 3)``; or ``(1, 256, 1)``, which takes the picture's grey.
        layout: Of the result.

    Returns:
        ``(1, height, width, channels)`` or ``(1, channels, height, width)``, C-contiguous, in
        the table's dtype.
    """
    rows, columns = picture.shape[:2]
    channels = values.shape[2]
    if channels == 1:
        picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    # cv2.LUT takes unsigned bytes
    bytewise = values.view(np.uint8) if values.dtype == np.int8 else values
    if layout == "NHWC" or channels == 1:
        looked_up = np.asarray(cv2.LUT(picture, bytewise))
        shape = (1, rows, columns, channels) if layout == "NHWC" else (1, 1, rows, columns)
        return cast(Values, looked_up.view(values.dtype).reshape(shape))
    planes = np.empty((1, channels, rows, columns), bytewise.dtype)
    for channel, plane in enumerate(planes[0]):
        # Straight into its place: turning the finished tensor takes several times as long.
        one = cast(Values, np.ascontiguousarray(bytewise[..., channel]))
        cv2.LUT(cv2.extractChannel(picture, channel), one, dst=plane)
    return cast(Values, planes.view(values.dtype))


def model_input(
    picture: Picture,
    preprocessing: Preprocessing,
    values: Values,
    layout: Layout,
    *,
    rotated: bool = False,
    bgr: bool = False,
) -> Values:
    """A decoded picture of any size as a model takes it.

    Args:
        picture: Upright, RGB unless ``bgr``.
        preprocessing: What the network expects.
        values: Its ``table``.
        layout: How the model's input is laid out.
        rotated: Whether the model takes pictures turned by 180 degrees. They are turned when
            resized already, borders of ``pad`` included, so it is these pixels that move.
        bgr: Whether the picture's channels are B, G, R, as OpenCV's cameras give them. They
            change places when it is small already, which makes the same tensor in less time.

    Returns:
        ``(1, channels, height, width)`` or ``(1, height, width, channels)``, C-contiguous, in
        the table's dtype.
    """
    if bgr:
        small = resize(picture, replace(preprocessing, mean=preprocessing.mean[::-1]))
        small = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8)
    else:
        small = resize(picture, preprocessing)
    if rotated:
        small = np.asarray(cv2.flip(small, -1), np.uint8)  # numpy's views take 30 times as long
    return apply_table(small, values, layout)
