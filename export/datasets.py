"""Labelled pictures: a folder or a .zip with one subfolder a class, or a pair of IDX files."""

import gzip
import math
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from armlet.errors import DatasetError, ImageError
from armlet.preprocessing import (
    SUFFIXES,
    Picture,
    Preprocessing,
    Resize,
    decode,
    decode_bytes,
    resize,
)

ONE_FOLDER_A_CLASS = "give a folder or .zip that has one subfolder of pictures for each class"
IDX_IMAGES, IDX_LABELS = "images-idx3-ubyte", "labels-idx1-ubyte"


@dataclass(frozen=True, kw_only=True)
class LabelledPicture:
    """One picture of a dataset, not yet read."""

    name: str
    """Path, for messages."""
    target: int
    """Index of its label."""
    load: Callable[[], Picture]
    """Reads it; raises ImageError."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """What labelled pictures there are."""

    labels: tuple[str, ...]
    pictures: tuple[LabelledPicture, ...]


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Labelled pictures in memory."""

    labels: tuple[str, ...]
    pictures: NDArray[np.uint8]
    """(N, size, size, 3), RGB."""
    targets: NDArray[np.int64]
    """(N,), indices into ``labels``."""
    unreadable: tuple[str, ...]
    """A line for each picture that couldn't be read and isn't among the above."""


def find(path: Path, labels: Sequence[str] | None = None) -> Dataset:
    """List the labelled pictures at ``path``; hidden files are passed over.

    Args:
        path: A folder or a .zip with one subfolder for each class, pictures at any depth in it;
            or the images file of an IDX pair (``train-images-idx3-ubyte``, perhaps ``.gz``),
            whose labels file stands beside it.
        labels: Class names in the order of the network's outputs. Without them: the sorted
            names of the folders; for IDX, ``class 0`` and so on.

    Raises:
        DatasetError: There is no such dataset, it has no pictures, or a class that isn't among
            ``labels``.
    """
    try:
        if path.is_dir():
            return _from_folder(path, labels)
        if path.exists() and not path.is_file():  # reading a pipe might never end
            raise DatasetError(f"{path} is not a regular file", ONE_FOLDER_A_CLASS)
        if IDX_IMAGES in path.name:
            return _from_idx(path, labels)
        if path.suffix == ".zip":
            return _from_zip(path, labels)
    except OSError as error:
        name = error.filename or path
        raise DatasetError(
            f"{name}: {error.strerror or error}", "give readable files"
        ) from error
    if not path.exists():
        raise DatasetError(f"{path} does not exist", ONE_FOLDER_A_CLASS)
    raise DatasetError(f"{path} is no folder, .zip or IDX images file", ONE_FOLDER_A_CLASS)


def read(
    labels: Sequence[str], pictures: Iterable[LabelledPicture], size: int, resizing: Resize
) -> Samples:
    """Read pictures into memory, scaled to ``(size, size)`` as on the device.

    Args:
        labels: The dataset's labels.
        pictures: All of the dataset's pictures, or as many as memory should hold at once.
        size: Height and width in pixels.
        resizing: How they come to be square.

    Returns:
        Those that could be read, in the same order, and a line for each of the others.
    """
    # Only size and resize matter to resize(); the pixels stay bytes.
    form = Preprocessing(size=size, resize=resizing, mean=(0, 0, 0), std=(1, 1, 1))
    arrays, targets, unreadable = [], [], []
    for picture in pictures:
        try:
            arrays.append(resize(picture.load(), form))
            targets.append(picture.target)
        except ImageError as error:
            unreadable.append(error.problem)
    return Samples(
        labels=tuple(labels),
        pictures=np.stack(arrays) if arrays else np.empty((0, size, size, 3), np.uint8),
        targets=np.array(targets, np.int64),
        unreadable=tuple(unreadable),
    )


