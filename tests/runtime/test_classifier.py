import math
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from armlet.errors import BackendError, ImageError, OptionError
from armlet.preprocessing import Picture, Preprocessing, decode, resize, table
from armlet.runtime.backends import onnx
from armlet.runtime.classifier import Classifier
from armlet.runtime.clock import Clock
from armlet.runtime.model import Model
from armlet.runtime.opening import open_classifier
from armlet.runtime.result import Result

LABELS = ("red", "green", "blue")
PLAIN = Preprocessing(size=2, resize="squash", mean=(0, 0, 0), std=(1, 1, 1))
RED = np.full((4, 4, 3), (255, 128, 0), np.uint8)


def ticking(*seconds: float) -> Clock:
    """A clock that shows these times, one after the other."""
    times: Iterator[float] = iter(seconds)
    return lambda: next(times)


def averages(folder: Path, *after: str) -> Model:
    """A model whose logits are the mean of R, G and B, with more operators behind."""
    chain = ["image", *(f"value{number}" for number in range(len(after) + 1)), "logits"]
    operators = ("GlobalAveragePool", "Flatten", *after)
    nodes = [
        helper.make_node(operator, [source], [result])
        for operator, (source, result) in zip(operators, pairwise(chain), strict=True)
    ]
    graph = helper.make_graph(
        nodes,
        "averages",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 2, 2])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return Model(
        network="averages",
        path=path,
        precision="float32",
        backend="onnx",
        threads=1,
        session=onnx.open(path, 1),
        preprocessing=PLAIN,
        values=table(PLAIN, None),
        labels=LABELS,
        layers=[],
    )


def test_result_of_a_picture(tmp_path: Path) -> None:
    clock = ticking(0.0, 1.0, 1.25, 1.25, 1.25, 1.75, 1.75)
    result = Classifier(averages(tmp_path), clock).classify(RED, top_k=2, logits=True)
    assert result.path == "array"
    assert result.conditions
    assert result.conditions.threads == 1
    assert (result.preprocess_ms, result.inference_ms) == (250.0, 500.0)
    assert result.logits == [1.0, float(np.float32(128 / 255)), 0.0]
    powers = [math.exp(value) for value in result.logits]
    assert [(one.index, one.label) for one in result.top] == [(0, "red"), (1, "green")]
    for one, power in zip(result.top, powers, strict=False):
        assert one.score == pytest.approx(power / sum(powers), rel=1e-12)


def test_logits_only_on_demand(tmp_path: Path) -> None:
    assert Classifier(averages(tmp_path)).classify(RED, top_k=1).logits is None


@pytest.mark.parametrize("operators", [("Log",), ("Neg", "Sqrt")], ids=["infinity", "nan"])
def test_answer_without_numbers_is_refused(tmp_path: Path, operators: tuple[str, ...]) -> None:
    model = averages(tmp_path, *operators)
    with pytest.raises(BackendError, match=r"model\.onnx answers array with NaN or infinity"):
        Classifier(model).classify(RED)


def test_broken_files_do_not_stop_the_rest(tmp_path: Path, photos: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"")
    paths = [broken, photos / "chelsea.png", tmp_path / "none.png", photos / "coffee.png"]
    classifier = Classifier(averages(tmp_path))
    outcomes = list(classifier.classify_files(paths, top_k=1, logits=True))
    assert [type(one) for one in outcomes] == [ImageError, Result, ImageError, Result]
    cat = outcomes[1]
    assert isinstance(cat, Result)
    assert cat.path == str(photos / "chelsea.png")
    small = resize(decode(photos / "chelsea.png"), PLAIN)
    assert cat.logits == pytest.approx((small.mean(axis=(0, 1)) / 255).tolist(), abs=1e-6)


def test_path_and_array_are_the_same_picture(bundle: Path, photos: Path) -> None:
    path = photos / "chelsea.png"
    with open_classifier(bundle) as classifier:
        by_path = classifier.classify(str(path), logits=True)
        by_array = classifier.classify(decode(path), logits=True)
        blue_first = decode(path)[..., ::-1]
        by_view = classifier.classify(blue_first[..., ::-1], logits=True)
    assert by_path.logits == by_array.logits == by_view.logits
    assert by_path.top[0].label == "cat"
    assert by_path.path == str(path)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
    ids=["grey", "alpha", "float", "empty"],
)
def test_array_that_is_no_picture(tmp_path: Path, array: Picture) -> None:
    with pytest.raises(ImageError, match=r"is no picture; give uint8, \(height, width, 3\)"):
        Classifier(averages(tmp_path)).classify(array)


