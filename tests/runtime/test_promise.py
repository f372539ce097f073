import numpy as np
import pytest

from armlet.bundle import ModelFile
from armlet.records import Precision
from armlet.runtime.promise import promise_of

GOLDEN = np.array([[3.0, -4.0], [0.0, 20.0]], np.float32)


def file(precision: Precision) -> ModelFile:
    return ModelFile(path="m", format="onnx", precision=precision, sha256="", bytes=0)


@pytest.mark.parametrize(
    ("precision", "exact", "words", "least_broken"),
    [
        ("int8", True, "bit for bit", 1e-30),
        ("int8", False, "15 dB or better", 2.0),
        ("float32", True, "within 0.002", 0.0021),
        ("float16", False, "within 0.002", 0.0021),
    ],
)
def test_promise_is_kept_up_to_its_limit(
    precision: Precision, exact: bool, words: str, least_broken: float
) -> None:
    promise = promise_of(file(precision), exact, {"tolerance": 0.002})
    assert str(promise) == words
    apart = np.zeros(GOLDEN.shape)
    assert promise.kept(GOLDEN, apart)
    apart[:] = least_broken
    assert not promise.kept(GOLDEN, apart)
    apart[0, 0] = np.inf
    assert not promise.kept(GOLDEN, apart)


def test_nothing_is_promised_where_the_manifest_says_nothing() -> None:
    with pytest.raises(KeyError):
        promise_of(file("float32"), False, {})
