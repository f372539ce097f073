"""``edge-run bench`` as a user meets it."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from armlet.runtime.cli import main
from armlet.runtime.options import available_cores
from tests.runtime import foreign_tflite

FEW = ("--runs", "2")


def edge_run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["bench", *map(str, arguments)], prog_name="edge-run")


def test_table(bundle: Path) -> None:
    done = edge_run(bundle, *FEW, "--threads", "1")
    assert done.exit_code == 0, done.output
    heading, _, titles, *rows = done.stdout.splitlines()
    assert heading.endswith(", 2 runs of each, taking turns")
    assert titles.split()[:4] == ["file", "runtime", "precision", "threads"]
    assert [one.split()[:4] for one in rows[2:6]] == [
        ["model.float16.tflite", "litert", "float16", "1"],
        ["model.int8.onnx", "onnx", "int8", "1"],
        ["model.int8.tflite", "litert", "int8", "1"],
        ["model.float32.rotated.tflite", "litert", "float32", "1"],
    ]
    assert sum(one.endswith("  fastest") for one in rows) == 1
    assert done.stderr == f"next: edge-run tune {bundle}\n"


def test_json_is_one_object(bundle: Path) -> None:
    done = edge_run(bundle, *FEW, "--json", "--precision", "int8", "--backend", "litert")
    assert done.stderr == ""
    record = json.loads(done.stdout)
    assert record["valid"] is (not record["reasons"])
    assert record["conditions"]["threads"] == available_cores()
    assert {(one["backend"], one["precision"]) for one in record["rows"]} == {
        ("litert", "int8")
    }
    threads = [one["threads"] for one in record["rows"]]
    assert (threads[0], threads[-1]) == (1, available_cores())


def test_bare_file_and_what_is_assumed_of_it(tmp_path: Path) -> None:
    path = tmp_path / "open.tflite"
    path.write_bytes(foreign_tflite.classifier("float32", open_size=True))
    done = edge_run(path, *FEW, "--input-size", "20")
    assert done.exit_code == 0, done.output
    said, following = done.stderr.splitlines()
    assert said.startswith("edge-run: assumed ")
    assert following == f"next: edge-run tune {path} --input-size 20"


def test_file_with_an_odd_name_is_one_line_of_the_table(tmp_path: Path) -> None:
    path = tmp_path / "odd\nname.tflite"
    path.write_bytes(foreign_tflite.classifier("uint8"))
    done = edge_run(path, *FEW, "--threads", "1")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[3].startswith("odd name.tflite  litert")


def test_broken_runtime_is_said_and_fails(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = frozenset({"litert", "tflite-runtime"})  # the latter isn't
    monkeypatch.setattr("armlet.runtime.candidates.installed_backends", lambda: installed)
    done = edge_run(bundle / "model.int8.tflite", *FEW, "--json", "--threads", "1")
    record = json.loads(done.stdout)
    assert [one["backend"] for one in record["rows"]] == ["litert"]
    (problem,) = record["problems"]
    assert done.stderr == f"edge-run: {problem}\n"
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere"], 1, "nowhere does not exist; give a folder"),
        (["{bundle}", "--runs", "0"], 2, "0 is not in the range"),
        (["{bundle}", "--threads", "257"], 2, "257 is not in the range"),
        (["{bundle}", "--labels", "a.txt"], 1, "what --labels would say; drop"),
        (["{bundle}/model.int8.onnx", "--precision", "float32"], 1, "contradicts"),
    ],
)
def test_bad_input_is_one_line(
    bundle: Path, arguments: Sequence[str], code: int, message: str
) -> None:
    done = edge_run(*(one.format(bundle=bundle) for one in arguments))
    assert done.exit_code == code
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert message in lines[-1]
    assert len(lines) == 1
    assert code == 1 or lines[0].endswith("; see edge-run bench --help")
