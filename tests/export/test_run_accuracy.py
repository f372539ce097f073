"""``edge-export accuracy`` as a user meets it."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from armlet.bundle import open_bundle
from armlet.export.cli import main

pytestmark = pytest.mark.torch


def run(*words: object) -> Result:
    arguments = ["accuracy", *map(str, words)]
    return CliRunner().invoke(main, arguments, prog_name="edge-export")


@pytest.fixture
def labelled(tmp_path: Path, photos: Path) -> Path:
    folder = tmp_path / "test"
    for label, name in (("cat", "chelsea.png"), ("ship", "rocket.jpg"), ("dog", "coffee.png")):
        (folder / label).mkdir(parents=True)
        shutil.copy(photos / name, folder / label)
    return folder


def test_every_file_is_measured_and_noted(copied: Path, labelled: Path) -> None:
    (labelled / "cat/empty.png").write_bytes(b"")
    before = json.loads((copied / "manifest.json").read_text(encoding="utf-8"))
    done = run(copied, "--eval", labelled)
    assert (done.exit_code, done.stderr) == (
        0,
        f"edge-export: passed over {labelled}/cat/empty.png: empty file\n",
    )
    heading, *lines, _, identical, _, following = done.stdout.splitlines()
    assert heading.split() == ["file", "top-1", "top-5", "of", "3", "pictures"]
    files = [*before["files"], *before["variants"]]
    assert [line.split()[0] for line in lines] == [one["path"] for one in files]
    assert identical == "int8 logits of all files identical: 3 of 3"
    assert following == f"next: edge-run classify {copied} photo.jpg --layers"
    after = json.loads((copied / "manifest.json").read_text(encoding="utf-8"))
    for one in after["accuracy"].values():
        assert set(one) == {"top1", "top5", "images"}
        assert 0 <= one["top1"] <= one["top5"] <= 100
        assert one["images"] == 3
    assert after | {"accuracy": {}} == before | {"accuracy": {}}


def test_json_is_all_of_stdout(copied: Path, labelled: Path) -> None:
    done = run(copied, "--eval", labelled, "--images", 2, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    record = json.loads(done.stdout)
    manifest = open_bundle(copied)[0].manifest
    assert record["accuracy"] == {
        path: one.to_json() for path, one in manifest.accuracy.items()
    }
    assert record["int8_identical"] == 2


def test_bad_input_is_one_line_and_changes_nothing(copied: Path, labelled: Path) -> None:
    before = (copied / "manifest.json").read_bytes()
    (labelled.parent / "none").mkdir()
    shutil.copytree(labelled, labelled.parent / "odd")
    (labelled.parent / "odd/dog").rename(labelled.parent / "odd/wolf")
    for words, problem in (
        ((copied, "--eval", "nowhere"), "nowhere does not exist"),
        ((copied, "--eval", labelled.parent / "none"), "has no pictures in subfolders"),
        ((copied, "--eval", labelled.parent / "odd"), "the folder 'wolf' is no label"),
        (("nowhere", "--eval", labelled), "nowhere does not exist"),
        ((labelled, "--eval", labelled), "is not a bundle"),
    ):
        done = run(*words)
        assert (done.exit_code, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith("edge-export: ")
        assert problem in line
    with (copied / "model.int8.tflite").open("ab") as file:
        file.write(b"x")
    assert "model.int8.tflite is damaged" in run(copied, "--eval", labelled).stderr
    assert (copied / "manifest.json").read_bytes() == before


def test_usage_errors(copied: Path, labelled: Path) -> None:
    assert run(copied).exit_code == 2
    assert run(copied, "--eval", labelled, "--images", 0).exit_code == 2
