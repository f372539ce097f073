"""The bundle: the folder that an export leaves and a device reads.

    manifest.json       what is in it (schema below, version in ``SCHEMA``)
    model.float32.onnx  and the other model files, model.<precision>.<format>
    model.int8.rotated.tflite  and other variants, model.<precision>.<variant>.<format>
    golden/000.png ...  a few pictures at their original size
    golden/vectors.npz  what those pictures become and what every file answers

``vectors.npz`` holds ``inputs`` (N, 3, size, size) and ``pytorch`` (N, classes), and for each
model file its own logits under the file's path, (N, classes), all float32. If there is an int8
file, ``inputs_int8`` (N, size, size, 3) int8 is its input.

The manifest's schema is docs/manifest.md; a reader refuses a version that it doesn't know.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from armlet.errors import BundleError
from armlet.preprocessing import Preprocessing
from armlet.reading import read_file
from armlet.records import Layer, Precision

SCHEMA = 1
MANIFEST = "manifest.json"
VECTORS = "golden/vectors.npz"

Format = Literal["onnx", "tflite"]
Variant = Literal["rotated"]
"""rotated: the network turned by 180 degrees, which takes its picture turned likewise."""
ROTATED_INPUT = "rotated_input"
"""What a rotated file calls its input, so that it can't be taken for another."""
EXPORT_AGAIN = "export it again with edge-export"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What one model file of a bundle is, beside the others."""

    format: Format
    precision: Precision
    variant: Variant | None = None
    """None: it is what its format and precision lead any program to expect."""

    @property
    def file_name(self) -> str:
        """How a bundle calls it."""
        variant = f".{self.variant}" if self.variant else ""
        return f"model.{self.precision}{variant}.{self.format}"


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """One model file of a bundle."""

    path: str
    """Relative to the bundle."""
    format: Format
    precision: Precision
    sha256: str
    """Hexadecimal."""
    bytes: int
    variant: Variant | None = None
    """As in ``Kind``."""

    @property
    def rotated(self) -> bool:
        """Whether it takes pictures turned by 180 degrees."""
        return self.variant == "rotated"

    def to_json(self) -> dict[str, Any]:
        """The object that stands in the manifest's ``files`` or ``variants``."""
        record = {
            "path": self.path,
            "format": self.format,
            "precision": self.precision,
            "sha256": self.sha256,
            "bytes": self.bytes,
        }
        return record if self.variant is None else {**record, "variant": self.variant}


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """How often one file was right on labelled pictures."""

    top1: float
    """Per cent."""
    top5: float
    """Per cent."""
    images: int

    def to_json(self) -> dict[str, Any]:
        """The object that stands in the manifest's ``accuracy``."""
        return {"top1": self.top1, "top5": self.top5, "images": self.images}


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What is known of an exported network."""

    network: str
    """Name of the network, or the factory it came from."""
    files: Sequence[ModelFile]
    """One plain, drop-in file for each format and precision."""
    variants: Sequence[ModelFile] = ()
    """Files for edge-run alone: quicker, but not what another program would expect."""
    labels: Sequence[str]
    preprocessing: Preprocessing
    layers: Sequence[Layer]
    """In the order in which they run; bytes as in the float32 files."""
    layers_int8: Sequence[Layer]
    """The same layers with the bytes that the int8 files move."""
    versions: Mapping[str, str]
    """Of armlet and of what made the files."""
    options: Mapping[str, Any]
    """Of the export, as given or as they stood by default."""
    check: Mapping[str, Mapping[str, float]]
    """By file path: how it compared with PyTorch."""
    accuracy: Mapping[str, Accuracy]
    """By file path, where it was measured."""

    @property
    def all_files(self) -> Sequence[ModelFile]:
        """Plain files and variants."""
        return [*self.files, *self.variants]

    def to_json(self) -> dict[str, Any]:
        """The manifest as a JSON object."""
        return {
            "schema": SCHEMA,
            "network": self.network,
            "files": [file.to_json() for file in self.files],
            "variants": [file.to_json() for file in self.variants],
            "labels": list(self.labels),
            "preprocessing": self.preprocessing.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
            "layers_int8": [layer.to_json() for layer in self.layers_int8],
            "versions": dict(self.versions),
            "options": dict(self.options),
            "check": {path: dict(numbers) for path, numbers in self.check.items()},
            "accuracy": {path: one.to_json() for path, one in self.accuracy.items()},
        }


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A bundle on disk."""

    folder: Path
    manifest: Manifest

    @property
    def variants(self) -> Sequence[ModelFile]:
        """Those that are there: who deletes one to save space still has the plain file."""
        return [one for one in self.manifest.variants if (self.folder / one.path).exists()]

    def find(self, format: Format, precision: Precision) -> ModelFile:
        """The file of one format and precision.

        Raises:
            BundleError: The bundle has none.
        """
        for file in self.manifest.files:
            if (file.format, file.precision) == (format, precision):
                return file
        have = ", ".join(file.path for file in self.manifest.files)
        raise BundleError(
            f"{self.folder} has no {precision} {format} file, only {have}",
            "choose another --backend or --precision, or export it too",
        )

    def verified(self, file: ModelFile) -> Path:
        """The path of one file, once its bytes have been checked.

        Raises:
            BundleError: The file is missing or isn't the one that was exported.
        """
        path = self.folder / file.path
        try:
            found = sha256(read_file(path))
        except OSError as error:
            raise BundleError(f"{path}: {error.strerror}", EXPORT_AGAIN) from error
        if found != file.sha256:
            raise BundleError(f"{path} is damaged (its SHA-256 differs)", EXPORT_AGAIN)
        return path


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def manifest_from_json(record: Mapping[str, Any]) -> Manifest:
    """Read what ``Manifest.to_json`` wrote.

    Raises:
        KeyError, TypeError, ValueError: It is no manifest.
    """
    files = [_file(file) for file in record["files"]]
    variants = [
        _file(file)
        for file in record.get("variants", [])
        # A later version may have written others.
        if file["variant"] in get_args(Variant) and file["precision"] in get_args(Precision)
    ]
    if not files or any(file.variant for file in files):
        raise ValueError("its files are none, or no plain ones")
    every = [*files, *variants]
    if len({file.path for file in every}) < len(every):
        raise ValueError("a file is listed twice")
    if not isinstance(record["labels"], list):
        raise ValueError("labels are no list")
    return Manifest(
        network=str(record["network"]),
        files=files,
        variants=variants,
        labels=[str(label) for label in record["labels"]],
        preprocessing=Preprocessing.from_json(record["preprocessing"]),
        layers=[Layer.from_json(layer) for layer in record["layers"]],
        layers_int8=[Layer.from_json(layer) for layer in record["layers_int8"]],
        versions=record["versions"],
        options=record["options"],
        check=record["check"],
        accuracy={
            path: Accuracy(**_known(Accuracy, one)) for path, one in record["accuracy"].items()
        },
    )