def test_options_decide(bundle: Path) -> None:
    with open_classifier(bundle, backend="onnx", precision="float32", threads=1) as one:
        assert one.model.path.name == "model.float32.onnx"
        assert one.model.threads == 1
    with pytest.raises(OptionError, match="'tensorrt' is no backend; give one of litert, onnx"):
        open_classifier(bundle, backend="tensorrt")
    with pytest.raises(OptionError, match="'int4' is no precision; give"):
        open_classifier(bundle, precision="int4")  # type: ignore[arg-type]
    for threads in (0, 257):
        with pytest.raises(OptionError, match=f"{threads} threads; give 1 to 256"):
            open_classifier(bundle, threads=threads)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"resize": "stretch"},
        {"layout": "NHCW"},
        {"std": (0, 0, 0)},
        {"std": (-1, 1, 1)},
        {"std": (math.nan, 1, 1)},
        {"mean": (math.inf, 0, 0)},
        {"mean": 0.5},
        {"mean": (0.1, 0.2, 0.3, 0.4)},
        {"input_size": 0},
        {"input_size": 5000},
    ],
)
def test_nonsense_is_refused(bundle: Path, nonsense: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        open_classifier(bundle, **nonsense)


def test_counts_below_one_are_refused(tmp_path: Path) -> None:
    classifier = Classifier(averages(tmp_path))
    with pytest.raises(OptionError, match="top_k is 0; give 1 or more"):
        classifier.classify(RED, top_k=0)
    with pytest.raises(OptionError, match="runs is -1; give 1 or more"):
        classifier.profile(runs=-1)


def test_numpy_values_are_as_good(bundle: Path, tmp_path: Path) -> None:
    path = shutil.copy(bundle / "model.float32.tflite", tmp_path / "net.tflite")
    half: Any = np.full(3, 0.5)
    with open_classifier(path, mean=half, std=half) as classifier:
        assert classifier.model.preprocessing.mean == (0.5, 0.5, 0.5)


def test_name_with_a_zero_byte_is_a_broken_picture(tmp_path: Path, photos: Path) -> None:
    paths = ["a\0b.png", str(photos / "chelsea.png")]
    outcomes = list(Classifier(averages(tmp_path)).classify_files(paths))
    assert [type(one) for one in outcomes] == [ImageError, Result]


@pytest.mark.parametrize("backend", ["litert", "onnx"])
def test_several_threads_get_their_own_answers(bundle: Path, backend: str) -> None:
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (40, 40, 3), np.uint8) for _ in range(4)]
    with open_classifier(bundle, backend=backend, threads=1) as classifier:
        alone = [classifier.classify(one, logits=True).logits for one in pictures]
        with ThreadPoolExecutor(4) as pool:
            together = list(
                pool.map(
                    lambda one: classifier.classify(one, logits=True).logits, pictures * 50
                )
            )
    assert together == alone * 50


def test_bare_file_takes_the_options_of_files_of_others(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    shutil.copy(bundle / "model.int8.tflite", path)
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join("abcdefghij"), encoding="utf-8")
    with open_classifier(path, labels=labels, resize="squash") as classifier:
        assert classifier.model.labels == list("abcdefghij")
        assert classifier.model.preprocessing.resize == "squash"


@pytest.mark.parametrize("backend", ["litert", "onnx"])
def test_profile(bundle: Path, photos: Path, backend: str) -> None:
    with open_classifier(bundle, backend=backend) as classifier:
        for picture in (None, photos / "chelsea.png"):
            latency = classifier.profile(runs=3, picture=picture)
            assert (latency.backend, latency.runs) == (backend, 3)
            assert latency.total_us > 0


def test_closed_classifier_says_so(bundle: Path) -> None:
    with open_classifier(bundle) as classifier:
        pass
    for use in (lambda: classifier.classify(RED), classifier.profile):
        with pytest.raises(ValueError, match="the classifier is closed"):
            use()


def test_interface_is_imported_when_it_is_asked_for() -> None:
    import armlet.runtime

    assert armlet.runtime.open_classifier is open_classifier
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = armlet.runtime.nothing
