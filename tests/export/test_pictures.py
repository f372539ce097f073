import shutil
from pathlib import Path

import pytest

from armlet.errors import CalibrationError
from armlet.export.pictures import PictureFiles, find, shipped


@pytest.fixture
def folder(tmp_path: Path, photos: Path) -> Path:
    (tmp_path / "deep/deeper").mkdir(parents=True)
    shutil.copy(photos / "chelsea.png", tmp_path / "deep/deeper/B.PNG")
    shutil.copy(photos / "rocket.jpg", tmp_path / "a.jpg")
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "folder.png").mkdir()
    return tmp_path


def test_pictures_at_any_depth_and_a_line_for_each_broken_one(folder: Path) -> None:
    found = find(folder, "--calib")
    assert [path.name for path in found.paths] == ["a.jpg", "B.PNG"]
    assert [picture.shape for picture in found] == [(427, 640, 3), (300, 451, 3)]
    broken, directory = found.unreadable
    assert broken == f"{folder}/broken.jpg: damaged or not a picture"
    assert directory == f"{folder}/folder.png: Is a directory"


def test_a_folder_of_nothing_is_refused(tmp_path: Path, photos: Path) -> None:
    for place, problem in (
        (tmp_path, "holds none pictures"),
        (tmp_path / "nowhere", "does not exist"),
        (photos / "chelsea.png", "is no folder"),
    ):
        with pytest.raises(CalibrationError, match=f"--calib .* {problem}"):
            find(place, "--calib")


def test_spread_takes_evenly_from_the_whole_list() -> None:
    files = PictureFiles(paths=[Path(str(number)) for number in range(10)], unreadable=())
    assert [str(path) for path in files.spread(4).paths] == ["0", "2", "5", "7"]
    assert files.spread(10) is files


def test_shipped_pictures_can_be_read() -> None:
    assert len(shipped().paths) >= 24
    assert all(picture.shape[2] == 3 for picture in shipped())
