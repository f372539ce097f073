"""``edge-run classify`` as a user meets it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from armlet.bundle import open_bundle
from armlet.runtime.cli import main

EDGE_RUN = Path(sys.executable).parent / "edge-run"


def edge_run(*arguments: str | Path) -> Result:
    """In this process; C and C++ output isn't seen."""
    return CliRunner().invoke(main, ["classify", *map(str, arguments)], prog_name="edge-run")


def process(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """In a process of its own; everything that it writes is seen."""
    return subprocess.run([EDGE_RUN, *arguments], capture_output=True, text=True)


def records(output: str) -> Sequence[Mapping[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture
def mixed(tmp_path: Path, photos: Path) -> Path:
    """A folder of good, broken and other files."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    for name in ("chelsea.png", "coffee.png", "rocket.jpg"):
        shutil.copy(photos / name, folder)
    (folder / "cut.png").write_bytes((photos / "coffee.png").read_bytes()[:90_000])
    (folder / "cut.jpg").write_bytes((photos / "rocket.jpg").read_bytes()[:50_000])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("no picture")
    (folder / "notes.txt").write_text("passed over")
    return folder


@pytest.mark.parametrize("backend", ["onnx", "litert"])
def test_the_cat_is_a_cat(bundle: Path, photos: Path, backend: str) -> None:
    done = process("classify", bundle, photos / "chelsea.png", "--backend", backend)
    heading, _, titles, first, *rest, _, conditions = done.stdout.splitlines()
    file = {"litert": "model.int8.rotated.tflite", "onnx": "model.int8.onnx"}[backend]
    assert heading.startswith(f"shufflenet_v2_x0_5, {file}, int8, {backend}, threads: ")
    assert titles.split() == ["picture", "preprocess", "inference", "score", "label"]
    assert first.startswith(str(photos / "chelsea.png"))
    assert first.endswith("%  cat")
    assert len(rest) == 4
    assert "load " in conditions
    assert done.stderr == (
        f"next: edge-run classify {bundle} {photos / 'chelsea.png'} --layers\n"
    )
    assert done.returncode == 0


def test_next_command_works(bundle: Path, photos: Path) -> None:
    first = process("classify", bundle, photos / "chelsea.png")
    _, command, *arguments = first.stderr.split()
    assert command == "edge-run"
    second = process(*arguments)
    assert "all of it, profiled" in second.stdout
    assert second.returncode == 0
    _, _, *arguments = second.stderr.split()
    assert arguments[0] == "profile"
    third = process(*arguments)
    assert third.stdout.startswith("layer ")
    assert third.returncode == 0


def test_json_lines(bundle: Path, photos: Path) -> None:
    paths = [photos / "chelsea.png", photos / "coffee.png"]
    done = process("classify", bundle, *paths, "--json", "--top-k", "3")
    assert (done.returncode, done.stderr) == (0, "")
    found = records(done.stdout)
    assert [record["path"] for record in found] == [str(path) for path in paths]
    for record in found:
        assert set(record) == {"path", "top", "preprocess_ms", "inference_ms", "conditions"}
        members = {"threads", "governor", "before", "after", "others"}
        assert set(record["conditions"]) == members
        assert [set(one) for one in record["top"]] == [{"index", "label", "score"}] * 3
        scores = [one["score"] for one in record["top"]]
        assert scores == sorted(scores, reverse=True)
        assert record["preprocess_ms"] > 0
        assert record["inference_ms"] > 0


def test_raw_logits_are_equal_on_both_runtimes(bundle: Path, photos: Path) -> None:
    labels = open_bundle(bundle)[0].manifest.labels
    by_onnx, by_litert = (
        records(
            edge_run(
                bundle, photos, "--backend", backend, "--json", "--raw", "--top-k", "1000"
            ).stdout
        )
        for backend in ("onnx", "litert")
    )
    assert len(by_onnx) > 20
    assert [one["logits"] for one in by_onnx] == [one["logits"] for one in by_litert]
    for record in by_onnx:
        assert len(record["logits"]) == len(record["top"]) == len(labels)
        best = record["logits"].index(max(record["logits"]))
        assert record["top"][0]["index"] == best
        assert record["top"][0]["label"] == labels[best]


def test_layers_end_the_json(bundle: Path, photos: Path) -> None:
    done = process("classify", bundle, photos / "chelsea.png", "--json", "--layers")
    _, last = records(done.stdout)
    assert set(last) == {
        *("network", "file", "backend", "precision", "threads"),
        *("runs", "total_us", "conditions", "layers"),
    }
    assert (last["backend"], last["precision"]) == ("litert", "int8")
    assert sum(layer["share"] for layer in last["layers"]) == pytest.approx(1.0, abs=1e-3)
    names = [layer.name for layer in open_bundle(bundle)[0].manifest.layers]
    assert [layer["name"] for layer in last["layers"]] == [*names, "other"]


def test_broken_pictures_are_reported_and_the_rest_classified(
    bundle: Path, mixed: Path
) -> None:
    done = process("classify", bundle, mixed, mixed / "none.png", "--json")
    assert done.returncode == 1
    good = [str(mixed / name) for name in ("chelsea.png", "coffee.png", "rocket.jpg")]
    assert [record["path"] for record in records(done.stdout)] == good
    advice = "give a complete JPEG, PNG, BMP, TIFF or WebP"
    assert done.stderr.splitlines() == [
        f"edge-run: {mixed / 'none.png'}: no such file or folder; give picture files, folders "
        "of them or globs",
        f"edge-run: {mixed / 'cut.jpg'}: cut short; {advice}",
        f"edge-run: {mixed / 'cut.png'}: damaged or not a picture; {advice}",
        f"edge-run: {mixed / 'empty.jpg'}: empty file; {advice}",
        f"edge-run: {mixed / 'text.jpg'}: damaged or not a picture; {advice}",
    ]


def test_all_pictures_broken(bundle: Path, mixed: Path) -> None:
    done = edge_run(bundle, mixed / "empty.jpg", mixed / "text.jpg", "--layers")
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 2
    assert "profiled" not in done.stdout


def test_quoted_globs(bundle: Path, mixed: Path) -> None:
    done = edge_run(bundle, mixed.parent / "**" / "c*.png", mixed / "r*", "--json")
    assert [Path(one["path"]).name for one in records(done.stdout)] == [
        "chelsea.png",
        "coffee.png",
        "rocket.jpg",
    ]
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"edge-run: {mixed / 'cut.png'}: damaged or not a picture; give")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere", "{cat}"], 1, "nowhere does not exist; give a folder"),
        (["{photos}", "{cat}"], 1, "is not a bundle (no manifest.json)"),
        (["{cat}", "{cat}"], 1, "chelsea.png is not a model file; give a folder"),
        (["{bundle}", "none.png"], 1, "none.png: no such file or folder; give"),
        (["{bundle}", "{cat}", "--raw"], 1, "--raw adds the logits to JSON; add --json or"),
        (["{bundle}/model.int8.onnx", "{cat}", "--backend", "litert"], 1, "drop the option"),
        (["{bundle}/manifest.json", "{cat}"], 1, "manifest.json is not a model file; give"),
        (["{bundle}", "{cat}", "--mean", "0,0,0"], 1, "what --mean would say; drop the option"),
        (["{bundle}"], 2, "Missing argument 'PATHS...'"),
        (["{bundle}", "{cat}", "--backend", "tensorrt"], 2, "'tensorrt' is not one of"),
        (["{bundle}", "{cat}", "--precision", "int4"], 2, "'int4' is not one of"),
        (["{bundle}", "{cat}", "--top-k", "0"], 2, "0 is not in the range x>=1"),
        (["{bundle}", "{cat}", "--threads", "0"], 2, "0 is not in the range"),
    ],
)
def test_bad_input_is_one_line(
    bundle: Path, photos: Path, arguments: Sequence[str], code: int, message: str
) -> None:
    names = {"bundle": bundle, "photos": photos, "cat": photos / "chelsea.png"}
    done = edge_run(*(one.format(**names) for one in arguments))
    assert done.exit_code == code
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert message in lines[-1]
    assert lines[-1].startswith("edge-run: ")
    assert len(lines) == 1
    assert code == 1 or lines[0].endswith("; see edge-run classify --help")


def test_runtime_that_is_not_installed(
    bundle: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tflite_runtime", None)
    done = edge_run(bundle, photos / "chelsea.png", "--backend", "tflite-runtime")
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("run pip install 'armlet[tflite-runtime]'\n")


def test_reader_that_goes_away(bundle: Path, photos: Path) -> None:
    running = subprocess.Popen(
        [EDGE_RUN, "classify", bundle, photos, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.readline()
    running.stdout.close()
    with running.stderr as stderr:
        assert [line for line in stderr if "Error" in line or "Traceback" in line] == []
    assert running.wait() == 1


def test_progress_stands_in_for_results_that_go_elsewhere(bundle: Path, mixed: Path) -> None:
    ours, theirs = os.openpty()
    done = subprocess.run(
        [EDGE_RUN, "classify", bundle, mixed, "--json"], stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    assert b"100%" in shown
    assert b"cut.jpg: cut short; give a complete JPEG" in shown
    assert len(records(done.stdout.decode())) == 3


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux's way to say that the other end is closed
        return b""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        *([name, "--help"] for name in ("classify", "camera", "watch")),
        ["--version"],
    ],
)
def test_help_imports_nothing_heavy(arguments: Sequence[str]) -> None:
    program = (
        "import sys\n"
        "from armlet.runtime.cli import main\n"
        f"main({list(arguments)}, standalone_mode=False)\n"
        "heavy = {'ai_edge_litert', 'cv2', 'numpy', 'onnxruntime', 'tflite_runtime', 'torch'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
    assert time.monotonic() - start < 5


def test_every_command_has_help_with_an_example() -> None:
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command
        assert f"edge-run {name} " in (command.help or "")


def test_log_gets_what_is_printed(bundle: Path, mixed: Path, tmp_path: Path) -> None:
    log = tmp_path / "results.jsonl"
    for _ in range(2):
        done = edge_run(bundle, mixed, "--json", "--log", log)
        assert done.exit_code == 1
    logged = records(log.read_text(encoding="utf-8"))
    assert [one["path"] for one in logged] == 2 * [one["path"] for one in records(done.stdout)]
    assert logged[-1] == records(done.stdout)[-1]
    # The first picture of each stream is a sample.
    assert [one["path"] for one in logged if "layers" in one] == 2 * [logged[0]["path"]]
    names = [layer.name for layer in open_bundle(bundle)[0].manifest.layers]
    assert [layer["name"] for layer in logged[0]["layers"]] == [*names, "other"]
    assert logged[0]["conditions"]["threads"] > 0


def test_log_to_stdout_is_the_only_thing_there(bundle: Path, photos: Path) -> None:
    done = edge_run(bundle, photos / "chelsea.png", "--log", "-")
    (record,) = records(done.stdout)
    assert record["top"][0]["label"] == "cat"
    both = edge_run(bundle, photos / "chelsea.png", "--log", "-", "--json")
    assert both.exit_code == 1
    assert both.stderr == (
        "edge-run: --json and --log - both print the results; drop one of them\n"
    )


def test_log_that_cannot_be_written_to_is_said_in_one_line(
    bundle: Path, photos: Path, tmp_path: Path
) -> None:
    done = edge_run(bundle, photos / "chelsea.png", "--log", tmp_path)
    assert done.exit_code == 1
    assert done.stderr == f"edge-run: {tmp_path}: Is a directory; choose another --log\n"
