from collections.abc import Sequence
from pathlib import Path

import pytest

from armlet.bundle import Bundle, Manifest, ModelFile
from armlet.errors import ArmletError, BackendError, BundleError, OptionError
from armlet.preprocessing import Preprocessing
from armlet.records import Precision
from armlet.runtime.choice import Choice, Wish, choose

ALL = ["model.float32.onnx", "model.float32.tflite", "model.int8.onnx", "model.int8.tflite"]
EVERY = frozenset({"litert", "onnx", "tflite-runtime"})


def file(path: str) -> ModelFile:
    precision: Precision = "int8" if "int8" in path else "float32"
    if path.endswith("onnx"):
        return ModelFile(path=path, format="onnx", precision=precision, sha256="", bytes=0)
    return ModelFile(path=path, format="tflite", precision=precision, sha256="", bytes=0)


def pick(
    *,
    files: Sequence[str] = ALL,
    named: str | None = None,
    installed: frozenset[str] = EVERY,
    backend: str | None = None,
    precision: Precision | None = None,
) -> Choice:
    manifest = Manifest(
        network="net",
        files=[file(path) for path in files],
        labels=[],
        preprocessing=Preprocessing(size=1, resize="crop", mean=(0, 0, 0), std=(1, 1, 1)),
        layers=[],
        layers_int8=[],
        versions={},
        options={},
        check={},
        accuracy={},
    )
    return choose(
        Bundle(folder=Path("out"), manifest=manifest),
        file(named) if named else None,
        Wish(backend=backend, precision=precision),
        installed,
    )


def chosen(path: str, backend: str) -> Choice:
    return Choice(file=file(path), backend=backend)


def test_default_is_int8_on_the_first_backend() -> None:
    assert pick() == chosen("model.int8.tflite", "litert")


def test_only_installed_backends_are_defaults() -> None:
    assert pick(installed=frozenset({"onnx"})) == chosen("model.int8.onnx", "onnx")
    old = frozenset({"tflite-runtime"})
    assert pick(installed=old) == chosen("model.int8.tflite", "tflite-runtime")


def test_float_where_there_is_no_int8() -> None:
    assert pick(files=ALL[:1]) == chosen("model.float32.onnx", "onnx")


def test_options_decide() -> None:
    assert pick(backend="onnx") == chosen("model.int8.onnx", "onnx")
    assert pick(precision="float32") == chosen("model.float32.tflite", "litert")
    both = pick(backend="tflite-runtime", precision="float32")
    assert both == chosen("model.float32.tflite", "tflite-runtime")


def test_backend_that_is_asked_for_need_not_be_installed() -> None:
    assert pick(backend="onnx", installed=frozenset()).backend == "onnx"


def test_named_file_decides() -> None:
    assert pick(named="model.float32.onnx") == chosen("model.float32.onnx", "onnx")
    assert pick(
        named="model.float32.tflite", backend="tflite-runtime", precision="float32"
    ) == (chosen("model.float32.tflite", "tflite-runtime"))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"named": "model.int8.onnx", "precision": "float32"},
            OptionError,
            "--precision float32 contradicts model.int8.onnx",
        ),
        (
            {"named": "model.int8.onnx", "backend": "litert"},
            OptionError,
            "--backend litert does not run model.int8.onnx",
        ),
        (
            {"files": ALL[2:], "precision": "float32"},
            BundleError,
            "out has no float32 onnx file, only model.int8.onnx, model.int8.tflite",
        ),
        (
            {"files": ALL[::2], "backend": "litert"},
            BundleError,
            "out has no int8 tflite file, only model.float32.onnx, model.int8.onnx",
        ),
        (
            {"installed": frozenset(), "precision": "int8"},
            BackendError,
            "no installed runtime runs model.int8.onnx or model.int8.tflite; "
            "run pip install 'armlet[litert]' or 'armlet[onnx]'",
        ),
        (
            {"named": "model.int8.onnx", "installed": frozenset({"litert"})},
            BackendError,
            "no installed runtime runs model.int8.onnx; run pip install",
        ),
    ],
)
def test_refusals(arguments: dict[str, object], error: type[ArmletError], message: str) -> None:
    with pytest.raises(error) as raised:
        pick(**arguments)  # type: ignore[arg-type]  # the table above is heterogeneous
    assert message in str(raised.value)
