import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from armlet.runtime.device import Device
from armlet.runtime.identity import has_tuning, prepared_path, tuning_path
from armlet.runtime.tuning_file import (
    NOTHING_FOUND,
    Found,
    PreparedFile,
    Setting,
    find_setting,
)
from armlet.storage import write_json

MODEL = "ab" * 32
HERE = Device(cpu="Cortex-A72", cores=4, runtimes={"litert": "2.3.0", "onnx": "1.28.0"})
SETTING = Setting(file="m", backend="onnx", precision="float32", threads=2)


def record(**changes: Any) -> Mapping[str, Any]:
    return {
        "schema": 2,
        "file": "m",
        "model": MODEL,
        "device": HERE.to_json(),
        "backend": "onnx",
        "precision": "float32",
        "threads": 2,
        **changes,
    }


def find(here: Device = HERE) -> Found:
    return find_setting(MODEL, look=lambda: here)


def nobody() -> Device:
    raise AssertionError("nobody should look")


def test_what_is_stored_is_found(cache: Path) -> None:
    assert not has_tuning(MODEL)
    write_json(tuning_path(MODEL), record(later="members that aren't known yet"))
    assert has_tuning(MODEL)
    assert tuning_path(MODEL).is_relative_to(cache)
    assert find() == Found(setting=SETTING)


def test_prepared_file_is_for_what_the_cores_can_do() -> None:
    prepared = {"sha256": "ef" * 32, "source": "cd" * 32}
    there = replace(HERE, features="dotprod")
    write_json(tuning_path(MODEL), record(device=there.to_json(), prepared=prepared))
    file = PreparedFile(path=prepared_path(MODEL), backend="onnx", **prepared)
    assert find(there) == Found(setting=SETTING, prepared=file)
    assert find(HERE) == Found(setting=SETTING)
    # Who tells nothing may be any.
    write_json(tuning_path(MODEL), record(prepared=prepared))
    assert find(HERE) == Found(setting=SETTING)


def test_nothing_there_costs_nothing(cache: Path) -> None:
    assert find_setting(MODEL, look=nobody) == NOTHING_FOUND
    cache.write_text("a file where the folder should be")
    assert find_setting(MODEL, look=nobody) == NOTHING_FOUND


def test_nobody_s_cache_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("ARMLET_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    assert find_setting(MODEL, look=nobody) == NOTHING_FOUND
    assert not has_tuning(MODEL)


@pytest.mark.parametrize(
    ("here", "words"),
    [
        (replace(HERE, cpu="Cortex-A76"), "it is for another processor (Cortex-A72)"),
        (replace(HERE, cores=2), "it is for 4 cores, not for 2"),
        (
            replace(HERE, runtimes={"litert": "2.3.1", "onnx": "1.28.0"}),
            "it is for other runtimes (litert 2.3.0, onnx 1.28.0)",
        ),
        (
            replace(HERE, runtimes={**HERE.runtimes, "tflite-runtime": "2.14"}),
            "it is for other runtimes (litert 2.3.0, onnx 1.28.0)",
        ),
    ],
)
def test_of_another_device(here: Device, words: str) -> None:
    write_json(tuning_path(MODEL), record())
    ignored = f"the tuning is ignored, {words}; run edge-run tune again"
    assert find(here) == Found(ignored=ignored)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is damaged"),
        (b"\xff\xfe", "is damaged"),
        (b"[]", "is damaged"),
        (b'"schema"', "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (json.dumps({"schema": 2}).encode(), "is damaged"),
        (json.dumps(record(schema=1)).encode(), "is of another armlet"),
        (json.dumps(record(model="cd" * 32)).encode(), "is of another model"),
        (json.dumps(record(backend="torch")).encode(), "is damaged"),
        (json.dumps(record(backend=["onnx"])).encode(), "is damaged"),
        (json.dumps(record(file=["m"])).encode(), "is damaged"),
        (json.dumps(record(precision="int4")).encode(), "is damaged"),
        (json.dumps(record(threads=0)).encode(), "is damaged"),
        (json.dumps(record(threads=True)).encode(), "is damaged"),
        (json.dumps(record(threads=1e9)).encode(), "is damaged"),
        (json.dumps(record(device=None)).encode(), "is damaged"),
        (json.dumps(record(prepared={"sha256": "ef" * 32})).encode(), "is damaged"),
        (json.dumps(record(device={**HERE.to_json(), "runtimes": []})).encode(), "is damaged"),
    ],
)
def test_corrupt_file(content: bytes, words: str) -> None:
    path = tuning_path(MODEL)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    found = find()
    assert found.setting is None
    assert found.ignored == f"the tuning is ignored, {path} {words}; run edge-run tune again"


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_no_file_at_all(make: Callable[[Path], None]) -> None:
    path = tuning_path(MODEL)
    path.parent.mkdir(parents=True)
    make(path)
    found = find()
    assert found.setting is None
    assert f"{path} can't be read" in (found.ignored or "")