def _from_folder(folder: Path, labels: Sequence[str] | None) -> Dataset:
    members = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    loaders = {
        PurePosixPath(member.as_posix()): partial(decode, folder / member) for member in members
    }
    return _by_class(folder, loaders, labels)


def _from_zip(path: Path, labels: Sequence[str] | None) -> Dataset:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise DatasetError(f"{path} is damaged or no .zip", ONE_FOLDER_A_CLASS) from error
    members = sorted(name for name in archive.namelist() if not name.endswith("/"))
    loaders = {
        PurePosixPath(name): partial(_decode_member, archive, path, name) for name in members
    }
    return _by_class(path, loaders, labels)


def _by_class(
    source: Path,
    loaders: Mapping[PurePosixPath, Callable[[], Picture]],
    labels: Sequence[str] | None,
) -> Dataset:
    members = [
        member
        for member in loaders
        if len(member.parts) > 1
        and member.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in member.parts)
    ]
    if not members:
        raise DatasetError(f"{source} has no pictures in subfolders", ONE_FOLDER_A_CLASS)
    folders = sorted({member.parts[0] for member in members})
    order = list(folders if labels is None else labels)
    for folder in folders:
        if order.count(folder) != 1:
            known = "is no label" if folder not in order else "stands for several labels"
            raise DatasetError(
                f"{source}: the folder {folder!r} {known}",
                "name each folder as one of the labels",
            )
    targets = {label: index for index, label in enumerate(order)}
    return Dataset(
        labels=tuple(order),
        pictures=tuple(
            LabelledPicture(
                name=str(source / member),
                target=targets[member.parts[0]],
                load=loaders[member],
            )
            for member in members
        ),
    )


def _decode_member(archive: zipfile.ZipFile, path: Path, name: str) -> Picture:
    try:
        data = archive.read(name)
    # RuntimeError: the member is encrypted or compressed in a way that zipfile doesn't know.
    except (OSError, RuntimeError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ImageError(f"{path / name}: {error}", "make the .zip again") from error
    return decode_bytes(data, str(path / name))


def _from_idx(path: Path, labels: Sequence[str] | None) -> Dataset:
    images = _read_idx(path, 3)
    labels_path = path.with_name(path.name.replace(IDX_IMAGES, IDX_LABELS))
    targets = _read_idx(labels_path, 1)
    if len(images) == 0 or len(images) != len(targets):
        raise DatasetError(
            f"{path} has {len(images)} pictures, {labels_path.name} {len(targets)} labels",
            "give two files that belong together",
        )
    classes = int(targets.max()) + 1
    if labels is not None and classes > len(labels):
        raise DatasetError(
            f"{labels_path} has {classes} classes, but {len(labels)} labels were given",
            "give one label for each class",
        )
    return Dataset(
        labels=tuple(labels or [f"class {number}" for number in range(classes)]),
        pictures=tuple(
            LabelledPicture(
                name=f"{path}[{number}]",
                target=int(target),
                load=partial(_as_rgb, image),
            )
            for number, (image, target) in enumerate(zip(images, targets, strict=True))
        ),
    )


def _as_rgb(grey: NDArray[np.uint8]) -> Picture:
    return np.repeat(grey[:, :, None], 3, axis=2)


def _read_idx(path: Path, axes: int) -> NDArray[np.uint8]:
    """Read an IDX file of bytes: magic number, big-endian sizes, then the values."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise DatasetError(f"{path} is damaged ({error})", "fetch it again") from error
    header = 4 + 4 * axes
    if data[:4] != bytes((0, 0, 8, axes)) or len(data) < header:
        raise DatasetError(
            f"{path} is no IDX file of bytes with {axes} axes", "give the images file of a pair"
        )
    shape = tuple(int(size) for size in np.frombuffer(data, ">u4", axes, 4))
    if len(data) - header != math.prod(shape):
        raise DatasetError(
            f"{path} has {len(data) - header} values where its header says {shape}",
            "fetch it again",
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)
