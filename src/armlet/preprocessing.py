"""From a picture file to the model's input: the one implementation, for both machines.

Every step is exact integer or table arithmetic, so that a workstation and a board make the
same tensor from the same picture.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from armlet.errors import ImageError
from armlet.scales import Scale
from armlet.silence import silenced

Resize = Literal["squash", "crop"]
Layout = Literal["NCHW", "NHWC"]
Triple = tuple[float, float, float]
Picture = NDArray[np.uint8]
"""(height, width, 3), RGB."""

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""File names that are taken for pictures."""


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """What a network expects of its input."""

    size: int
    """Height and width in pixels."""
    resize: Resize
    """squash: the whole picture, whatever its shape; crop: its largest central square."""
    mean: Triple
    """Of R, G, B, in units of 0 to 1."""
    std: Triple
    """Of R, G, B, in units of 0 to 1."""

    def to_json(self) -> dict[str, Any]:
        """The object that stands in manifests, cards and model files."""
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
        if len(mean) != 3 or len(std) != 3 or record["resize"] not in ("squash", "crop"):
            raise ValueError("mean and std need three values, resize squash or crop")
        return Preprocessing(
            size=int(record["size"]), resize=record["resize"], mean=mean, std=std
        )


def decode(path: Path) -> Picture:
    """Read a picture file, turned upright as its EXIF orientation says.

    Raises:
        ImageError: The file is missing, unreadable, cut short, damaged or no picture.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path}: {error.strerror}", "give a readable picture file") from error
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
    if data.startswith(b"\xff\xd8") and not _jpeg_is_whole(data):
        raise ImageError(f"{name}: cut short", advice)
    try:
        with silenced():
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise ImageError(f"{name}: damaged or not a picture", advice)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


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
    """Scale a picture to ``(size, size, 3)``.

    It is halved (mean of 2x2 pixels, in integers) until less than a factor of two remains, then
    interpolated with OpenCV's bit-exact bilinear kernel: no aliasing, and the same pixels on
    every processor, which area interpolation by any other factor does not promise.
    """
    size = preprocessing.size
    if preprocessing.resize == "crop":
        height, width = picture.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        picture = picture[top : top + side, left : left + side]
    while picture.shape[0] >= 2 * size or picture.shape[1] >= 2 * size:
        rows = 2 if picture.shape[0] >= 2 * size else 1
        columns = 2 if picture.shape[1] >= 2 * size else 1
        height, width = picture.shape[0] // rows, picture.shape[1] // columns
        even = picture[: height * rows, : width * columns]
        picture = np.asarray(
            cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8
        )
    if picture.shape[:2] != (size, size):
        picture = np.asarray(
            cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR_EXACT), np.uint8
        )
    return np.ascontiguousarray(picture)


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


def apply_table(
    picture: Picture, values: NDArray[np.float32] | NDArray[np.int8]
) -> NDArray[np.float32] | NDArray[np.int8]:
    """Look up every pixel of a resized picture: ``(1, size, size, 3)`` in the table's dtype."""
    if values.dtype == np.int8:  # cv2.LUT takes unsigned bytes
        looked_up = np.asarray(cv2.LUT(picture, values.view(np.uint8)), np.uint8)
        return looked_up.view(np.int8)[None]
    return np.asarray(cv2.LUT(picture, values), np.float32)[None]


def model_input(
    picture: Picture,
    preprocessing: Preprocessing,
    values: NDArray[np.float32] | NDArray[np.int8],
    layout: Layout,
) -> NDArray[np.float32] | NDArray[np.int8]:
    """A decoded picture of any size as a model takes it.

    Args:
        picture: Upright, RGB.
        preprocessing: What the network expects.
        values: Its ``table``.
        layout: How the model's input is laid out.

    Returns:
        ``(1, 3, size, size)`` or ``(1, size, size, 3)``, C-contiguous, in the table's dtype.
    """
    pixels = apply_table(resize(picture, preprocessing), values)
    if layout == "NHWC":
        return pixels
    planes: NDArray[np.float32] | NDArray[np.int8] = pixels.transpose(0, 3, 1, 2).copy()
    return planes
