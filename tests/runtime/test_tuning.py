import json
from dataclasses import replace
from pathlib import Path

import pytest

from armlet.errors import MeasurementError, OutputError
from armlet.runtime.benchmark import Benchmark
from armlet.runtime.choice import Wish
from armlet.runtime.conditions import Conditions, Measured
from armlet.runtime.device import read_device
from armlet.runtime.identity import identify_model
from armlet.runtime.model import Model, open_model
from armlet.runtime.opening import open_classifier
from armlet.runtime.tuning import Tuning, store, tune_model
from armlet.runtime.tuning_file import Setting, find_setting
from armlet.runtime.verify import verify_model
from tests.runtime import foreign_onnx
from tests.runtime.benchmarks import row

ANY = Wish(backend=None, precision=None)


def tuning(model: Path, backend: str = "onnx", *, load: float = 0.0) -> Tuning:
    """As if float32 with three threads had been the fastest."""
    moment = Conditions(
        governor=None, clusters=[], celsius=None, throttling=None, load=load, cores=2
    )
    rows = [row("float32", 1.0, threads=3), row("int8", 1.5), row("float32", 2.0)]
    benchmark = Benchmark(
        network="net",
        runs=5,
        rows=[
            replace(one, backend=backend, file=one.file.replace("tflite", "onnx"))
            for one in rows
        ],
        conditions=Measured(threads=3, before=moment, after=moment),
        problems=[],
        assumed=[],
    )
    return Tuning(identity=identify_model(model), device=read_device(), benchmark=benchmark)


def setting(model: Model) -> Setting:
    return Setting(
        file=model.path.name,
        backend=model.backend,
        precision=model.precision,
        threads=model.threads,
    )


def test_real_tuning_is_stored_and_found(bundle: Path) -> None:
    made = tune_model(bundle, Wish(backend="onnx", precision="int8"), 3, runs=2)
    assert find_setting(made.identity).setting is None
    path = store(made, force=True)
    assert json.loads(path.read_text(encoding="utf-8")) == made.to_json()
    wanted = Setting(file="model.int8.onnx", backend="onnx", precision="int8", threads=3)
    assert find_setting(made.identity).setting == wanted
    assert setting(open_model(bundle, ANY)) == wanted


def test_invalid_tuning_is_stored_only_by_force(bundle: Path, cache: Path) -> None:
    busy = tuning(bundle, load=1.5)
    with pytest.raises(MeasurementError) as caught:
        store(busy)
    assert caught.value.problem == (
        "nothing is stored, since the device was busy (load 1.5 before it, 2 cores)"
    )
    assert not cache.exists()
    assert store(busy, force=True).exists()


def test_place_that_cannot_be_written_to(bundle: Path, cache: Path) -> None:
    cache.touch()
    with pytest.raises(OutputError, match="set ARMLET_CACHE"):
        store(tuning(bundle))


def test_tuning_decides_what_the_options_leave_open(bundle: Path) -> None:
    store(tuning(bundle))
    opened = open_model(bundle, ANY)
    assert opened.tuning and opened.tuning.setting == setting(opened)
    assert setting(opened) == Setting(
        file="model.float32.onnx", backend="onnx", precision="float32", threads=3
    )
    with open_classifier(bundle) as classifier:
        assert setting(classifier.model) == setting(opened)


def test_each_option_wins_by_itself(bundle: Path) -> None:
    store(tuning(bundle))
    wishes = [
        (Wish(backend="litert", precision=None), None),
        (Wish(backend=None, precision="int8"), None),
        (ANY, 1),
    ]
    found = [setting(open_model(bundle, wish, threads)) for wish, threads in wishes]
    assert found == [
        Setting(
            file="model.float32.rotated.tflite",
            backend="litert",
            precision="float32",
            threads=3,
        ),
        Setting(file="model.int8.onnx", backend="onnx", precision="int8", threads=3),
        Setting(file="model.float32.onnx", backend="onnx", precision="float32", threads=1),
    ]


def test_tuning_is_not_looked_for_where_nothing_is_open(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armlet.runtime.model.has_tuning", lambda identity: 1 / 0)
    open_model(bundle, Wish(backend="onnx", precision="int8"), 1)


def test_tuning_that_leaves_no_file_gives_way(copied: Path) -> None:
    path = copied / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["files"] = [one for one in record["files"] if one["path"] != "model.int8.onnx"]
    path.write_text(json.dumps(record), encoding="utf-8")
    store(tuning(copied))
    opened = open_model(copied, Wish(backend=None, precision="int8"))
    assert setting(opened) == Setting(
        file="model.int8.rotated.tflite", backend="litert", precision="int8", threads=3
    )


def test_tuning_of_a_file_that_the_bundle_has_not(bundle: Path) -> None:
    path = store(tuning(bundle))
    record = json.loads(path.read_text(encoding="utf-8"))
    for file in ("gone.onnx", "model.float32.tflite"):
        path.write_text(json.dumps(record | {"file": file}), encoding="utf-8")
        found = open_model(bundle, ANY).tuning
        assert (
            found and found.ignored and "is damaged; run edge-run tune again" in found.ignored
        )


def test_tuning_of_the_bundle_is_not_that_of_its_files(bundle: Path) -> None:
    store(tuning(bundle))
    opened = open_model(bundle / "model.int8.tflite", ANY, 1)
    assert opened.tuning is None
    assert setting(opened) == Setting(
        file="model.int8.tflite", backend="litert", precision="int8", threads=1
    )


def test_verify_runs_everything_though_it_is_tuned(bundle: Path) -> None:
    store(tuning(bundle))
    assert len(verify_model(bundle, ANY).files) == 8


def test_bare_file(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(foreign_onnx.classifier())
    store(tuning(path))
    assert open_model(path, ANY).threads == 3
    assert open_model(path, ANY, 1).threads == 1
    path.write_bytes(foreign_onnx.classifier(batch="N"))
    assert open_model(path, ANY).tuning is None
