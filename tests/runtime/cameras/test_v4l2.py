"""What can be told of cameras where there is none; real ones are in tests/arm."""

import errno
import os
from pathlib import Path

import pytest

from armlet.errors import SourceError
from armlet.runtime.cameras.v4l2 import V4l2Camera


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
