import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from armlet.errors import OutputError
from armlet.runtime.log import JsonLog
from armlet.runtime.rotation import Rotation

THREE = Rotation(size=100, keep=3)
LINE = '{"frame": 10, "top": []}\n'


def write(path: Path, numbers: range, rotation: Rotation = THREE) -> None:
    with JsonLog(str(path), rotation) as log:
        for number in numbers:
            log.write({"frame": number, "top": []})


def frames(path: Path) -> list[int]:
    return [json.loads(line)["frame"] for line in path.read_text("utf-8").splitlines()]


def all_frames(path: Path, keep: int = 3) -> list[int]:
    """The oldest first."""
    names = [path.with_name(f"{path.name}.{number}") for number in range(keep, 0, -1)]
    return [frame for one in (*names, path) if one.exists() for frame in frames(one)]


def test_newest_old_one_is_1(tmp_path: Path) -> None:
    path = tmp_path / "log"
    write(path, range(10, 30))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["log", "log.1", "log.2", "log.3"]
    assert frames(path) == [26, 27, 28, 29]
    assert frames(tmp_path / "log.1") == [22, 23, 24, 25]
    assert frames(tmp_path / "log.3") == [14, 15, 16, 17]
    assert all(one.stat().st_size <= 100 for one in tmp_path.iterdir())


def test_exact_fit_and_a_line_that_fits_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "log"
    size = Rotation(size=2 * len(LINE), keep=3)
    write(path, range(10, 14), size)
    assert frames(tmp_path / "log.1") == [10, 11]
    write(path, range(10**60, 10**60 + 1), size)
    assert frames(path) == [10**60]
    assert not (tmp_path / "log.3").exists()


def test_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for number in range(10, 22):
        write(path, range(number, number + 1))
    assert all_frames(path) == list(range(10, 22))
    assert frames(path) == [18, 19, 20, 21]


KILLED = """
import os, signal, sys
from pathlib import Path
from armlet.runtime.log import JsonLog
from armlet.runtime.rotation import Rotation

left = int(sys.argv[2])
rename = Path.rename
def killing(self, to):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    rename(self, to)
Path.rename = killing
with JsonLog(sys.argv[1], Rotation(size=100, keep=3)) as log:
    number = int(sys.argv[3])
    while True:
        log.write({"frame": number, "top": []})
        number += 1
"""


@pytest.mark.parametrize("renames", range(10))
def test_killed_between_two_renames(tmp_path: Path, renames: int) -> None:
    path = tmp_path / "log"
    command = [sys.executable, "-c", KILLED, str(path), str(renames), "10"]
    assert subprocess.run(command).returncode == -9
    found = all_frames(path)
    assert found == list(range(found[0], found[-1] + 1))
    # 1, 2, and then 3 renames for each file of four; the oldest file goes with the sixth.
    assert found[0] == 10 + 4 * ((renames > 6) + (renames > 9))
    write(path, range(found[-1] + 1, found[-1] + 4))
    assert all_frames(path) == list(range(all_frames(path)[0], found[-1] + 4))


@pytest.fixture
def strangers(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "log.2"
    path.write_text('{"somebody": "else\'s"}\n')
    yield path
    assert path.read_text() == '{"somebody": "else\'s"}\n'


def test_file_of_somebody_else_is_refused_at_the_start(tmp_path: Path, strangers: Path) -> None:
    with pytest.raises(
        OutputError, match=r"log\.2 is no log of edge-run, and would be removed"
    ):
        JsonLog(str(tmp_path / "log"), THREE)
    assert not (tmp_path / "log").exists()
    write(tmp_path / "log", range(10, 30), Rotation(size=100, keep=1))


def test_file_of_somebody_else_that_came_later_ends_the_log(tmp_path: Path) -> None:
    with JsonLog(str(tmp_path / "log"), Rotation(size=30, keep=1)) as log:
        log.write({"frame": 1, "top": []})
        (tmp_path / "log.1").write_text("mine")
        with pytest.raises(OutputError, match=r"log\.1 is no log of edge-run"):
            log.write({"frame": 2, "top": []})
    assert (tmp_path / "log.1").read_text() == "mine"
    assert frames(tmp_path / "log") == [1]


def test_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "log.1").mkdir()
    with pytest.raises(OutputError, match=r"log\.1: Is a directory; choose another --log"):
        JsonLog(str(tmp_path / "log"), THREE)


def test_lines_of_others_would_be_removed_too(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"somebody": "else\'s"}\n')
    with pytest.raises(OutputError, match="log is no log of edge-run"):
        JsonLog(str(tmp_path / "log"), THREE)


def test_link_stays_and_what_it_leads_to_is_rotated(tmp_path: Path) -> None:
    (tmp_path / "card").mkdir()
    link = tmp_path / "log"
    link.symlink_to("card/results")
    write(link, range(10, 18))
    assert link.is_symlink()
    assert frames(tmp_path / "card" / "results.1") == [10, 11, 12, 13]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["card", "log"]


def test_log_that_somebody_moved_away_ends_there(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with JsonLog(str(path), THREE) as log:
        log.write({"frame": 1, "top": []})
        path.rename(tmp_path / "taken")
        for number in range(10, 18):  # one file and another, so it is rotated as before
            log.write({"frame": number, "top": []})
    assert frames(tmp_path / "taken") == [1]
    assert frames(tmp_path / "log.1") == [10, 11, 12, 13]
    assert frames(path) == [14, 15, 16, 17]


READ_ONLY = """
import os, sys
from armlet.errors import OutputError
from armlet.runtime.log import JsonLog
from armlet.runtime.rotation import Rotation

if os.getuid() == 0:  # whom no permission stops
    os.setuid(65534)
JsonLog("log").write({"frame": 1, "top": []})
try:
    JsonLog("log", Rotation(size=100, keep=3))
except OutputError as error:
    print(error)
"""


def test_folder_that_cannot_be_written_to() -> None:
    # pytest's own folders are open to their user alone, who may be root.
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        folder = Path(place) / "folder"
        folder.mkdir()
        (folder / "log").touch()
        (folder / "log").chmod(0o666)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY], cwd=folder, capture_output=True, text=True
        )
        left = os.listdir(folder)
        folder.chmod(0o755)
    assert done.stderr == ""
    assert done.stdout == (
        f"{folder} can't be written to, so there is no place for old logs; "
        "choose another --log, or give --log-size 0\n"
    )
    assert left == ["log"]
