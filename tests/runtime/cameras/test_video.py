import time
from pathlib import Path

import pytest

from armlet.errors import SourceError
from armlet.runtime.cameras.video import VideoFile
from tests.runtime.stand_ins import write_video


@pytest.fixture
def video(tmp_path: Path, photos: Path) -> Path:
    path = tmp_path / "video.avi"
    write_video(path, [photos / "chelsea.png", photos / "rocket.jpg"], each=5)
    return path


def test_frames_in_order_and_an_end(video: Path) -> None:
    stream = VideoFile(video).open()
    frames = []
    while (pixels := stream.read()) is not None:
        frames.append(pixels)
    stream.close()
    assert [one.shape for one in frames] == [(240, 320, 3)] * 10
    assert abs(frames[0].astype(int) - frames[4]).mean() < 3
    assert abs(frames[4].astype(int) - frames[5]).mean() > 20
    # The orange cat in the order B, G, R.
    assert frames[0][..., 2].mean() > frames[0][..., 0].mean() + 10


def test_frames_come_no_sooner_than_from_a_camera(video: Path) -> None:
    stream = VideoFile(video).open()
    began = time.monotonic()
    for _ in range(10):
        stream.read()
    assert time.monotonic() - began >= 9 / 25
    stream.close()


def test_name_that_looks_like_a_protocol(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(video.parent)
    named = VideoFile(video.rename("2026-11-28T12:00.avi"))
    stream = named.open()
    assert stream.read() is not None
    stream.close()
    assert named.name == "2026-11-28T12:00.avi"


def test_what_is_no_video(tmp_path: Path, video: Path) -> None:
    with pytest.raises(SourceError, match="none.avi: no such video file; give"):
        VideoFile(tmp_path / "none.avi").open()
    with pytest.raises(SourceError, match="no such video file"):
        VideoFile(tmp_path).open()
    text = tmp_path / "text.avi"
    text.write_text("no video")
    with pytest.raises(SourceError, match="text.avi can't be read as a video; give"):
        VideoFile(text).open()


def test_video_that_is_cut_short_ends_early(video: Path) -> None:
    data = video.read_bytes()
    video.write_bytes(data[: len(data) // 2])
    stream = VideoFile(video).open()
    count = 0
    while stream.read() is not None:
        count += 1
    assert 0 < count < 10


def test_video_without_frames(video: Path) -> None:
    stream = VideoFile(video).open()
    stream.close()  # as OpenCV shows a file that it can open and not decode
    with pytest.raises(SourceError, match="video.avi holds no pictures; give another video"):
        stream.read()