def _file(record: Mapping[str, Any]) -> ModelFile:
    """One of the files.

    Raises:
        KeyError, TypeError, ValueError: It is none, or lies elsewhere.
    """
    file = ModelFile(**_known(ModelFile, record))
    texts = (file.path, file.sha256)
    if not all(isinstance(text, str) for text in texts) or type(file.bytes) is not int:
        raise TypeError(f"file {file.path}: a member of the wrong type")
    if file.path != Path(file.path).name or "\0" in file.path:
        raise ValueError(f"file {file.path!a} is no name in the bundle's folder")
    if file.format not in get_args(Format) or file.precision not in get_args(Precision):
        raise ValueError(f"file {file.path}: {file.format} {file.precision}")
    return file


def _known(kind: type[Any], record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The members that this version knows; a later one may have written more."""
    return {one.name: record[one.name] for one in fields(kind) if one.name in record}


def is_listed(file: Path) -> bool:
    """Whether a file belongs to the bundle in whose folder it is.

    Where a manifest can't be read, it counts as listed: opening the bundle says why.
    """
    try:
        record = json.loads(read_file(file.parent / MANIFEST))
    except FileNotFoundError:
        return False
    except (OSError, ValueError, RecursionError):
        return True
    try:
        return file.name in [one["path"] for one in _listed(record)]
    except (LookupError, TypeError):
        return False  # somebody else's manifest


def _listed(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [*record["files"], *record.get("variants", [])]


def open_bundle(model: Path) -> tuple[Bundle, ModelFile | None]:
    """Open a bundle by its folder or by one of its model files.

    Returns:
        The bundle, and the file that was named (None if it was the folder).

    Raises:
        BundleError: There is no bundle there, or it can't be read.
    """
    folder = model if model.is_dir() else model.parent
    path = folder / MANIFEST
    if not model.exists():
        raise BundleError(
            f"{model} does not exist", "give a folder that edge-export wrote, or a model file"
        )
    try:
        record = json.loads(read_file(path))
    except FileNotFoundError:
        raise BundleError(
            f"{model} is not a bundle (no {MANIFEST})", "give a folder that edge-export wrote"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BundleError(f"{path} can't be read ({reason})", EXPORT_AGAIN) from error
    version = record.get("schema") if isinstance(record, dict) else None
    if version != SCHEMA:
        raise BundleError(
            f"{path} has schema {version}, this armlet reads {SCHEMA}", EXPORT_AGAIN
        )
    try:
        bundle = Bundle(folder=folder, manifest=manifest_from_json(record))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError(f"{path} is damaged ({error})", EXPORT_AGAIN) from error
    if model.is_dir():
        return bundle, None
    for file in bundle.manifest.all_files:
        if file.path == model.name:
            return bundle, file
    raise BundleError(f"{model} is not listed in {path}", "give one of the bundle's own files")


def picture_paths(bundle: Bundle) -> Sequence[Path]:
    """The golden pictures, in the order of the golden vectors."""
    return sorted((bundle.folder / VECTORS).parent.glob("*.png"))


def read_vectors(bundle: Bundle) -> Mapping[str, NDArray[np.generic]]:
    """The golden vectors, by name.

    Raises:
        BundleError: They are missing or damaged.
    """
    path = bundle.folder / VECTORS
    try:
        with np.load(BytesIO(read_file(path)), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except OSError as error:
        raise BundleError(f"{path} can't be read ({error.strerror})", EXPORT_AGAIN) from error
    except Exception as error:  # a damaged archive can raise nearly anything
        raise BundleError(f"{path} can't be read (it is damaged)", EXPORT_AGAIN) from error
