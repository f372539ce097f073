import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from armlet.bundle import VECTORS, open_bundle
from armlet.errors import BundleError
from armlet.runtime.verify import Verification, verify

BOTH = ("litert", "onnx")
INT8 = "model.int8.tflite"


def check(folder: Path, *backends: str) -> Verification:
    bundle, _ = open_bundle(folder)
    return verify(bundle, bundle.manifest.all_files, backends or BOTH, threads=1)


def edit(folder: Path, change: Callable[[Any], None]) -> None:
    path = folder / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def flip_a_weight_bit(path: Path) -> None:
    """The highest bit but the sign's of the first weight of the first convolution."""
    data = bytearray(path.read_bytes())
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data))
    tensors = {bytes(one.name).decode(): one for one in model.subgraphs[0].tensors}
    weights = bytes(model.buffers[tensors["conv1.0/weight"].buffer].data)
    data[data.index(weights)] ^= 0x40
    path.write_bytes(data)


def believe(folder: Path, name: str) -> None:
    """Let the manifest name the file that is there, as a forger would."""
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()

    def change(record: Any) -> None:
        for file in record["files"]:
            if file["path"] == name:
                file["sha256"] = digest

    edit(folder, change)


def test_this_machine_reproduces_the_export(bundle: Path) -> None:
    verification = check(bundle)
    assert verification.problems == []
    assert verification.preprocessing.pictures == 4
    assert [(one.path, one.backend) for one in verification.files] == [
        ("model.float32.onnx", "onnx"),
        ("model.float32.tflite", "litert"),
        ("model.float16.tflite", "litert"),
        ("model.int8.onnx", "onnx"),
        ("model.int8.tflite", "litert"),
        ("model.float32.rotated.tflite", "litert"),
        ("model.float16.rotated.tflite", "litert"),
        ("model.int8.rotated.tflite", "litert"),
    ]
    for one in verification.files:
        exactly = one.path.startswith("model.int8")
        assert one.identical == one.pictures or not exactly
        assert (one.promise == "bit for bit") == exactly


@pytest.mark.parametrize("tolerance", [None, "wide"])
def test_manifest_without_a_tolerance(copied: Path, tolerance: str | None) -> None:
    edit(
        copied, lambda record: record["check"]["model.float32.onnx"].update(tolerance=tolerance)
    )
    with pytest.raises(BundleError, match=r"how far model.float32.onnx may be off; export"):
        check(copied)


def test_flipped_weight_bit_is_a_different_file_with_different_logits(copied: Path) -> None:
    flip_a_weight_bit(copied / INT8)
    (problem,) = check(copied).problems
    assert problem.startswith(f"{INT8} on litert is not the file that was exported")
    assert "gives other logits on 4 of 4 pictures" in problem


def test_flipped_weight_bit_shows_even_where_the_manifest_was_forged(copied: Path) -> None:
    flip_a_weight_bit(copied / INT8)
    believe(copied, INT8)
    (problem,) = check(copied).problems
    assert problem.startswith(f"{INT8} on litert gives other logits on 4 of 4 pictures")
    assert problem.endswith("(promised: bit for bit)")


def test_wrong_preprocessing_names_the_pictures(copied: Path) -> None:
    edit(copied, lambda record: record["preprocessing"].update(mean=[0.5, 0.48, 0.45]))
    problems = check(copied).problems
    assert len(problems) == 4
    assert problems[0].startswith("000.png is preprocessed differently here: 100.0 % of")


def test_wrong_resize_shows_too(copied: Path) -> None:
    edit(copied, lambda record: record["preprocessing"].update(size=28))
    assert "000.png becomes (3, 28, 28) here, was (3, 32, 32)" in check(copied).problems


def test_changed_labels(copied: Path) -> None:
    edit(copied, lambda record: record["labels"].reverse())
    problems = check(copied).problems
    assert len(problems) == 8
    assert problems[0].endswith("has other labels than the manifest")


@pytest.mark.parametrize("resize", ["crop", "pad"])
def test_wrong_way_to_fit_a_picture_shows_on_the_one_that_is_not_square(
    copied: Path, resize: str
) -> None:
    edit(copied, lambda record: record["preprocessing"].update(resize=resize))
    (problem,) = check(copied).problems
    assert problem.startswith("000.png is preprocessed differently here")


def test_different_file_under_the_same_name(copied: Path) -> None:
    (copied / INT8).write_bytes((copied / "model.float32.tflite").read_bytes())
    (problem,) = check(copied).problems
    assert "SHA-256 differs" in problem
    assert "gives other logits" in problem


def test_file_that_does_not_load_or_is_gone(copied: Path) -> None:
    path = copied / "model.float32.onnx"
    path.write_bytes(path.read_bytes()[:1000])
    (copied / INT8).unlink()
    broken, gone = check(copied).problems
    assert "SHA-256 differs) and can't be run (onnxruntime" in broken
    assert gone == f"{INT8} on litert can't be read (No such file or directory)"


def test_changed_picture(copied: Path) -> None:
    first, second, *_ = sorted((copied / "golden").glob("*.png"))
    first.write_bytes(second.read_bytes())
    assert check(copied).problems[0].startswith("000.png is preprocessed differently here")
    first.write_bytes(b"")
    assert "empty file" in check(copied).problems[0]
    first.unlink()
    assert check(copied).problems[0] == "3 golden pictures for 4 golden tensors"


def test_golden_vectors_of_another_export(copied: Path) -> None:
    with np.load(copied / VECTORS) as arrays:
        fewer = {name: arrays[name] for name in arrays.files if name != INT8}
    np.savez(copied / VECTORS, allow_pickle=False, **fewer)
    with pytest.raises(BundleError, match=r"has no golden vector model.int8.tflite"):
        check(copied)
    (copied / VECTORS).unlink()
    with pytest.raises(BundleError, match="export it again"):
        check(copied)


def test_file_without_a_runtime_is_listed_and_no_problem(bundle: Path) -> None:
    verification = check(bundle, "litert")
    assert verification.problems == []
    assert [one.path for one in verification.files if one.backend is None] == [
        "model.float32.onnx",
        "model.int8.onnx",
    ]
