"""Other people's models: edge-run beside a plain loop around the raw runtime.

The weights are random; labels mean nothing here. See the two modules that write the models.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter
from click.testing import CliRunner
from click.testing import Result as Run
from numpy.typing import NDArray

from armlet.runtime.cli import main
from tests.runtime import foreign_onnx, foreign_tflite

Array = NDArray[Any]
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
OTHER = ((0.4, 0.5, 0.6), (0.2, 0.3, 0.25))
GIVEN = ("--mean", "0.4,0.5,0.6", "--std", "0.2,0.3,0.25")


def edge_run(*arguments: object) -> Run:
    return CliRunner().invoke(main, ["classify", *map(str, arguments)], prog_name="edge-run")


def picture(folder: Path, height: int, width: int) -> tuple[Path, Array]:
    """A picture of twice this size, and what halving makes of it."""
    random = np.random.default_rng(height * width)
    coarse = random.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    large = cv2.resize(coarse, (2 * width, 2 * height))
    path = folder / "picture.png"
    cv2.imwrite(str(path), large[..., ::-1])
    four = large.reshape(height, 2, width, 2, 3).astype(int).sum(axis=(1, 3))
    return path, ((four + 2) // 4).astype(np.uint8)


def normalized(pixels: Array, mean: Sequence[float], std: Sequence[float]) -> Array:
    result: Array = ((pixels / 255 - np.array(mean)) / np.array(std)).astype(np.float32)
    return result


def softmax(logits: Array) -> Array:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    result: Array = powers / powers.sum()
    return result


def by_tflite(path: Path, tensor: Array) -> Array:
    """The loop that users would write."""
    interpreter = Interpreter(model_path=str(path))
    (source,) = interpreter.get_input_details()
    if tuple(source["shape"]) != tensor.shape:
        interpreter.resize_tensor_input(source["index"], tensor.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(source["index"], tensor)
    interpreter.invoke()
    (answer,) = interpreter.get_output_details()
    raw: Array = interpreter.get_tensor(answer["index"])[0]
    scale, zero_point = answer["quantization"]
    return (raw.astype(np.float32) - zero_point) * np.float32(scale) if scale else raw


def by_onnx(path: Path, tensor: Array) -> Array:
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    (raw,) = session.run(None, {session.get_inputs()[0].name: tensor})
    if raw.dtype != np.float32:
        zero_point = foreign_onnx.OUTPUT_ZERO[raw.dtype.name]
        raw = (raw.astype(np.float32) - zero_point) * np.float32(foreign_onnx.OUTPUT_SCALE)
    result: Array = raw.reshape(-1)
    return result


def agrees(done: Run, expected: Array, probabilities: bool, labels: Sequence[str]) -> None:
    assert done.exit_code == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["logits"] == pytest.approx(expected.tolist(), rel=1e-5, abs=1e-5)
    order = np.argsort(-np.array(record["logits"], np.float32), kind="stable")
    assert [one["index"] for one in record["top"]] == order[:3].tolist()
    assert [one["label"] for one in record["top"]] == [labels[index] for index in order[:3]]
    scores = expected if probabilities else softmax(expected)
    assert [one["score"] for one in record["top"]] == pytest.approx(
        scores[order[:3]].tolist(), abs=2e-6
    )


@dataclass(frozen=True)
class Case:
    """A model, and how the plain loop makes its input."""

    suffix: str
    data: bytes
    element: str = "float32"
    height: int = 16
    width: int = 16
    layout: str = "NCHW"
    normal: tuple[Sequence[float], Sequence[float]] | None = None
    steps: tuple[float, int] = (1 / 255, 0)
    """Of an integer input that is normalised, in its own integers."""
    probabilities: bool = False
    labels: Sequence[str] | None = None
    options: Sequence[str] = ()
    assumed: str = ""

    def tensor(self, pixels: Array) -> Array:
        if self.normal is None:
            values = pixels.astype(int)
            values = values - 128 if self.element == "int8" else values
        else:
            values = normalized(pixels, *self.normal)
        if self.normal is not None and self.element != "float32":
            limits = np.iinfo(self.element)
            steps = np.rint(values / np.float32(self.steps[0])) + self.steps[1]
            values = np.clip(steps, limits.min, limits.max)
        tensor = values.astype(self.element)[None]
        ordered = tensor.transpose(0, 3, 1, 2) if self.layout == "NCHW" else tensor
        return np.ascontiguousarray(ordered)


def tflite(element: str = "float32", **options: Any) -> bytes:
    return foreign_tflite.classifier(element, **options)


def onnx(**options: Any) -> bytes:
    return foreign_onnx.classifier(**options)


NAMES = ["cat", "dog", "cow", "hen", "pig"]
STANDARD = foreign_tflite.standard_metadata
IN_PIXELS = STANDARD([127.5], [127.5], "labels.txt")
PLAIN = STANDARD([0.0], [1.0], "labels.txt")
MIXED = STANDARD([102, 127.5, 153], [51, 76.5, 63.75], "labels.txt")
ULTRALYTICS = {
    "names": str(dict(enumerate(NAMES))),
    "task": "classify",
    "imgsz": "[24, 32]",
    "stride": "1",
}
STEP, ZERO = foreign_tflite.PIXELS
CLASSES = [f"class {index}" for index in range(2000)]
NO_NAMES = ", pictures squashed to its size (--resize), no names (--labels)"
RAW = "raw {} pixels (--mean, --std)" + NO_NAMES
NET = "ImageNet's mean and deviation (--mean, --std)" + NO_NAMES
LITE = "pixels as (x - 127.5) / 127.5 (--mean, --std)" + NO_NAMES
CASES = {
    "tflite-float": Case(
        ".tflite", tflite(), layout="NHWC", normal=HALF, probabilities=True, assumed=LITE
    ),
    "tflite-float-logits-not-square": Case(
        ".tflite",
        tflite(softmax=False, height=24, width=32),
        height=24,
        width=32,
        layout="NHWC",
        normal=HALF,
        assumed=LITE,
    ),
    "tflite-float-any-size": Case(
        ".tflite",
        tflite(open_size=True),
        height=20,
        width=20,
        layout="NHWC",
        normal=HALF,
        probabilities=True,
        options=("--input-size", "20"),
        assumed=LITE,
    ),
    "tflite-float-metadata": Case(
        ".tflite",
        foreign_tflite.with_files(tflite(metadata=MIXED), labels_txt="\n".join(NAMES)),
        layout="NHWC",
        normal=OTHER,
        probabilities=True,
        labels=NAMES,
        options=("--resize", "squash"),
    ),
    "tflite-options-win-over-metadata": Case(
        ".tflite",
        foreign_tflite.with_files(tflite(metadata=IN_PIXELS), labels_txt="\n".join("vwxyz")),
        layout="NHWC",
        normal=OTHER,
        probabilities=True,
        labels=NAMES,
        options=(*GIVEN, "--resize", "squash", "--labels", "{labels}"),
    ),
    "tflite-1001-classes-1000-labels": Case(
        ".tflite",
        foreign_tflite.with_files(
            tflite("uint8", classes=1001, metadata=PLAIN), labels_txt="\n".join(CLASSES[:1000])
        ),
        element="uint8",
        layout="NHWC",
        probabilities=True,
        labels=["background", *CLASSES],
        assumed="pictures squashed to its size (--resize), the first of 1001 outputs to be "
        "background (--labels)",
    ),
    "tflite-1001-classes-float": Case(
        ".tflite",
        tflite(classes=1001),
        layout="NHWC",
        normal=HALF,
        probabilities=True,
        assumed=LITE,
    ),
    "onnx-dynamic-batch-and-size": Case(
        ".onnx",
        onnx(batch="N", height="H", width="W"),
        height=20,
        width=20,
        normal=IMAGENET,
        options=("--input-size", "20"),
        assumed=NET,
    ),
    "onnx-nothing-known": Case(
        ".onnx",
        onnx(layout="NHWC", batch="N", height="H", width="W", channels="C"),
        height=12,
        width=12,
        layout="NHWC",
        normal=IMAGENET,
        options=("--input-size", "12", "--layout", "NHWC"),
        assumed=NET,
    ),
    "onnx-three-pixels-wide": Case(
        ".onnx",
        onnx(width=3),
        width=3,
        normal=IMAGENET,
        options=("--layout", "NCHW"),
        assumed=NET,
    ),
    "onnx-softmax-1000": Case(
        ".onnx",
        onnx(softmax=True, classes=1000, batch="N"),
        normal=IMAGENET,
        probabilities=True,
        assumed=NET,
    ),
    "onnx-four-axes": Case(
        ".onnx", onnx(kept_axes=True), normal=OTHER, options=GIVEN, assumed=NO_NAMES[2:]
    ),
    "onnx-uint8-without-scale": Case(
        ".onnx",
        foreign_onnx.casting(),
        element="uint8",
        assumed=RAW.format("uint8"),
    ),
    "onnx-ultralytics": Case(
        ".onnx",
        onnx(softmax=True, batch="b", height="h", width="w", metadata=ULTRALYTICS),
        height=24,
        width=32,
        normal=((0, 0, 0), (1, 1, 1)),
        probabilities=True,
        labels=NAMES,
    ),
}
for _element in ("uint8", "int8"):
    _zero = ZERO - (128 if _element == "int8" else 0)
    for _softmax in (True, False):
        CASES[f"tflite-{_element}-softmax-{_softmax}"] = Case(
            ".tflite",
            tflite(_element, softmax=_softmax),
            element=_element,
            layout="NHWC",
            probabilities=_softmax,
            assumed=RAW.format(_element),
        )
    CASES[f"tflite-{_element}-metadata"] = Case(
        ".tflite",
        foreign_tflite.with_files(
            tflite(_element, metadata=MIXED, height=24, width=32), labels_txt="\n".join(NAMES)
        ),
        height=24,
        width=32,
        element=_element,
        layout="NHWC",
        normal=OTHER,
        steps=(STEP, _zero),
        probabilities=True,
        labels=NAMES,
        assumed="pictures squashed to its size (--resize)",
    )
    CASES[f"tflite-{_element}-options"] = Case(
        ".tflite",
        tflite(_element),
        element=_element,
        layout="NHWC",
        normal=OTHER,
        steps=(STEP, _zero),
        probabilities=True,
        options=GIVEN,
        assumed=NO_NAMES[2:],
    )
    for _layout in ("NCHW", "NHWC"):
        CASES[f"onnx-{_element}-{_layout}"] = Case(
            ".onnx",
            onnx(element=_element, result=_element, layout=_layout, opset=13),
            element=_element,
            layout=_layout,
            assumed=RAW.format(_element),
        )
        CASES[f"onnx-{_element}-{_layout}-options"] = Case(
            ".onnx",
            onnx(element=_element, layout=_layout, opset=21, softmax=True),
            element=_element,
            layout=_layout,
            normal=OTHER,
            steps=(foreign_onnx.INPUT_SCALE, foreign_onnx.INPUT_ZERO[_element]),
            probabilities=True,
            options=GIVEN,
            assumed=NO_NAMES[2:],
        )
for _opset in (9, 11, 13, 15, 17, 18, 21):
    for _layout in ("NCHW", "NHWC"):
        CASES[f"onnx-opset{_opset}-{_layout}"] = Case(
            ".onnx",
            onnx(opset=_opset, layout=_layout, height=24, width=32, softmax=_opset % 2 == 0),
            height=24,
            width=32,
            layout=_layout,
            normal=IMAGENET,
            probabilities=_opset % 2 == 0,
            assumed=NET,
        )


@pytest.mark.parametrize("name", CASES)
def test_equals_a_plain_loop_around_the_runtime(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    model = tmp_path / f"model{case.suffix}"
    model.write_bytes(case.data)
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(NAMES))
    image, pixels = picture(tmp_path, case.height, case.width)
    loop = by_tflite if case.suffix == ".tflite" else by_onnx
    expected = loop(model, case.tensor(pixels))
    assert np.ptp(expected) > 0
    options = [option.format(labels=labels) for option in case.options]
    done = edge_run(model, image, "--json", "--raw", "--top-k", 3, *options)
    agrees(done, expected, case.probabilities, case.labels or CLASSES)
    assert done.stderr == (f"edge-run: assumed {case.assumed}\n" if case.assumed else "")


@pytest.mark.parametrize("suffix", [".tflite", ".onnx"])
def test_grey_models_take_the_grey_of_a_picture(tmp_path: Path, suffix: str) -> None:
    model = tmp_path / f"grey{suffix}"
    model.write_bytes(tflite(channels=1) if suffix == ".tflite" else onnx(channels=1))
    image, pixels = picture(tmp_path, 16, 16)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    tensor = normalized(grey, 0.4, 0.2)  # type: ignore[arg-type]
    if suffix == ".tflite":
        expected = by_tflite(model, tensor[None, ..., None])
    else:
        expected = by_onnx(model, tensor[None, None])
    done = edge_run(model, image, "--json", "--raw", "--top-k", 3, *GIVEN)
    agrees(done, expected, suffix == ".tflite", CLASSES)


@pytest.mark.parametrize(
    "name",
    ["model.float32.onnx", "model.int8.onnx", "model.float32.tflite", "model.int8.tflite"],
)
def test_our_own_files_answer_alone_as_in_their_bundle(
    bundle: Path, photos: Path, tmp_path: Path, name: str
) -> None:
    alone = tmp_path / f"renamed{Path(name).suffix}"
    alone.write_bytes((bundle / name).read_bytes())
    image = photos / "chelsea.png"
    inside, outside = (
        edge_run(path, image, "--json", "--raw") for path in (bundle / name, alone)
    )
    assert (inside.exit_code, outside.exit_code, outside.stderr) == (0, 0, "")
    one, other = json.loads(inside.stdout), json.loads(outside.stdout)
    assert (one["logits"], one["top"]) == (other["logits"], other["top"])
