"""``edge-run tune``, and the other commands after it, as a user meets them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from armlet.runtime.cli import main
from armlet.runtime.identity import tuning_path
from tests.runtime import foreign_tflite

FEW = ("--runs", "2", "--threads", "1")


def edge_run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)], prog_name="edge-run")


def stored(cache: Path) -> Mapping[str, Any]:
    (path,) = (cache / "tuning").iterdir()
    record: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def test_table_and_verdict(bundle: Path, cache: Path) -> None:
    done = edge_run("tune", bundle, *FEW, "--force")
    assert done.exit_code == 0, done.output
    *table, best, verdict = done.stdout.splitlines()
    assert sum(one.split()[-1] == "best" for one in table if one) == 1
    record = stored(cache)
    assert best.startswith(f"best here: model.{record['precision']}.")
    assert best.endswith(f" on {record['backend']}, threads: 1")
    assert verdict == record["verdict"]
    assert verdict.startswith(("int8 is ", "float16 is "))  # whichever is fastest
    assert done.stderr == f"next: edge-run classify {bundle} photo.jpg\n"


def test_json_is_what_is_stored(bundle: Path, cache: Path) -> None:
    done = edge_run("tune", bundle, *FEW, "--force", "--json")
    assert done.exit_code == 0
    assert done.stderr == ""
    assert json.loads(done.stdout) == stored(cache)


def test_classify_and_profile_use_it(bundle: Path, photos: Path) -> None:
    cat = photos / "chelsea.png"
    before = edge_run("classify", bundle, cat).stdout
    assert "tuned" not in before
    edge_run("tune", bundle, *FEW, "--force", "--precision", "float32", "--backend", "onnx")
    heading = edge_run("classify", bundle, cat).stdout.splitlines()[0]
    assert heading.endswith(", float32, onnx, threads: 1, tuned")
    assert (
        edge_run("classify", bundle, cat, "--precision", "int8")
        .stdout.splitlines()[0]
        .endswith(", int8, onnx, threads: 1, tuned")
    )
    latency = json.loads(edge_run("profile", bundle, "--runs", "1", "--json").stdout)
    assert [latency[one] for one in ("backend", "precision", "threads")] == [
        "onnx",
        "float32",
        1,
    ]
    compared = json.loads(
        edge_run("profile", bundle, "--runs", "1", "--json", "--compare").stdout
    )
    assert [(one["precision"], one["threads"]) for one in compared["profiles"]] == [
        ("float32", 1),
        ("int8", 1),
    ]


def test_busy_device_stores_nothing(
    bundle: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = ["the device was busy (load 9.0, 2 cores)"]
    monkeypatch.setattr("armlet.runtime.benchmark.doubts", lambda measured: busy)
    done = edge_run("tune", bundle, *FEW)
    assert done.exit_code == 1
    assert f"NOT VALID: {busy[0]}" in done.stdout
    assert done.stderr == (
        f"edge-run: nothing is stored, since {busy[0]}; "
        "let the device rest for a minute and run it again, or add --force\n"
    )
    assert not cache.exists()


def test_tuning_of_another_device_is_one_warning(
    bundle: Path, photos: Path, cache: Path
) -> None:
    edge_run("tune", bundle, *FEW, "--force")
    record = {**stored(cache), "device": {"cpu": "Z80", "cores": 1, "runtimes": {}}}
    tuning_path(str(record["model"])).write_text(json.dumps(record), encoding="utf-8")
    done = edge_run("classify", bundle, photos / "chelsea.png", "--json")
    assert done.exit_code == 0
    assert done.stderr == (
        "edge-run: the tuning is ignored, it is for another processor (Z80); "
        "run edge-run tune again\n"
    )
    # Who says everything is told nothing.
    given = ("--backend", "onnx", "--precision", "int8", "--threads", "1", "--json")
    assert edge_run("classify", bundle, photos / "chelsea.png", *given).stderr == ""


def test_bare_file(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "open.tflite"
    path.write_bytes(foreign_tflite.classifier("float32", open_size=True))
    done = edge_run("tune", path, *FEW, "--force", "--input-size", "20")
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith("only float32 was measured, so there is nothing to compare\n")
    assert stored(cache)["backend"] == "litert"
    assert done.stderr.splitlines()[-1] == (
        f"next: edge-run classify {path} photo.jpg --input-size 20"
    )
