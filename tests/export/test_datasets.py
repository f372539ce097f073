"""Labelled pictures from folders, archives and IDX files."""

import gzip
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from armlet.errors import DatasetError
from armlet.export import datasets
from armlet.export.datasets import Dataset, Samples

COLOURS = {"blue": (0, 0, 255), "green": (0, 255, 0), "red": (255, 0, 0)}


def png(colour: tuple[int, int, int], height: int = 8, width: int = 8) -> bytes:
    picture = np.full((height, width, 3), colour[::-1], np.uint8)
    return cv2.imencode(".png", picture)[1].tobytes()


FILES = {
    "red/1.png": png(COLOURS["red"]),
    "red/deep/down/2.PNG": png(COLOURS["red"], 30, 20),
    "green/1.png": png(COLOURS["green"]),
    "green/broken.png": png(COLOURS["green"])[:50],
    "green/empty.jpg": b"",
    "blue/1.png": png(COLOURS["blue"]),
    "blue/notes.txt": b"passed over",
    "blue/._1.png": b"a hidden companion of macOS",
    ".cache/1.png": png(COLOURS["red"]),
    "__MACOSX/red/._1.png": b"another",
    "without_pictures/notes.txt": b"no class",
    "loose.png": png(COLOURS["red"]),
}


def as_folder(tmp_path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = tmp_path / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "pictures"


def as_zip(tmp_path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("red")
        for name, content in files.items():
            archive.writestr(name, content)
    return tmp_path / "pictures.zip"


def idx(array: NDArray[np.uint8]) -> bytes:
    sizes = np.array(array.shape, ">u4").tobytes()
    return bytes((0, 0, 8, array.ndim)) + sizes + array.tobytes()


def read_all(dataset: Dataset, size: int) -> Samples:
    return datasets.read(dataset.labels, dataset.pictures, size, "squash")


def refused(problem: str, path: Path, labels: list[str] | None = None) -> None:
    with pytest.raises(DatasetError) as refusal:
        datasets.find(path, labels)
    assert problem in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("write", [as_folder, as_zip])
@pytest.mark.parametrize("labels", [None, ["red", "unused", "green", "blue"]])
def test_folder_and_zip_with_one_subfolder_a_class(
    tmp_path: Path, write: Callable[[Path, dict[str, bytes]], Path], labels: list[str] | None
) -> None:
    path = write(tmp_path, FILES)
    found = datasets.find(path, labels)
    assert found.labels == tuple(labels or ["blue", "green", "red"])
    samples = read_all(found, 8)
    names = [found.labels[target] for target in samples.targets]
    assert names == ["blue", "green", "red", "red"]
    assert samples.pictures.shape == (4, 8, 8, 3)
    assert samples.targets.dtype == np.int64
    for name, picture in zip(names, samples.pictures, strict=True):
        assert (picture == COLOURS[name]).all()
    broken, empty = samples.unreadable
    assert broken == f"{path}/green/broken.png: damaged or not a picture"
    assert empty == f"{path}/green/empty.jpg: empty file"


def test_pictures_can_be_read_a_few_at_a_time(tmp_path: Path) -> None:
    found = datasets.find(as_folder(tmp_path, FILES))
    parts = [datasets.read(found.labels, [one], 4, "crop") for one in found.pictures]
    together = datasets.read(found.labels, found.pictures, 4, "crop")
    assert np.array_equal(np.concatenate([one.pictures for one in parts]), together.pictures)
    assert np.array_equal(np.concatenate([one.targets for one in parts]), together.targets)
    assert [len(one.unreadable) for one in parts] == [0, 0, 1, 1, 0, 0]


@pytest.mark.parametrize("name", ["pictures.zip", "train-images-idx3-ubyte"])
def test_pipe_is_refused_at_once(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(DatasetError, match="is not a regular file; "):
        datasets.find(tmp_path / name)


def test_damaged_member_of_a_zip_is_reported(tmp_path: Path) -> None:
    path = as_zip(tmp_path, {"red/1.png": FILES["red/1.png"], "red/2.png": b"x" * 4000})
    data = bytearray(path.read_bytes())
    place = data.index(b"red/2.png") + len(b"red/2.png") + 5
    data[place] ^= 0xFF
    path.write_bytes(data)
    samples = read_all(datasets.find(path), 8)
    assert len(samples.pictures) == 1
    (line,) = samples.unreadable
    assert line.startswith(f"{path}/red/2.png: ")


def test_folder_that_is_no_label_is_refused(tmp_path: Path) -> None:
    path = as_folder(tmp_path, FILES)
    refused(f"{path}: the folder 'green' is no label", path, ["red", "blue"])
    labels = ["red", "green", "blue", "green"]
    refused("the folder 'green' stands for several labels", path, labels)


def test_places_without_pictures_are_refused(tmp_path: Path) -> None:
    refused("nowhere does not exist", tmp_path / "nowhere")
    refused("has no pictures in subfolders", tmp_path)
    refused("has no pictures in subfolders", as_folder(tmp_path, {"loose.png": png((0, 0, 0))}))
    (tmp_path / "a.txt").touch()
    refused("a.txt is no folder, .zip or IDX images file", tmp_path / "a.txt")
    (tmp_path / "bad.zip").write_bytes(b"PK no zip")
    refused("bad.zip is damaged or no .zip", tmp_path / "bad.zip")


IMAGES = np.arange(3 * 5 * 4, dtype=np.uint8).reshape(3, 5, 4)
TARGETS = np.array([2, 0, 1], np.uint8)


def as_idx(folder: Path, images: bytes, targets: bytes, suffix: str = "") -> Path:
    path = folder / f"train-images-idx3-ubyte{suffix}"
    path.write_bytes(images)
    (folder / f"train-labels-idx1-ubyte{suffix}").write_bytes(targets)
    return path


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_pair_becomes_three_equal_channels(tmp_path: Path, suffix: str) -> None:
    images, targets = idx(IMAGES), idx(TARGETS)
    if suffix:
        images, targets = gzip.compress(images), gzip.compress(targets)
    path = as_idx(tmp_path, images, targets, suffix)
    found = datasets.find(path)
    assert found.labels == ("class 0", "class 1", "class 2")
    assert datasets.find(path, ["a", "b", "c", "d"]).labels == ("a", "b", "c", "d")
    samples = datasets.read(found.labels, found.pictures, 4, "crop")
    assert samples.targets.tolist() == [2, 0, 1]
    assert (samples.pictures == IMAGES[:, :4, :, None]).all()


@pytest.mark.parametrize(
    ("images", "targets", "problem"),
    [
        (b"", idx(TARGETS), "train-images-idx3-ubyte is no IDX file of bytes with 3 axes"),
        (idx(TARGETS), idx(TARGETS), "is no IDX file of bytes with 3 axes"),
        (idx(IMAGES)[:9], idx(TARGETS), "is no IDX file of bytes with 3 axes"),
        (idx(IMAGES)[:-1], idx(TARGETS), "has 59 values where its header says (3, 5, 4)"),
        (idx(IMAGES), idx(TARGETS[:2]), "has 3 pictures, train-labels-idx1-ubyte 2 labels"),
        (idx(IMAGES[:0]), idx(TARGETS[:0]), "has 0 pictures"),
    ],
)
def test_bad_idx_files_are_refused(
    tmp_path: Path, images: bytes, targets: bytes, problem: str
) -> None:
    refused(problem, as_idx(tmp_path, images, targets))


def test_bad_idx_pairs_are_refused(tmp_path: Path) -> None:
    path = as_idx(tmp_path, idx(IMAGES), idx(TARGETS))
    refused("has 3 classes, but 2 labels were given", path, ["a", "b"])
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    refused("train-labels-idx1-ubyte: No such file", path)
    squeezed = gzip.compress(idx(IMAGES))
    path = as_idx(tmp_path, squeezed[:-9], squeezed, ".gz")
    refused("train-images-idx3-ubyte.gz is damaged (Compressed file ended", path)
