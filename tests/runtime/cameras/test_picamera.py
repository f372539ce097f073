"""Picamera2 as its manual describes it, with a module that stands in for it."""

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from armlet.errors import SourceError
from armlet.runtime.cameras import csi
from armlet.runtime.cameras.csi import CsiCamera
from armlet.runtime.cameras.modes import Wish


class FakePicamera2:
    """One camera, number 0, which gives a few frames."""

    opened: list["FakePicamera2"] = []

    def __init__(self, camera_num: int) -> None:
        if camera_num:
            raise IndexError("list index out of range")
        self.frames = iter([10, 20])
        self.calls: list[str] = []
        FakePicamera2.opened.append(self)

    def create_video_configuration(
        self, main: dict[str, Any], controls: dict[str, Any]
    ) -> dict[str, Any]:
        assert main["format"] == "RGB888"
        assert controls == {"FrameRate": 15.0}
        return {"main": {**main, "size": (656, 480)}}  # as libcamera aligns it

    def configure(self, configuration: dict[str, Any]) -> None:
        self.configuration = configuration

    def camera_configuration(self) -> dict[str, Any]:
        return self.configuration

    def start(self) -> None:
        self.calls.append("start")

    def capture_array(self, name: str) -> Any:
        assert name == "main"
        for shade in self.frames:
            return np.full((480, 656, 3), shade, np.uint8)
        raise RuntimeError("Camera frontend has timed out!\nand more")

    def stop(self) -> None:
        self.calls.append("stop")
        raise RuntimeError("it is broken")

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakePicamera2]:
    module = ModuleType("picamera2")
    module.Picamera2 = FakePicamera2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    monkeypatch.setattr(csi, "find_spec", lambda name: name == "picamera2")
    FakePicamera2.opened = []
    return FakePicamera2


def camera(number: int = 0) -> CsiCamera:
    wish = Wish(width=650, height=480, fps=15.0)
    return CsiCamera(number, wish, which=lambda name: None)


def test_frames_in_the_size_that_it_agreed_on(fake: type[FakePicamera2]) -> None:
    stream = camera().open()
    assert stream.mode == "656 x 480, BGR3"
    for shade in (10, 20):
        pixels = stream.read()
        assert pixels is not None and pixels.shape == (480, 656, 3) and pixels.mean() == shade
    said = "csi doesn't work with picamera2, Camera frontend has timed out!; see to its cable"
    with pytest.raises(SourceError) as failure:
        stream.read()
    assert str(failure.value) == said
    stream.close()
    assert fake.opened[0].calls == ["start", "stop", "close"]


def test_camera_that_is_not_there(fake: type[FakePicamera2]) -> None:
    with pytest.raises(SourceError, match="^csi:1 doesn't work with picamera2, list index"):
        camera(1).open()


def test_camera_that_fails_to_start_is_closed(
    fake: type[FakePicamera2], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: FakePicamera2) -> None:
        raise RuntimeError("Failed to start camera: Device or resource busy")

    monkeypatch.setattr(fake, "start", fail)
    with pytest.raises(SourceError, match="Device or resource busy"):
        camera().open()
    assert fake.opened[0].calls == ["stop", "close"]
