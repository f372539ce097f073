"""What the renderers print, word for word."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armlet.bundle import open_bundle
from armlet.preprocessing import Preprocessing, table
from armlet.records import Kind, Layer
from armlet.runtime.conditions import Cluster, Conditions, Measured
from armlet.runtime.latency import Latency
from armlet.runtime.layer_table import layer_table
from armlet.runtime.model import Model
from armlet.runtime.options import NO_FOREIGN_OPTIONS, ForeignOptions
from armlet.runtime.report import JsonLines, Text, next_command, next_profile
from armlet.runtime.result import Prediction, Result
from armlet.runtime.session import InputSpec, Session, Tensor


class Silent:
    """A session of which only the description is wanted."""

    input = InputSpec(layout="NHWC", height=1, width=1, scale=None)
    classes = 2
    probabilities = False

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


BEFORE = Conditions(
    governor="ondemand",
    clusters=[Cluster(cores="0 1 2 3", mhz=600.0, max_mhz=1800.0)],
    celsius=45.0,
    throttling=None,
    load=0.25,
    cores=4,
)
AFTER = replace(
    BEFORE, clusters=[Cluster(cores="0 1 2 3", mhz=1800.0, max_mhz=1800.0)], celsius=51.5
)
MEASURED = Measured(threads=2, before=BEFORE, after=AFTER)


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
    network="shufflenet_v2_x0_5",
    file="model.int8.onnx",
    conditions=MEASURED,
    total_us=1234.5,
    runs=50,
    backend="onnx",
    precision="int8",
    threads=2,
)

RESULTS = """\
shufflenet_v2_x0_5, model.int8.onnx, int8, onnx, threads: 2

picture         preprocess   inference    score  label
photos/cat.png     0.21 ms    12.35 ms   97.7 %  cat
                                          2.3 %  dog
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
    assert Text(width=9).latency(LATENCY) == ["", *layer_table(LATENCY)]


def test_conditions_for_people() -> None:
    assert Text(width=9).conditions(MEASURED) == [
        "",
        "governor ondemand, 600 -> 1800 MHz, 45.0 -> 51.5 °C, load 0.2",
    ]


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


@pytest.fixture
def bundled(bundle: Path) -> Model:
    return replace(MODEL, bundle=open_bundle(bundle)[0])


def test_next_command(bundle: Path, bundled: Model) -> None:
    assert next_command(bundled, NO_FOREIGN_OPTIONS, "my cat.png", layers=False) == (
        f"next: edge-run classify {bundle} 'my cat.png' --layers"
    )
    assert next_command(bundled, NO_FOREIGN_OPTIONS, "cat.png", layers=True) == (
        f"next: edge-run profile {bundle} --heaviest"
    )


def test_next_command_of_a_bare_file_opens_it_again() -> None:
    foreign = ForeignOptions(input_size=96, layout="NCHW", mean=(0, 0, 0))
    assert next_command(MODEL, foreign, "cat.png", layers=False) == (
        "next: edge-run profile out/model.int8.onnx --input-size 96 --layout NCHW"
    )
    assert next_profile(MODEL, foreign, heaviest=True, compared=False) == (
        "next: edge-run profile out/model.int8.onnx --input-size 96 --layout NCHW --csv"
    )


def test_next_command_survives_names_like_options(bundled: Model) -> None:
    foreign = ForeignOptions(labels=Path("labels.txt"))
    bare = replace(MODEL, path=Path("-net.onnx"))
    assert next_command(bare, foreign, "cat.png", layers=False) == (
        "next: edge-run profile ./-net.onnx --labels labels.txt"
    )
    assert " ./-cat.png --layers" in next_command(
        bundled, NO_FOREIGN_OPTIONS, "-cat.png", layers=False
    )


def test_next_profile(bundle: Path, bundled: Model) -> None:
    found = [
        next_profile(bundled, NO_FOREIGN_OPTIONS, heaviest, compared).split()[-1]
        for heaviest, compared in ((False, False), (True, False), (True, True))
    ]
    assert found == ["--heaviest", "--compare", "--csv"]
    assert bundled.bundle
    files = [file for file in bundled.bundle.manifest.files if file.precision == "int8"]
    alone = replace(bundled.bundle, manifest=replace(bundled.bundle.manifest, files=files))
    one = replace(bundled, bundle=alone)
    assert next_profile(one, NO_FOREIGN_OPTIONS, True, False).endswith("--csv")
