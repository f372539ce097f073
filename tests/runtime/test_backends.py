"""The backends, on the real bundle."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from armlet.bundle import Bundle, Format, open_bundle
from armlet.errors import BackendError
from armlet.preprocessing import Picture, decode, model_input, table
from armlet.records import Precision
from armlet.runtime.backends import BACKENDS, installed_backends, litert, load_backend, onnx
from armlet.runtime.backends import tflite_runtime as old
from armlet.runtime.session import Backend, Session

ALL: Sequence[Backend] = (litert, onnx, old)  # mypy checks the protocol here
RUNS_HERE: Sequence[Backend] = (litert, onnx)
PRECISIONS: Sequence[Precision] = ("float32", "int8")


@pytest.fixture(scope="module")
def opened(bundle: Path) -> Bundle:
    return open_bundle(bundle)[0]


@pytest.fixture(scope="module")
def pictures(photos: Path) -> Sequence[Picture]:
    """Twenty pieces of photos."""
    whole = [decode(photos / name) for name in ("astronaut.png", "chelsea.png", "coffee.png")]
    pieces = [
        piece
        for photo in whole
        for row in range(0, 300, 100)
        for column in range(0, 400, 150)
        if (piece := photo[row : row + 100, column : column + 100]).size
    ]
    return pieces[:20]


def format_of(backend: Backend) -> Format:
    return next(BACKENDS[name].format for name in BACKENDS if load_backend(name) is backend)


def session(
    bundle: Bundle, backend: Backend, precision: Precision, threads: int = 1
) -> Session:
    file = bundle.find(format_of(backend), precision)
    return backend.open(bundle.verified(file), threads)


def logits(
    bundle: Bundle, session: Session, pictures: Sequence[Picture]
) -> NDArray[np.float32]:
    spec = session.input
    preprocessing = bundle.manifest.preprocessing
    values = table(preprocessing, spec.scale)
    return np.concatenate(
        [session.run(model_input(one, preprocessing, values, spec.layout)) for one in pictures]
    )


def test_table_of_backends_leads_to_these_modules() -> None:
    assert [load_backend(name) for name in BACKENDS] == list(ALL)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("backend", RUNS_HERE)
def test_session_says_what_it_takes(
    opened: Bundle, backend: Backend, precision: Precision
) -> None:
    it = session(opened, backend, precision)
    assert (it.input.height, it.input.width) == opened.manifest.preprocessing.shape
    assert it.classes == len(opened.manifest.labels)
    formats: dict[Format, str] = {"onnx": "NCHW", "tflite": "NHWC"}
    assert it.input.layout == formats[format_of(backend)]
    assert (it.input.scale is not None) == ((backend, precision) == (litert, "int8"))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("backend", RUNS_HERE)
def test_logits_are_float32_and_do_not_depend_on_threads(
    opened: Bundle, pictures: Sequence[Picture], backend: Backend, precision: Precision
) -> None:
    one, two = (
        logits(opened, session(opened, backend, precision, threads), pictures)
        for threads in (1, 2)
    )
    assert one.shape == (len(pictures), len(opened.manifest.labels))
    assert one.dtype == np.float32
    assert np.array_equal(one, two)


def test_int8_agrees_bit_for_bit(opened: Bundle, pictures: Sequence[Picture]) -> None:
    by_onnx, by_litert = (
        logits(opened, session(opened, backend, "int8"), pictures) for backend in RUNS_HERE
    )
    assert np.array_equal(by_onnx, by_litert)
    assert len(np.unique(by_onnx.argmax(axis=1))) > 1  # it is not one answer for everything


def test_float32_agrees(opened: Bundle, pictures: Sequence[Picture]) -> None:
    by_onnx, by_litert = (
        logits(opened, session(opened, backend, "float32"), pictures) for backend in RUNS_HERE
    )
    assert np.abs(by_onnx - by_litert).max() <= 1e-4 * max(1, np.abs(by_onnx).max())


def test_answers_are_kept_when_the_session_runs_again(
    opened: Bundle, pictures: Sequence[Picture]
) -> None:
    for backend in RUNS_HERE:
        it = session(opened, backend, "float32")
        first = logits(opened, it, pictures[:1])
        kept = first.copy()
        logits(opened, it, pictures[1:2])
        assert np.array_equal(first, kept)


@pytest.mark.parametrize("backend", RUNS_HERE)
def test_loading_and_running_says_nothing_on_stderr(
    opened: Bundle,
    pictures: Sequence[Picture],
    backend: Backend,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for precision in PRECISIONS:
        logits(opened, session(opened, backend, precision), pictures[:1])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("backend", RUNS_HERE)
@pytest.mark.parametrize("data", [b"", b"no model" * 100])
def test_file_that_is_no_model(
    tmp_path: Path, backend: Backend, data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"model.{format_of(backend)}"
    path.write_bytes(data)
    with pytest.raises(BackendError, match="can't load") as raised:
        backend.open(path, 1)
    assert "\n" not in str(raised.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", BACKENDS)
def test_missing_runtime_names_the_command_that_installs_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend, package = load_backend(name), BACKENDS[name].package
    for module in [one for one in sys.modules if one.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    assert name not in installed_backends()
    with pytest.raises(BackendError) as raised:
        backend.open(Path("model"), 1)
    assert str(raised.value).endswith(f"run pip install 'armlet[{name}]'")
