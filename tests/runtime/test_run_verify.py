"""``edge-run verify`` as a user meets it."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from armlet.runtime.cli import main


def edge_run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, arguments)], prog_name="edge-run")


def test_bundle_is_verified_on_every_runtime(bundle: Path) -> None:
    done = edge_run(bundle)
    assert done.exit_code == 0, done.output
    assert "preprocessing: 4 of 4 pictures become the same bits" in done.stdout
    assert done.stdout.count("kept: ") == 8
    assert f"next: edge-run classify {bundle} photo.jpg" in done.stdout
    assert done.stderr == ""


def test_options_and_files_narrow_what_is_run(bundle: Path) -> None:
    one = json.loads(edge_run(bundle / "model.int8.onnx", "--json").stdout)
    assert [file["path"] for file in one["files"]] == ["model.int8.onnx"]
    some = json.loads(edge_run(bundle, "--backend", "litert", "--json").stdout)
    assert [file["path"][-6:] for file in some["files"]] == ["tflite"] * 6
    other = json.loads(edge_run(bundle, "--precision", "float32", "--json").stdout)
    assert [file["path"][:13] for file in other["files"]] == ["model.float32"] * 3
    assert one["verified"] and some["verified"] and other["verified"]


def test_difference_is_said_in_one_line_and_fails(copied: Path) -> None:
    path = copied / "model.int8.tflite"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    done = edge_run(copied)
    assert done.exit_code == 1
    assert "FAILED" in done.stdout
    assert "does NOT reproduce" in done.stdout
    assert done.stderr.startswith("edge-run: model.int8.tflite on litert is not the file")
    assert done.stderr.count("\n") == 1
    assert json.loads(edge_run(copied, "--json").stdout)["verified"] is False


def test_no_bundle_no_vectors_and_contradictions(copied: Path, tmp_path: Path) -> None:
    for arguments, words in (
        ([tmp_path / "gone"], "does not exist"),
        ([tmp_path], "is not a bundle"),
        ([copied / "model.int8.onnx", "--backend", "litert"], "does not run model.int8.onnx"),
    ):
        done = edge_run(*arguments)
        assert done.exit_code == 1
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
    (copied / "golden/vectors.npz").write_bytes(b"no zip")
    done = edge_run(copied)
    assert done.exit_code == 1
    assert "vectors.npz can't be read" in done.stderr
