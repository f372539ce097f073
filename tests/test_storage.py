import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from armlet.errors import OutputError
from armlet.storage import check_target, staged_folder, write_file, write_json

MARKER = "manifest.json"

# Fills the folder and then waits to be killed.
CHILD = """
import sys, time
from pathlib import Path
from armlet.storage import staged_folder
with staged_folder(Path(sys.argv[1]), "manifest.json") as stage:
    (stage / "manifest.json").write_text("new")
    print("written", flush=True)
    time.sleep(60)
"""


def content(folder: Path) -> Mapping[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def earlier(folder: Path) -> Path:
    folder.mkdir()
    (folder / MARKER).write_text("old")
    (folder / "model.int8.onnx").write_text("old")
    return folder


def kill_in_the_middle(target: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD, target], stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout as said:
        assert said.readline() == b"written\n"
    child.kill()
    assert child.wait() == -signal.SIGKILL


def test_write_file_makes_folders_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    write_file(path, b"one")
    write_file(path, b"two")
    assert content(path.parent) == {"file": "two"}
    assert path.stat().st_mode & 0o777 == 0o644


def test_write_file_refuses_what_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match=r"taken: Is a directory; choose another place"):
        write_file(tmp_path / "taken", b"")
    assert os.listdir(tmp_path) == ["taken"]


def test_write_file_refuses_a_file_as_folder(tmp_path: Path) -> None:
    write_file(tmp_path / "file", b"")
    with pytest.raises(OutputError, match="Not a directory|File exists"):
        write_file(tmp_path / "file" / "below", b"")


def test_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out"
    with staged_folder(target, MARKER) as stage:
        (stage / MARKER).write_text("new")
        assert not target.exists()
    assert content(target) == {MARKER: "new"}
    assert os.listdir(target.parent) == ["out"]
    assert target.stat().st_mode & 0o777 == 0o755


def test_folder_replaces_an_earlier_one_wholly(tmp_path: Path) -> None:
    target = earlier(tmp_path / "out")
    with staged_folder(target, MARKER) as stage:
        (stage / MARKER).write_text("new")
    assert content(target) == {MARKER: "new"}
    assert os.listdir(tmp_path) == ["out"]


def test_folder_takes_the_place_of_an_empty_one(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    with staged_folder(target, MARKER) as stage:
        (stage / MARKER).write_text("new")
    assert content(target) == {MARKER: "new"}


def test_failure_leaves_the_earlier_folder(tmp_path: Path) -> None:
    target = earlier(tmp_path / "out")
    with pytest.raises(ZeroDivisionError), staged_folder(target, MARKER) as stage:
        (stage / MARKER).write_text("new")
        raise ZeroDivisionError
    assert content(target)[MARKER] == "old"
    assert os.listdir(tmp_path) == ["out"]


def test_full_disk_is_an_output_error(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="No space left on device"),
        staged_folder(tmp_path / "out", MARKER),
        open("/dev/full", "wb", buffering=0) as full,
    ):
        full.write(b"data")
    assert os.listdir(tmp_path) == []


def test_killed_export_leaves_no_half_folder(tmp_path: Path) -> None:
    target = tmp_path / "out"
    kill_in_the_middle(target)
    assert not target.exists()
    with staged_folder(target, MARKER) as stage:
        (stage / MARKER).write_text("second try")
    assert content(target) == {MARKER: "second try"}
    assert os.listdir(tmp_path) == ["out"]  # what the killed one left is gone


def test_two_exports_to_one_place_do_not_disturb_each_other(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with staged_folder(target, MARKER) as first:
        (first / MARKER).write_text("first")
        with staged_folder(target, MARKER) as second:
            (second / MARKER).write_text("second")
        assert content(target) == {MARKER: "second"}
    assert content(target) == {MARKER: "first"}
    assert os.listdir(tmp_path) == ["out"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("far")
    with staged_folder(tmp_path / "out", MARKER) as stage:
        (stage / MARKER).write_text("new")
    assert content(tmp_path / "far") == {MARKER: "new"}
    assert sorted(os.listdir(tmp_path)) == ["far", "out"]


def test_refuses_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="is the folder that you are in"):
        check_target(Path("."), MARKER)


def test_killed_export_leaves_the_earlier_folder(tmp_path: Path) -> None:
    target = earlier(tmp_path / "out")
    before = content(target)
    kill_in_the_middle(target)
    assert content(target) == before


def test_refuses_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds other files and no manifest\.json"):
        check_target(tmp_path, MARKER)
    with (
        pytest.raises(OutputError, match="choose a new or empty folder with -o"),
        staged_folder(tmp_path, MARKER),
    ):
        pass
    assert content(tmp_path) == {"thesis.txt": "mine"}


def test_refuses_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(OutputError, match="is a file"):
        check_target(path, MARKER)


def test_refuses_a_place_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError), staged_folder(tmp_path / "file" / "out", MARKER):
        pass


def test_write_json_is_for_people_and_programs(tmp_path: Path) -> None:
    write_json(tmp_path / "card.json", {"label": "Hündin", "size": 32})
    assert (tmp_path / "card.json").read_text(encoding="utf-8") == (
        '{\n  "label": "Hündin",\n  "size": 32\n}\n'
    )


def test_write_json_refuses_what_json_has_no_word_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "card.json", {"loss": float("nan")})
    assert os.listdir(tmp_path) == []
