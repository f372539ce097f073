import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armlet.errors import BackendError, BundleError
from armlet.preprocessing import decode
from armlet.runtime.choice import Wish
from armlet.runtime.model import Model, open_model


def opened(model: Path, **wish: Any) -> Model:
    return open_model(model, Wish(**{"backend": None, "precision": None} | wish), 1)


def rewrite(bundle: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = bundle / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def test_bundle_and_file_open_the_same(bundle: Path) -> None:
    by_folder = opened(bundle, backend="onnx", precision="float32")
    by_file = opened(bundle / "model.float32.onnx")
    assert by_folder.path == by_file.path == bundle / "model.float32.onnx"
    assert (by_file.backend, by_file.precision) == ("onnx", "float32")


def test_layers_are_those_of_the_precision(bundle: Path) -> None:
    floats, integers = (opened(bundle, precision=one).layers for one in ("float32", "int8"))
    assert [one.name for one in floats] == [one.name for one in integers]
    assert sum(one.bytes or 0 for one in floats) > 3 * sum(one.bytes or 0 for one in integers)


@pytest.mark.parametrize("backend", ["litert", "onnx"])
def test_tensor_of_a_picture_fits_the_session(bundle: Path, photos: Path, backend: str) -> None:
    model = opened(bundle, backend=backend)
    tensor = model.tensor(decode(photos / "chelsea.png"))
    assert tensor.dtype == (np.int8 if backend == "litert" else np.float32)
    assert model.session.run(tensor).shape == (1, len(model.labels))


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="out does not exist"):
        opened(tmp_path / "out")


def test_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"is not a bundle \(no manifest.json\)"):
        opened(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "\xff", '"text"', "[]", "{}", '{"schema": 1}'])
def test_manifest_that_is_none(copied: Path, text: str) -> None:
    (copied / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(BundleError, match=r"manifest\.json .*export it again") as raised:
        opened(copied)
    assert "\n" not in str(raised.value)


def test_manifest_of_another_version(copied: Path) -> None:
    rewrite(copied, lambda record: record.update(schema=99))
    with pytest.raises(BundleError, match="has schema 99, this armlet reads 1"):
        opened(copied)


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.pop("labels"),
        lambda record: record.update(files=3),
        lambda record: record.update(labels="abcdefghij"),
        lambda record: record.update(layers=[{}]),
        lambda record: record["layers"][0].update(name=None),
        lambda record: record["layers"][0].update(macs="many"),
        lambda record: record["preprocessing"].update(mean=[1]),
        lambda record: record.update(preprocessing=None),
    ],
)
def test_damaged_manifest(copied: Path, change: Callable[[dict[str, Any]], object]) -> None:
    rewrite(copied, change)
    with pytest.raises(BundleError, match=r"manifest\.json is damaged"):
        opened(copied)


def test_members_of_later_versions_are_passed_over(copied: Path) -> None:
    rewrite(copied, lambda record: record["files"][0].update(surplus=1))
    assert opened(copied).bundle


@pytest.mark.parametrize("text", ["{", "", "[" * 100_000, "\xff"])
def test_file_beside_a_damaged_manifest_is_not_taken_for_a_bare_one(
    copied: Path, text: str
) -> None:
    (copied / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(BundleError, match=r"manifest\.json can't be read"):
        opened(copied / "model.int8.onnx")


def test_manifest_of_something_else_is_passed_over(copied: Path) -> None:
    (copied / "manifest.json").write_text('{"name": "a web page"}', encoding="utf-8")
    assert opened(copied / "model.int8.onnx").bundle is None


@pytest.mark.parametrize("backend", ["litert", "onnx"])
def test_folder_whose_name_is_no_text(copied: Path, backend: str) -> None:
    odd = copied.rename(copied.with_name("o\udcff"))
    with pytest.raises(BackendError, match="isn't UTF-8, .*; rename"):
        opened(odd, backend=backend)


def test_manifest_that_does_not_fit_the_file(copied: Path) -> None:
    rewrite(copied, lambda record: record["labels"].append("one more"))
    with pytest.raises(BundleError, match=r"classes, the manifest says \d+ and"):
        opened(copied)


def test_file_is_gone(copied: Path) -> None:
    for name in ("model.int8.rotated.tflite", "model.int8.tflite"):
        (copied / name).unlink()
    with pytest.raises(BundleError, match="tflite: No such file or directory"):
        opened(copied, backend="litert")


def test_file_is_changed(copied: Path) -> None:
    path = copied / "model.int8.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BundleError, match="is damaged"):
        opened(path)


def test_file_of_nobody_is_a_bare_file(copied: Path) -> None:
    stranger = copied / "stranger.onnx"
    (copied / "model.int8.onnx").rename(stranger)
    model = opened(stranger)
    assert (model.bundle, model.layers, model.precision) == (None, (), "int8")
