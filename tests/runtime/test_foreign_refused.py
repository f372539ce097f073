"""What is no image classifier, is damaged or needs an option: one line that says so."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper

from armlet.runtime.cli import main
from tests.runtime import foreign_onnx, foreign_tflite

FLOAT = TensorProto.FLOAT


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), np.full((16, 16, 3), 99, np.uint8))
    return path


def refused(model: Path, image: Path, *options: str) -> str:
    """The one line that edge-run says."""
    arguments = ["classify", str(model), str(image), *options]
    done = CliRunner().invoke(main, arguments, prog_name="edge-run")
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    (line,) = done.stderr.splitlines()
    assert line.startswith("edge-run: ")
    assert "; " in line
    assert "report it" not in line
    return line


def graph(shape: Sequence[Any], *operators: str, kind: int = FLOAT, to: int = FLOAT) -> bytes:
    """An .onnx file whose input goes through operators that need nothing else."""
    names = ["image", *(f"value{number}" for number in range(len(operators)))]
    nodes = [
        helper.make_node(operator, [names[number]], [names[number + 1]])
        for number, operator in enumerate(operators)
    ]
    return foreign_onnx.written(
        nodes,
        [helper.make_tensor_value_info("image", kind, shape)],
        [helper.make_tensor_value_info(names[-1], to, None)],
    )


def onnx(**options: Any) -> bytes:
    return foreign_onnx.classifier(**options)


def tflite(element: str = "float32", **options: Any) -> bytes:
    return foreign_tflite.classifier(element, **options)


PICTURE = (1, 3, 16, 16)
ANY = {"height": "H", "width": "W"}
DETECTOR = {"names": "{0: 'cat'}", "task": "detect", "imgsz": "[16, 16]"}
NAMED = foreign_tflite.standard_metadata([0.0], [1.0], "labels.txt")
REFUSED = {
    "two outputs": (".tflite", tflite(outputs=2), [], "has 2 outputs (a detector?); give an"),
    "three outputs": (".onnx", onnx(outputs=3), [], "has 3 outputs (a detector?); give an"),
    "two inputs": (".tflite", tflite(inputs=2), [], "has 2 inputs; give an image classifier"),
    "inputs of onnx": (".onnx", onnx(inputs=2), [], "has 2 inputs; give an image classifier"),
    "task": (".onnx", onnx(metadata=DETECTOR), [], "was exported for the task detect; give"),
    "segmenter": (".onnx", graph(PICTURE, "Relu"), [], "of shape [1, 3, 16, 16], not with one"),
    "one number": (
        ".onnx",
        onnx(classes=1),
        [],
        "a tensor of shape [1, 1], not with one",
    ),
    "class numbers": (
        ".onnx",
        graph(PICTURE, "GlobalAveragePool", "ArgMax", to=TensorProto.INT64),
        [],
        "answers with tensor(int64), not a tensor of float",
    ),
    "half": (
        ".onnx",
        graph(PICTURE, "GlobalAveragePool", kind=TensorProto.FLOAT16, to=TensorProto.FLOAT16),
        [],
        "takes tensor(float16), not a tensor of float",
    ),
    "sequence": (".onnx", graph((1, 128), "Relu"), [], "[1, 128], not a batch of pictures"),
    "batch": (".onnx", onnx(batch=8), [], "[8, 3, 16, 16], 8 pictures at once; export it for"),
    "channels": (".onnx", onnx(channels=4), [], "has neither 3 channels (RGB) nor 1 (grey)"),
    "any size": (
        ".onnx",
        onnx(**ANY),
        [],
        "[1, 3, ?, ?], pictures of any size; say with --inp",
    ),
    "any size, tflite": (
        ".tflite",
        tflite(open_size=True),
        [],
        "of any size; say with --input-",
    ),
    "any layout": (
        ".onnx",
        onnx(channels="C", **ANY),
        [],
        "[1, ?, ?, ?]; say with --layout wh",
    ),
    "both layouts": (".onnx", onnx(width=3), [], "[1, 3, 16, 3]; say with --layout where its"),
    "layout": (".onnx", onnx(), ["--layout", "NHWC"], "which is not NHWC; drop --layout"),
    "size": (".onnx", onnx(), ["--input-size", "32"], "takes pictures of 16 x 16 pixels; drop"),
    "mean": (".onnx", onnx(), ["--mean", "0,0,0"], "--mean alone does not say how"),
    "std": (".tflite", tflite("int8"), ["--std", "1,1,1"], "--std alone does not say how"),
    "no scale": (
        ".onnx",
        foreign_onnx.casting(),
        ["--mean", "0,0,0", "--std", "1,1,1"],
        "doesn't tell their scale; drop --mean and --std",
    ),
    "no output scale": (
        ".onnx",
        graph(PICTURE, "Flatten", kind=TensorProto.UINT8, to=TensorProto.UINT8),
        [],
        "answers with uint8 whose scale it doesn't tell",
    ),
    "labels": (
        ".tflite",
        foreign_tflite.with_files(tflite(metadata=NAMED), labels_txt="cat\ndog"),
        [],
        "2 labels for {path} with 5 classes; give --labels a file with 5 lines",
    ),
    "no labels": (".onnx", onnx(), ["--labels", "none.txt"], "none.txt: No such file or dir"),
    "precision": (".onnx", onnx(), ["--precision", "int8"], "--precision int8 contradicts"),
    "backend": (".onnx", onnx(), ["--backend", "litert"], "--backend litert does not run"),
    "empty": (".onnx", b"", [], "is not an ONNX file, or damaged; copy or export it again"),
    "empty tflite": (".tflite", b"", [], "is not a TFLite file; copy or export it again"),
    "text": (".onnx", b"version https://git-lfs\n" * 9, [], "is not an ONNX file, or damaged"),
    "onnx as tflite": (".tflite", onnx(), [], "is not a TFLite file; copy or export it again"),
    "tflite as onnx": (".onnx", tflite(), [], "is not an ONNX file, or damaged; copy or"),
    "other format": (".pt", b"PK", [], "is not a model file; give a folder that edge-export"),
    "no suffix": (
        "",
        tflite(),
        [],
        "is not a model file; give a folder that edge-export wrote",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path, image: Path) -> None:
    suffix, data, options, message = REFUSED[name]
    model = tmp_path / f"model{suffix}"
    model.write_bytes(data)
    assert message.format(path=model) in refused(model, image, *options)


def test_size_that_the_rest_of_the_network_does_not_take(tmp_path: Path, image: Path) -> None:
    model = tmp_path / "model.onnx"
    matrix = helper.make_tensor("m", FLOAT, [3 * 16 * 16, 2], np.zeros(3 * 16 * 16 * 2))
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("MatMul", ["flat", "m"], ["logits"]),
    ]
    source = helper.make_tensor_value_info("image", FLOAT, ["N", 3, "H", "W"])
    answer = helper.make_tensor_value_info("logits", FLOAT, ["N", 2])
    model.write_bytes(foreign_onnx.written(nodes, [source], [answer], [matrix]))
    line = refused(model, image, "--input-size", "20")
    assert "can't be run" in line
    assert "made for this --input-size" in line


@pytest.mark.parametrize("suffix", [".onnx", ".tflite"])
@pytest.mark.parametrize("part", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.999])
def test_truncated(tmp_path: Path, image: Path, suffix: str, part: float) -> None:
    data = onnx(metadata={"a": "b"})
    if suffix == ".tflite":
        data = foreign_tflite.with_files(tflite(metadata=NAMED), labels_txt="a\nb\nc\nd\ne")
    model = tmp_path / f"model{suffix}"
    model.write_bytes(data[: int(len(data) * part)])
    assert str(model) in refused(model, image)


@pytest.mark.parametrize(
    ("suffix", "installed", "extra"),
    [(".tflite", {"onnx"}, "litert"), (".onnx", {"litert", "tflite-runtime"}, "onnx")],
)
def test_other_runtime_is_installed(
    tmp_path: Path,
    image: Path,
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
    installed: set[str],
    extra: str,
) -> None:
    monkeypatch.setattr("armlet.runtime.model.installed_backends", lambda: installed)
    model = tmp_path / f"model{suffix}"
    model.write_bytes(tflite() if suffix == ".tflite" else onnx())
    line = refused(model, image)
    assert line.endswith(
        f"no installed runtime runs {model}; run pip install 'armlet[{extra}]'"
    )


def test_paths_that_lead_to_no_model(tmp_path: Path, image: Path) -> None:
    assert "does not exist; give a folder" in refused(tmp_path / "none.onnx", image)
    assert "is not a bundle (no manifest.json)" in refused(tmp_path, image)
    folder = tmp_path / "folder.onnx"
    folder.mkdir()
    assert "is not a bundle (no manifest.json)" in refused(folder, image)


@pytest.mark.parametrize("name", ["", "model.int8.tflite"])
def test_manifest_leaves_nothing_to_say(bundle: Path, image: Path, name: str) -> None:
    line = refused(bundle / name, image, "--resize", "pad", "--input-size", "32")
    manifest = bundle / "manifest.json"
    assert f"{manifest} says what --input-size, --resize would say; drop the option" in line
