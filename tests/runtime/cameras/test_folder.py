import shutil
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from armlet.errors import SourceError
from armlet.runtime.cameras.folder import Folder
from armlet.runtime.cameras.source import Pixels, Stream


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Two pictures, one of them below, and what is none."""
    folder = tmp_path / "album"
    (folder / "below").mkdir(parents=True)
    write(folder / "1.png", (0, 0, 255))  # B, G, R: red
    write(folder / "below/2.png", (255, 0, 0))
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_text("no picture")
    return folder


def write(path: Path, colour: tuple[int, int, int]) -> None:
    cv2.imwrite(str(path), np.full((20, 30, 3), colour, np.uint8))


def rest(stream: Stream) -> list[Pixels]:
    found = []
    while (pixels := stream.read()) is not None:
        found.append(pixels)
    return found


def test_pictures_in_order_and_an_end(album: Path) -> None:
    folder = Folder(album, paced=False)
    assert folder.waits
    assert folder.lasting
    stream = folder.open()
    assert stream.mode == "pictures, not paced"
    red, blue = rest(stream)
    assert red.shape == (20, 30, 3)
    assert (red[0, 0].tolist(), blue[0, 0].tolist()) == ([0, 0, 255], [255, 0, 0])
    assert stream.read() is None


def test_they_come_no_sooner_than_they_are_due(album: Path) -> None:
    folder = Folder(album, fps=10)
    assert not folder.waits
    stream = folder.open()
    assert stream.mode == "pictures, 10 a second"
    began = time.monotonic()
    rest(stream)
    assert time.monotonic() - began >= 1 / 10
    assert Folder(album).open().mode == "pictures, 1 a second"


def test_loop_shows_what_has_come_meanwhile(album: Path) -> None:
    stream = Folder(album, paced=False, loop=True).open()
    for _ in range(3):
        stream.read()
    write(album / "3.png", (0, 255, 0))
    seen = [stream.read() for _ in range(4)]
    assert [one[0, 0].tolist() for one in seen if one is not None] == [
        [255, 0, 0],
        [0, 0, 255],
        [0, 255, 0],
        [255, 0, 0],
    ]


def test_broken_picture_is_reported_once_and_passed_over(album: Path) -> None:
    (album / "0.jpg").write_bytes(b"\xff\xd8 cut short")
    (album / "1a.png").write_text("no picture")
    said: list[str] = []
    stream = Folder(album, paced=False, loop=True, report=said.append).open()
    seen = [stream.read() for _ in range(6)]
    assert [one[0, 0, 2] for one in seen if one is not None] == [255, 0] * 3
    assert said == [
        f"{album}/0.jpg: cut short; passed over",
        f"{album}/1a.png: damaged or not a picture; passed over",
    ]


@pytest.mark.parametrize("loop", [False, True])
def test_folder_without_a_picture_is_an_error(tmp_path: Path, loop: bool) -> None:
    (tmp_path / "1.png").write_text("no picture")
    stream = Folder(tmp_path, paced=False, loop=loop).open()
    with pytest.raises(SourceError, match="holds no picture that can be read; give a folder"):
        stream.read()


def test_folder_that_is_emptied_meanwhile_is_gone(album: Path) -> None:
    stream = Folder(album, paced=False, loop=True).open()
    assert stream.read() is not None
    shutil.rmtree(album)
    with pytest.raises(SourceError, match="holds no picture"):
        for _ in range(3):
            stream.read()
    with pytest.raises(SourceError, match="no such folder; give a folder of pictures"):
        Folder(album).open()
