from dataclasses import replace
from pathlib import Path

import pytest

from armlet.errors import OptionError
from armlet.runtime.comparison import beside
from armlet.runtime.model import open_model
from armlet.runtime.options import NO_FOREIGN_OPTIONS, PRECISION, ModelOptions

NOTHING = ModelOptions(backend=None, precision=None, threads=1, foreign=NO_FOREIGN_OPTIONS)


@pytest.mark.parametrize(
    ("compare", "backend", "precision"),
    [
        (PRECISION, "litert", "float32"),
        ("float32", "litert", "float32"),
        ("onnx", "onnx", "int8"),
    ],
)
def test_all_else_stays_the_same(
    bundle: Path, compare: str, backend: str, precision: str
) -> None:
    for path in (bundle, bundle / "model.int8.tflite"):
        opened = open_model(path, NOTHING.wish, 1)
        options, where = beside(NOTHING, path, opened, compare)
        assert (options.backend, options.precision) == (backend, precision)
        assert where == bundle


@pytest.mark.parametrize("compare", ["int8", "litert"])
def test_what_runs_already_is_nothing_to_compare_with(bundle: Path, compare: str) -> None:
    opened = open_model(bundle, NOTHING.wish, 1)
    with pytest.raises(OptionError, match=f"--compare {compare} is what .* already; name"):
        beside(NOTHING, bundle, opened, compare)


def test_bare_file_has_no_other_precision(bundle: Path) -> None:
    opened = replace(open_model(bundle, NOTHING.wish, 1), bundle=None)
    path = Path("net.tflite")
    with pytest.raises(OptionError, match=r"net\.tflite stands alone, .* float32"):
        beside(NOTHING, path, opened, PRECISION)
    assert beside(NOTHING, path, opened, "tflite-runtime")[1] == path
    with pytest.raises(OptionError, match=r"--compare onnx does not run net\.tflite; name"):
        beside(NOTHING, path, opened, "onnx")
