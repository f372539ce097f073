import shutil
import time
from pathlib import Path

import pytest

from armlet.errors import ImageError
from armlet.runtime.arrivals import Arrivals


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder


def complete(arrivals: Arrivals) -> list[str]:
    found, problems = arrivals.look()
    assert problems == []
    return [path.name for path in found]


def test_picture_is_taken_once_when_it_has_stopped_growing(folder: Path) -> None:
    arrivals = Arrivals(folder)
    assert complete(arrivals) == []
    with (folder / "a.png").open("wb") as file:
        for _ in range(3):
            file.write(b"more")
            file.flush()
            assert complete(arrivals) == []
    assert complete(arrivals) == ["a.png"]
    assert complete(arrivals) == []


@pytest.mark.parametrize("before", [".a.png", "a.png.part"])
def test_picture_that_was_renamed_into_place_is_taken_at_once(
    folder: Path, before: str
) -> None:
    arrivals = Arrivals(folder)
    (folder / before).write_bytes(b"whole")
    assert complete(arrivals) == []
    time.sleep(0.05)  # file systems count in ticks of some milliseconds
    (folder / before).rename(folder / "a.png")
    assert complete(arrivals) == ["a.png"]
    assert complete(arrivals) == []


def test_picture_that_changes_is_taken_again(folder: Path) -> None:
    arrivals = Arrivals(folder)
    (folder / "latest.jpg").write_bytes(b"one")
    assert complete(arrivals) == []
    assert complete(arrivals) == ["latest.jpg"]
    (folder / "latest.jpg").write_bytes(b"another")
    assert complete(arrivals) == []
    assert complete(arrivals) == ["latest.jpg"]


def test_what_was_there_may_be_passed_over(folder: Path) -> None:
    (folder / "old.png").write_bytes(b"old")
    arrivals = Arrivals(folder, new_only=True)
    (folder / "new.png").write_bytes(b"new")
    assert complete(arrivals) == []
    assert complete(arrivals) == ["new.png"]


def test_folders_inside_and_other_files(folder: Path) -> None:
    (folder / "b").mkdir()
    for name in ("b/c.png", "a.png", "notes.txt", ".hidden.png"):
        (folder / name).write_bytes(b"content")
    (folder / "nowhere.png").symlink_to(folder / "gone.png")
    arrivals = Arrivals(folder)
    arrivals.look()
    assert complete(arrivals) == ["a.png", "c.png"]


def test_folder_that_vanishes_is_reported_once_and_its_pictures_are_remembered(
    folder: Path,
) -> None:
    (folder / "a.png").write_bytes(b"content")
    arrivals = Arrivals(folder)
    arrivals.look()
    assert complete(arrivals) == ["a.png"]
    away = folder.rename(folder.with_name("away"))
    for expected in (
        [f"{folder}: No such file or directory; waiting until it is back"],
        [],
    ):
        assert arrivals.look() == ([], expected)
    (away / "b.png").write_bytes(b"content")
    away.rename(folder)
    found, problems = arrivals.look()
    assert problems == [f"{folder} is back"]
    assert [path.name for path in [*found, *arrivals.look()[0]]] == ["b.png"]


def test_memory_follows_what_is_there(folder: Path) -> None:
    arrivals = Arrivals(folder)
    for number in range(20):
        (folder / f"{number}.png").write_bytes(b"content")
        arrivals.look()
        assert complete(arrivals) == [f"{number}.png"]
        (folder / f"{number}.png").unlink()
    arrivals.look()
    assert vars(arrivals)["_told"] == vars(arrivals)["_latest"] == {}


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="nowhere: No such file or directory; give a folder"):
        Arrivals(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(ImageError, match="file: Not a directory; give a folder"):
        Arrivals(tmp_path / "file")


def test_copy_with_its_old_time_is_taken_at_once(folder: Path, photos: Path) -> None:
    arrivals = Arrivals(folder)
    shutil.copy2(photos / "chelsea.png", folder)
    assert complete(arrivals) == ["chelsea.png"]
