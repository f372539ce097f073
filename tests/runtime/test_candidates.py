from collections.abc import Sequence
from pathlib import Path

import pytest

from armlet.errors import ArmletError, BackendError, BundleError, OptionError
from armlet.records import Precision
from armlet.runtime import candidates
from armlet.runtime.candidates import find_candidates, open_candidates, thread_counts
from armlet.runtime.choice import Wish
from armlet.runtime.options import NO_FOREIGN_OPTIONS, ForeignOptions
from tests.runtime import foreign_tflite

ANY = Wish(backend=None, precision=None)


def found(
    model: Path, wish: Wish = ANY, threads: Sequence[int] = (1,)
) -> list[tuple[str, ...]]:
    every = find_candidates(model, wish, threads, NO_FOREIGN_OPTIONS)
    return [(one.path.name, one.backend, one.precision, str(one.threads)) for one in every]


@pytest.mark.parametrize(
    ("cores", "counts"),
    [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (4, [1, 2, 4]), (6, [1, 2, 4, 6])],
)
def test_numbers_of_threads(cores: int, counts: Sequence[int]) -> None:
    assert thread_counts(cores) == counts


def test_every_file_on_its_runtime_with_each_number_of_threads(bundle: Path) -> None:
    assert found(bundle, threads=(1, 3)) == [
        (file, "onnx" if file.endswith("onnx") else "litert", file.split(".")[1], threads)
        for file in (
            *("model.float32.onnx", "model.float32.tflite", "model.float16.tflite"),
            *("model.int8.onnx", "model.int8.tflite", "model.float32.rotated.tflite"),
            *("model.float16.rotated.tflite", "model.int8.rotated.tflite"),
        )
        for threads in ("1", "3")
    ]


@pytest.mark.parametrize(
    ("file", "backend", "precision", "files"),
    [
        ("", "onnx", None, ["model.float32.onnx", "model.int8.onnx"]),
        (
            *("", None, "int8"),
            ["model.int8.onnx", "model.int8.tflite", "model.int8.rotated.tflite"],
        ),
        ("", "litert", "int8", ["model.int8.tflite", "model.int8.rotated.tflite"]),
        ("model.float32.onnx", None, None, ["model.float32.onnx"]),
    ],
)
def test_wish_and_name_leave_others_out(
    bundle: Path, file: str, backend: str | None, precision: Precision, files: Sequence[str]
) -> None:
    wish = Wish(backend=backend, precision=precision)
    assert [name for name, *_ in found(bundle / file, wish)] == files


def test_bare_file(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(foreign_tflite.classifier("uint8"))
    assert found(path, threads=(1, 2)) == [
        ("net.tflite", "litert", "int8", threads) for threads in ("1", "2")
    ]
    foreign = ForeignOptions(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    opened = open_candidates(find_candidates(path, ANY, [1, 2], foreign), foreign)
    assert [model.threads for model in opened.models] == [1, 2]
    assert opened.models[0].preprocessing.mean == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("file", "backend", "error", "words"),
    [
        ("gone", None, BundleError, "does not exist"),
        ("model.int8.onnx", "litert", OptionError, "does not run"),
        ("manifest.json", None, BundleError, "is not a model file"),
    ],
)
def test_nothing_to_measure(
    bundle: Path, file: str, backend: str | None, error: type[ArmletError], words: str
) -> None:
    with pytest.raises(error, match=words):
        found(bundle / file, Wish(backend=backend, precision=None))


def test_runtime_that_is_installed_and_broken_does_not_stop_the_others(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody has installed it here, so it fails when it is imported.
    installed = frozenset({"litert", "tflite-runtime"})
    monkeypatch.setattr(candidates, "installed_backends", lambda: installed)
    every = find_candidates(bundle, ANY, [1, 2], NO_FOREIGN_OPTIONS)
    assert len(every) == 6 * 2 * 2
    opened = open_candidates(every, NO_FOREIGN_OPTIONS)
    assert {model.backend for model in opened.models} == {"litert"}
    assert len(opened.models) == 6 * 2
    assert len(opened.problems) == 6
    assert all("tflite_runtime" in problem for problem in opened.problems)
    broken = [one for one in every if one.backend == "tflite-runtime"]
    with pytest.raises(BackendError, match="tflite_runtime"):
        open_candidates(broken, NO_FOREIGN_OPTIONS)
