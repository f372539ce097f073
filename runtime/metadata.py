"""What a model file says about the pictures it takes and the classes it knows.

Read are armlet's own metadata, TFLite Metadata, and what Ultralytics' exporter writes. Mean and
deviation of TFLite Metadata are in units of the pixel values 0 to 255, everywhere else in units
of 0 to 1.
"""

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from armlet.bundle import Format, Variant
from armlet.errors import BackendError
from armlet.labels import parse_labels
from armlet.preprocessing import Preprocessing, Resize, Triple
from armlet.records import Precision
from armlet.runtime.onnx_file import read_onnx
from armlet.runtime.session import CLASSIFIER
from armlet.runtime.tflite_file import UNREADABLE, Table, TfliteFile, damaged, read_tflite

_CARD = "armlet.json"
_THEIRS = "metadata.json"
_IMAGE_PROPERTIES, _NORMALIZATION, _AXIS_LABELS = 2, 1, 2


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What a model file says about itself; None: nothing."""

    precision: Precision
    """int8 if anything in it is int8 or uint8, else float16 if anything in it is."""
    network: str | None = None
    labels: Sequence[str] | None = None
    height: int | None = None
    """In pixels."""
    width: int | None = None
    """In pixels."""
    resize: Resize | None = None
    mean: Triple | None = None
    """Of R, G, B, in units of 0 to 1."""
    std: Triple | None = None
    """Likewise."""


def read_metadata(path: Path, format: Format) -> Metadata:
    """Read a model file's metadata.

    Raises:
        BundleError: The file can't be read, or is damaged.
        BackendError: It says that it is no image classifier.
    """
    if format == "onnx":
        onnx = read_onnx(path)
        precision: Precision = "int8" if onnx.quantized else "float32"
        known = {key: _value(text) for key, text in onnx.properties.items()}
        return _from_properties(path, known, precision)
    tflite = read_tflite(path)
    precision = tflite.precision
    for name in (_CARD, _THEIRS):
        properties = _object(tflite.files.get(name, b""))
        found = _from_properties(path, properties, precision)
        if found != Metadata(precision=precision):
            return found
    try:
        return _from_standard(tflite, precision)
    except UNREADABLE as error:
        raise damaged(path) from error


def _value(text: str) -> Any:
    """A property's value: JSON as armlet writes it, a Python literal, or else text."""
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return text


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _from_properties(
    path: Path, properties: Mapping[str, Any], precision: Precision
) -> Metadata:
    nothing = Metadata(precision=precision)
    try:
        if "preprocessing" in properties:
            return _from_armlet(path, properties, precision)
        if "names" in properties:
            found = _from_ultralytics(properties, precision)
        else:
            return nothing
    except (KeyError, TypeError, ValueError, AttributeError):
        return nothing  # the same names, but somebody else's
    if (task := properties.get("task", "classify")) != "classify":
        raise BackendError(f"{path} was exported for the task {task}", CLASSIFIER)
    return found


def _from_armlet(path: Path, properties: Mapping[str, Any], precision: Precision) -> Metadata:
    variant = properties.get("variant")
    if variant not in (None, *get_args(Variant)):
        raise BackendError(
            f"{path} is of the variant {variant}, which this armlet doesn't know",
            "update armlet, or give the plain file of its bundle",
        )
    preprocessing = Preprocessing.from_json(properties["preprocessing"])
    height, width = preprocessing.shape
    return Metadata(
        precision=precision,
        network=str(properties["network"]),
        labels=[str(label) for label in properties["labels"]],
        height=height,
        width=width,
        resize=preprocessing.resize,
        mean=preprocessing.mean,
        std=preprocessing.std,
    )


def _from_ultralytics(properties: Mapping[str, Any], precision: Precision) -> Metadata:
    names = {int(index): str(name) for index, name in properties["names"].items()}
    height, width = (int(pixels) for pixels in properties.get("imgsz", (0, 0)))
    # Its older classifiers, which have no task, were trained with ImageNet's mean instead.
    known = "task" in properties
    return Metadata(
        precision=precision,
        labels=[names[index] for index in range(len(names))],
        height=height or None,
        width=width or None,
        resize="crop" if known else None,
        mean=(0.0, 0.0, 0.0) if known else None,
        std=(1.0, 1.0, 1.0) if known else None,
    )


def _from_standard(file: TfliteFile, precision: Precision) -> Metadata:
    """TFLite Metadata, of which only the first input and output are looked at."""
    graph = next(iter(file.metadata.tables(3)), None) if file.metadata else None
    if file.metadata is None or graph is None:
        return Metadata(precision=precision)
    source = next(iter(graph.tables(2)), None)
    answer = next(iter(graph.tables(3)), None)
    height, width = _size(source)
    mean, std = _normalization(source)
    return Metadata(
        precision=precision,
        network=file.metadata.text(0) or None,
        labels=_labels(answer, file.files),
        height=height,
        width=width,
        mean=mean,
        std=std,
    )


def _size(source: Table | None) -> tuple[int | None, int | None]:
    content = source.table(3) if source else None
    image = (
        content.table(1) if content and content.number(0, "B") == _IMAGE_PROPERTIES else None
    )
    size = image.table(1) if image else None
    return (size.number(1, "I") or None, size.number(0, "I") or None) if size else (None, None)


def _normalization(source: Table | None) -> tuple[Triple | None, Triple | None]:
    for unit in source.tables(4) if source else []:
        options = unit.table(1)
        if unit.number(0, "B") == _NORMALIZATION and options:
            mean = _triple(options, 0)
            std = _triple(options, 1)
            if mean and std and min(std) > 0:
                return mean, std
    return None, None


def _triple(options: Table, field: int) -> Triple | None:
    """One value for each channel, or one for all."""
    values = options.array(field, np.dtype("<f4")).astype(np.float64) / 255
    if len(values) not in (1, 3) or not np.isfinite(values).all():
        return None
    red, green, blue = (float(value) for value in np.broadcast_to(values, 3))
    return red, green, blue


def _labels(answer: Table | None, files: Mapping[str, bytes]) -> Sequence[str] | None:
    for file in answer.tables(6) if answer else []:
        if file.number(2, "B") == _AXIS_LABELS and file.text(0) in files:
            text = files[file.text(0)].decode("utf-8-sig", "replace")
            return parse_labels(text) or None
    return None
