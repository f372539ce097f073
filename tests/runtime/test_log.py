import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from armlet.errors import OutputError
from armlet.runtime.log import JsonLog


def test_appends_one_object_a_line(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    for number in range(2):
        with JsonLog(str(path)) as log:
            log.write({"number": number, "label": "Kätzchen\n"})
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["number"] for line in lines] == [0, 1]


def test_half_a_line_of_an_interrupted_writer_is_cut_off_first(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"a": 1}\n{"b": ', encoding="utf-8")
    with JsonLog(str(path)) as log:
        log.write({"c": 3})
    assert path.read_text(encoding="utf-8") == '{"a": 1}\n{"c": 3}\n'


def test_dash_is_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonLog("-") as log:
        log.write({"a": 1})
    assert capsys.readouterr().out == '{"a": 1}\n'


def test_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"Is a directory; choose another --log"):
        JsonLog(str(tmp_path))


def test_line_without_room_is_taken_back(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk; it needs a process of its own."""
    path = tmp_path / "log.jsonl"
    script = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (150, 150))
from armlet.errors import OutputError
from armlet.runtime.log import JsonLog
log = JsonLog(sys.argv[1])
try:
    for number in range(10):
        log.write({"number": number, "text": "x" * 40})
except OutputError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True
    )
    assert "make room or choose another --log" in done.stdout
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["number"] for line in lines] == [0, 1]
    assert os.path.getsize(path) == sum(len(line) + 1 for line in lines)


def test_path_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with JsonLog(str(path)) as log:
        log.write({"path": "caf\udce9.png"})
        log.write({"path": "café.png"})
    first, second = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(first) == {"path": "caf\udce9.png"}
    assert second == '{"path": "café.png"}'


def test_log_whose_first_line_was_interrupted_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"path": "ca', encoding="utf-8")
    with JsonLog(str(path)) as log:
        log.write({"path": "cat.png"})
    assert path.read_text(encoding="utf-8") == '{"path": "cat.png"}\n'


@pytest.mark.parametrize("away", [Path.unlink, lambda path: path.rename(f"{path}-old")])
def test_log_that_somebody_took_away_begins_anew(
    tmp_path: Path, away: Callable[[Path], object]
) -> None:
    path = tmp_path / "log.jsonl"
    with JsonLog(str(path)) as log:
        log.write({"a": 1})
        away(path)
        log.write({"a": 2})
        log.write({"a": 3})
    assert path.read_text() == '{"a": 2}\n{"a": 3}\n'


def test_what_took_the_place_of_a_log_is_let_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with JsonLog(str(path)) as log:
        log.write({"a": 1})
        path.unlink()
        path.write_text("mine")
        with pytest.raises(OutputError, match="holds no lines of JSON; choose another --log"):
            log.write({"a": 2})
    assert path.read_text() == "mine"


def test_log_whose_folder_was_removed(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "log.jsonl"
    path.parent.mkdir()
    with JsonLog(str(path)) as log:
        log.write({"a": 1})
        shutil.rmtree(path.parent)
        with pytest.raises(OutputError, match="No such file or directory; choose another"):
            log.write({"a": 2})
