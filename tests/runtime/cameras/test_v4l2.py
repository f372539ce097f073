"""What can be told of cameras where there is none; real ones are in tests/arm."""

import errno
import fcntl
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from armlet.errors import SourceError
from armlet.runtime.cameras import v4l2
from armlet.runtime.cameras.holders import Holders
from armlet.runtime.cameras.modes import Wish
from armlet.runtime.cameras.offers import REQUEST_BUFFERS, Ask
from armlet.runtime.cameras.v4l2 import V4l2Camera, V4l2Stream, fourcc
from tests.runtime.cameras.kernel import (
    FMT_MJPG,
    FMT_YUYV,
    RATE_30,
    SIZE_640,
    SIZE_1280,
    Driver,
)


def test_camera_that_is_not_there() -> None:
    with pytest.raises(SourceError, match="^/dev/video987: no such camera; "):
        V4l2Camera("/dev/video987").open()


def test_device_that_is_no_camera() -> None:
    with pytest.raises(SourceError, match="^/dev/null gives no pictures; "):
        V4l2Camera("/dev/null").open()


def test_file_that_is_no_device(tmp_path: Path) -> None:
    path = tmp_path / "video0"
    path.touch()
    with pytest.raises(SourceError, match="video0 gives no pictures; "):
        V4l2Camera(str(path)).open()


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "can't be opened by this user; run sudo usermod -aG video"),
        (errno.EBUSY, "is busy; end the other program that uses it"),
        (errno.ENODEV, "no such camera; "),
        (errno.EINVAL, "gives no pictures; "),
    ],
)
def test_what_the_kernel_says(monkeypatch: pytest.MonkeyPatch, number: int, said: str) -> None:
    """Root may open everything and nothing here is busy, so the kernel's answer is put in."""

    def refuse(*_: object) -> int:
        raise OSError(number, "refused")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SourceError, match=f"^/dev/video0:? {said}"):
        V4l2Camera("/dev/video0").open()


class FakeCapture:
    """OpenCV's, with a driver that has sizes and rates of its own."""

    def __init__(self, name: str, backend: int) -> None:
        self.has = {cv2.CAP_PROP_FRAME_WIDTH: 640.0, cv2.CAP_PROP_FRAME_HEIGHT: 480.0}
        self.asked: list[tuple[int, float]] = []

    def isOpened(self) -> bool:
        return True

    def set(self, key: int, value: float) -> bool:
        self.asked.append((key, value))
        self.has[key] = 24.0 if key == cv2.CAP_PROP_FPS else value
        return True

    def get(self, key: int) -> float:
        return self.has.get(key, 0.0)

    def release(self) -> None:
        pass


Open = Callable[[Ask, Wish], V4l2Stream]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    """Opens a camera that has this driver."""
    path = tmp_path / "video0"
    path.touch()

    def open_it(driver: Ask, wish: Wish) -> V4l2Stream:
        def ioctl(node: int, request: int, data: object, *rest: object) -> None:
            assert isinstance(data, bytearray)
            if request != REQUEST_BUFFERS:
                driver(request, data)

        monkeypatch.setattr(fcntl, "ioctl", ioctl)
        monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
        return V4l2Camera(str(path), wish).open()

    return open_it


def test_mode_is_chosen_and_what_came_of_it_is_said(opened: Open) -> None:
    driver = Driver(FMT_YUYV, FMT_MJPG, SIZE_640, SIZE_1280, RATE_30)
    stream = opened(driver, Wish(width=1200, height=700))
    capture = stream._capture
    assert isinstance(capture, FakeCapture)
    assert capture.asked == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"YUYV")),  # before the size
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_FPS, 30),
    ]
    assert stream.mode == "1280 x 720, YUYV, 24 frames a second"


def test_driver_that_tells_nothing_still_works(opened: Open) -> None:
    stream = opened(Driver(error=errno.ENOTTY), Wish(width=320, height=240, fps=10))
    assert stream.mode == "320 x 240, 24 frames a second"


def test_who_has_a_busy_camera(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "video0"
    path.touch()

    def refuse(*_: object) -> int:
        raise OSError(errno.EBUSY, "refused")

    monkeypatch.setattr(fcntl, "ioctl", refuse)
    with path.open() as file, subprocess.Popen(["sleep", "600"], stdin=file) as process:
        with pytest.raises(SourceError) as failure:
            V4l2Camera(str(path)).open()
        process.kill()
    name = f"sleep (process {process.pid})"
    assert str(failure.value).startswith(f"{path} is busy, ")
    assert name in str(failure.value)
    monkeypatch.setattr(v4l2, "who_has", lambda device: Holders(seen=[], hidden=True))
    with pytest.raises(SourceError, match=f"sudo fuser -v {path} tells$"):
        V4l2Camera(str(path)).open()


@pytest.mark.parametrize(
    ("number", "letters"),
    [(0x47504A4D, "MJPG"), (0x20363159, "Y16"), (0.0, ""), (-1.0, "")],
)
def test_letters_of_a_format(number: float, letters: str) -> None:
    assert fourcc(number) == letters


def test_node_of_the_ribbon_cable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "on_ribbon_cable", lambda device: device == "/dev/video0")
    said = "^/dev/video0 belongs to a camera on the ribbon cable, .*; try --source csi$"
    with pytest.raises(SourceError, match=said):
        V4l2Camera("/dev/video0").open()
