import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armlet.errors import BackendError
from armlet.preprocessing import decode
from armlet.runtime.backends import litert, onnx
from armlet.runtime.choice import Wish
from armlet.runtime.identity import prepared_path, tuning_path
from armlet.runtime.latency import measure_latency
from armlet.runtime.model import Model, open_model
from armlet.runtime.preparing import prepare
from armlet.runtime.session import Preparing
from armlet.runtime.tuning import Tuning, store, tune_model
from tests.runtime.benchmarks import row

ANY = Wish(backend=None, precision=None)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How ONNX Runtime's files were opened so far."""
    calls: list[str] = []

    def noted(name: str) -> Callable[..., object]:
        real = getattr(onnx, name)

        def call(*arguments: Any) -> object:
            session = real(*arguments)
            calls.append(name)
            return session

        return call

    for name in ("open", "open_prepared"):
        monkeypatch.setattr(onnx, name, noted(name))
    return calls


def tuned(bundle: Path) -> Tuning:
    """A stored tuning that found int8 on ONNX Runtime best."""
    made = tune_model(bundle, Wish(backend="onnx", precision="int8"), 1, runs=1)
    store(made, force=True)
    return made


def logits(model: Model, photos: Path) -> list[bytes]:
    names = ("chelsea.png", "rocket.jpg")
    pictures = [decode(photos / name) for name in names]
    return [model.session.run(model.tensor(one)).tobytes() for one in pictures]


def test_who_prepares() -> None:
    assert isinstance(onnx, Preparing)
    assert not isinstance(litert, Preparing)


@pytest.mark.parametrize("threads", [1, 2])
def test_answers_are_the_same_bits(
    bundle: Path, photos: Path, opened: list[str], threads: int
) -> None:
    wish = Wish(backend="onnx", precision="int8")
    plain = logits(open_model(bundle, wish, threads), photos)
    tuned(bundle)
    opened.clear()
    model = open_model(bundle, ANY, threads)
    assert opened == ["open_prepared"]
    assert logits(model, photos) == plain
    assert model.path == bundle / "model.int8.onnx"


def test_what_is_stored_is_its_hash(bundle: Path, cache: Path) -> None:
    made = tuned(bundle)
    path = prepared_path(made.identity)
    assert path.is_relative_to(cache)
    assert made.prepared is not None
    assert path.read_bytes() == made.prepared.data
    assert made.to_json()["prepared"] == made.prepared.to_json()


def test_other_files_are_opened_as_they_are(bundle: Path, opened: list[str]) -> None:
    tuned(bundle)
    opened.clear()
    open_model(bundle, Wish(backend=None, precision="float32"))
    open_model(bundle, Wish(backend="onnx", precision="int8"), 1)  # nothing is looked up
    assert opened == ["open", "open"]


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "spoil", [Path.unlink, damage, lambda path: (path.unlink(), path.mkdir())]
)
def test_damaged_or_gone(
    bundle: Path, opened: list[str], spoil: Callable[[Path], object]
) -> None:
    spoil(prepared_path(tuned(bundle).identity))
    opened.clear()
    model = open_model(bundle, ANY)
    assert opened == ["open"]
    assert model.tuning and model.tuning.ignored is None


def test_what_the_runtime_refuses(
    bundle: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned(bundle)

    def refuse(*_: object) -> None:
        raise BackendError("no", "go")

    monkeypatch.setattr(onnx, "open_prepared", refuse)
    opened.clear()
    open_model(bundle, ANY)
    assert opened == ["open"]


@pytest.mark.parametrize("features", ["less", None])
def test_processor_of_the_same_name_that_can_do_less(
    bundle: Path, opened: list[str], features: str | None
) -> None:
    path = tuning_path(tuned(bundle).identity)
    record = json.loads(path.read_text(encoding="utf-8"))
    record["device"]["features"] = features
    path.write_text(json.dumps(record), encoding="utf-8")
    opened.clear()
    model = open_model(bundle, ANY)
    assert model.tuning and model.tuning.setting  # which holds all the same
    assert opened == ["open"]


def test_new_tuning_removes_what_an_old_one_left(bundle: Path) -> None:
    made = tuned(bundle)
    store(replace(made, prepared=None), force=True)
    assert not prepared_path(made.identity).exists()
    assert tuning_path(made.identity).exists()


def test_only_what_gains_is_prepared(bundle: Path, tmp_path: Path) -> None:
    best = replace(row("int8", 1.0), backend="onnx", file="model.int8.onnx")
    assert prepare(bundle, best) is not None
    assert prepare(bundle / best.file, best) is not None
    assert prepare(bundle, row("int8", 1.0)) is None  # LiteRT's
    float32 = replace(row("float32", 1.0), backend="onnx", file="model.float32.onnx")
    assert prepare(bundle, float32) is None
    bare = shutil.copy(bundle / best.file, tmp_path)
    assert prepare(Path(bare), best) is None


def test_other_bits_or_failure_prepare_nothing(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = replace(row("int8", 1.0), backend="onnx", file="model.int8.onnx")
    assert prepare(bundle, best) is not None
    with monkeypatch.context() as patch:
        patch.setattr(
            onnx, "open_prepared", lambda path, threads, data: Other(onnx.open(path, 1))
        )
        assert prepare(bundle, best) is None
    monkeypatch.setattr(onnx, "prepare", lambda path, threads: b"no model")
    assert prepare(bundle, best) is None


class Other:
    """A session that answers a little otherwise."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def run(self, tensor: Any) -> Any:
        return np.nextafter(self.session.run(tensor), np.float32(1e9))


def test_profile_names_the_layers_of_the_file(bundle: Path) -> None:
    tuned(bundle)
    model = open_model(bundle, ANY)
    (latency,) = measure_latency([model], lambda: 0.0, 2)
    assert [one.name for one in latency.layers[:-1]] == [one.name for one in model.layers]
    assert latency.file == "model.int8.onnx"
