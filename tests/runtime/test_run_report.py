"""What the renderers print, word for word."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from armlet.graph import Kind
from armlet.preprocessing import Preprocessing, table
from armlet.records import Layer, Prediction, Result
from armlet.runtime.latency import Latency
from armlet.runtime.model import Model
from armlet.runtime.report import JsonLines, Text, next_command
from armlet.runtime.session import InputSpec, Session, Tensor


class Silent:
    """A session of which only the description is wanted."""

    input = InputSpec(layout="NHWC", size=1, scale=None)
    classes = 2

    def run(self, tensor: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.zeros((1, self.classes), np.float32)


SESSION: Session = Silent()
PLAIN = Preprocessing(size=1, resize="crop", mean=(0, 0, 0), std=(1, 1, 1))
MODEL = Model(
    network="shufflenet_v2_x0_5",
    path=Path("out/model.int8.onnx"),
    precision="int8",
    backend="onnx",
    threads=2,
    session=SESSION,
    preprocessing=PLAIN,
    values=table(PLAIN, None),
    labels=["cat", "dog"],
    layers=[],
)
CAT = Result(
    path="photos/cat.png",
    top=[
        Prediction(index=0, label="cat", score=0.97654),
        Prediction(index=1, label="dog", score=0.02346),
    ],
    preprocess_ms=0.21,
    inference_ms=12.345,
)


def layer(name: str, operator: str, kind: Kind, macs: int, size: int, share: float) -> Layer:
    return Layer(
        name=name,
        operator=operator,
        kind=kind,
        macs=macs,
        parameters=0,
        bytes=size,
        median_us=share * 1600,
        share=share,
    )


LATENCY = Latency(
    layers=[
        layer("conv1.0", "Conv", "convolution", 663_552, 28_392, 0.5),
        layer("stage2.0.branch1.0", "Conv", "depthwise", 55_296, 31_032, 0.25),
        layer("stage2.0.shuffle", "ChannelShuffle", "shuffle", 0, 24_576, 0.125),
        layer("other", "QuantizeLinear, Transpose", "other", 0, 0, 0.125),
    ],
    total_us=1234.5,
    runs=50,
    backend="onnx",
    precision="int8",
    threads=2,
)

RESULTS = """\
shufflenet_v2_x0_5, int8, onnx, threads: 2

picture         preprocess   inference    score  label
photos/cat.png     0.21 ms    12.35 ms   97.7 %  cat
                                          2.3 %  dog
"""

LAYERS = """

layer               operator                   kind             us    share  mult-adds   bytes
conv1.0             Conv                       convolution   617.2   50.0 %    663,552  28,392
stage2.0.branch1.0  Conv                       depthwise     308.6   25.0 %     55,296  31,032
stage2.0.shuffle    ChannelShuffle             shuffle       154.3   12.5 %          0  24,576
other               QuantizeLinear, Transpose  other         154.3   12.5 %          0       0

all convolution                                              617.2   50.0 %    663,552  28,392
all depthwise                                                308.6   25.0 %     55,296  31,032
all shuffle                                                  154.3   12.5 %          0  24,576
all other                                                    154.3   12.5 %          0       0
whole model                                                 1234.5  100.0 %    718,848  84,000

Whole model: median of 50 runs (int8, onnx, threads: 2).
Shares: from 50 more runs with the runtime's profiler on, which
slows the model down; what it does between the operators of ONNX Runtime is left
out. A layer's us is its share of the whole model's time.
"""


def test_results_for_people() -> None:
    text = Text.for_paths([Path(CAT.path), Path("a.png")])
    assert "\n".join([*text.heading(MODEL), *text.result(CAT), ""]) == RESULTS


def test_columns_hold_the_title_of_short_paths() -> None:
    assert Text.for_paths([Path("a")]).heading(MODEL)[-1].startswith("picture  preprocess")


def test_path_that_is_no_text_can_be_shown() -> None:
    odd = replace(CAT, path="caf\udce9.png")
    text = Text.for_paths([Path(odd.path)])
    assert (
        "\n".join(text.result(odd)).encode().startswith("caf\N{REPLACEMENT CHARACTER}".encode())
    )


def test_path_with_a_line_break_stays_on_its_line() -> None:
    (first, _) = Text(width=9).result(replace(CAT, path="a\ncat.png"))
    assert first.startswith("a cat.png  ")


def test_layers_for_people() -> None:
    assert "\n".join(["", *Text(width=9).latency(LATENCY), ""]) == LAYERS


def test_json_is_one_object_a_line() -> None:
    renderer = JsonLines()
    assert renderer.heading(MODEL) == []
    for lines, record in (
        (renderer.result(CAT), CAT.to_json()),
        (renderer.latency(LATENCY), LATENCY.to_json()),
    ):
        (line,) = lines
        assert "\n" not in line
        assert json.loads(line) == record


def test_next_command(tmp_path: Path) -> None:
    where = str(tmp_path)
    assert next_command(tmp_path, "my cat.png", layers=False) == (
        f"next: edge-run classify {where} 'my cat.png' --layers"
    )
    assert next_command(tmp_path, "cat.png", layers=True) == (
        f"next: edge-run classify {where} cat.png --layers --json"
    )


def test_next_command_of_a_file_is_about_its_bundle(tmp_path: Path) -> None:
    path = tmp_path / "model.int8.tflite"
    path.write_bytes(b"")
    words = next_command(path, "cat.png", layers=False).split()
    assert words == ["next:", "edge-run", "classify", str(tmp_path), "cat.png", "--layers"]


def test_unknown_costs_are_no_numbers() -> None:
    unknown = replace(LATENCY.layers[0], macs=None)
    lines = Text(width=9).latency(replace(LATENCY, layers=[unknown, LATENCY.layers[1]]))
    assert lines[2].split()[-2:] == ["?", "28,392"]
    assert next(one for one in lines if one.startswith("whole")).split()[-2:] == ["?", "59,424"]
