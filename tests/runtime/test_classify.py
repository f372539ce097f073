import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from armlet.errors import BackendError, ImageError
from armlet.preprocessing import Preprocessing, decode, resize, table
from armlet.records import Result
from armlet.runtime.backends import onnx
from armlet.runtime.classify import Answer, Clock, classify, classify_files, rank, softmax
from armlet.runtime.model import Model

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
    answer = Answer(top_k=2, logits=True)
    result = classify(averages(tmp_path), RED, "red.png", answer, ticking(1.0, 1.25, 1.75))
    assert (result.preprocess_ms, result.inference_ms) == (250.0, 500.0)
    assert result.logits == [1.0, float(np.float32(128 / 255)), 0.0]
    powers = [math.exp(value) for value in result.logits]
    assert [(one.index, one.label) for one in result.top] == [(0, "red"), (1, "green")]
    for one, power in zip(result.top, powers, strict=False):
        assert one.score == pytest.approx(power / sum(powers), rel=1e-12)


def test_logits_only_on_demand(tmp_path: Path) -> None:
    answer = Answer(top_k=1, logits=False)
    result = classify(averages(tmp_path), RED, "red.png", answer, ticking(0, 0, 0))
    assert result.logits is None


@pytest.mark.parametrize("operators", [("Log",), ("Neg", "Sqrt")], ids=["infinity", "nan"])
def test_answer_without_numbers_is_refused(tmp_path: Path, operators: tuple[str, ...]) -> None:
    model = averages(tmp_path, *operators)
    with pytest.raises(
        BackendError, match=r"model\.onnx answers red\.png with NaN or infinity"
    ):
        classify(model, RED, "red.png", Answer(top_k=1, logits=False), ticking(0, 0, 0))


def test_broken_files_do_not_stop_the_rest(tmp_path: Path, photos: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"")
    paths = [broken, photos / "chelsea.png", tmp_path / "none.png", photos / "coffee.png"]
    answer = Answer(top_k=1, logits=True)
    outcomes = list(classify_files(averages(tmp_path), paths, answer, lambda: 0.0))
    assert [type(one) for one in outcomes] == [ImageError, Result, ImageError, Result]
    cat = outcomes[1]
    assert isinstance(cat, Result)
    assert cat.path == str(photos / "chelsea.png")
    small = resize(decode(photos / "chelsea.png"), PLAIN)
    assert cat.logits == pytest.approx((small.mean(axis=(0, 1)) / 255).tolist(), abs=1e-6)


def test_softmax_does_not_overflow() -> None:
    scores = softmax(np.array([1000, 1000, -1000], np.float32))
    assert scores.dtype == np.float64
    assert scores.tolist() == [0.5, 0.5, 0.0]


def test_rank_gives_what_there_is_and_keeps_the_order_of_equals() -> None:
    logits = np.array([1, 2, 2], np.float32)
    top = rank(logits, softmax(logits), LABELS, 99)
    assert [one.label for one in top] == ["green", "blue", "red"]
    assert sum(one.score for one in top) == pytest.approx(1.0, rel=1e-12)
