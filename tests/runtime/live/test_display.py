"""What needs no screen; ``display_check.py`` has one."""

import os
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from armlet.errors import BackendError, OptionError
from armlet.runtime.live.display import check_screen, drawn
from tests.runtime.lasting import EDGE_RUN
from tests.runtime.live.results import live_result


@pytest.mark.parametrize("environment", [{}, {"DISPLAY": "", "WAYLAND_DISPLAY": ""}])
def test_no_screen(environment: dict[str, str]) -> None:
    with pytest.raises(OptionError, match="needs a screen, and neither DISPLAY nor WAYLAND"):
        check_screen(environment)


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_opencv_of_a_device_has_no_windows(name: str) -> None:
    with pytest.raises(BackendError, match="opens no windows; run pip uninstall -y opencv-py"):
        check_screen({name: ":0"})


@pytest.mark.parametrize(
    ("screen", "said"), [("", "needs a screen"), (":0", "this OpenCV opens no windows")]
)
def test_refused_before_the_source_is_opened(screen: str, said: str, bundle: Path) -> None:
    environment = {**os.environ, "DISPLAY": screen, "WAYLAND_DISPLAY": ""}
    command = [str(EDGE_RUN), "camera", str(bundle), "--source", "none.avi", "--display"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "size", [(24, 32), (480, 640), (2160, 3840), (1920, 1080), (100, 3000)]
)
@pytest.mark.parametrize("colour", [0, 255])
def test_text_is_drawn_on_a_copy_of_any_picture(size: tuple[int, int], colour: int) -> None:
    pixels = np.full((*size, 3), colour, np.uint8)
    picture = drawn(pixels, live_result(fps=None))
    assert (pixels == colour).all()
    assert 640 <= picture.shape[1] <= 1280
    assert picture.shape[0] <= 1280
    assert picture.shape[0] == pytest.approx(size[0] * picture.shape[1] / size[1], abs=1)
    band = picture[: picture.shape[1] // 20]
    dark, light = np.median(band), band.max()
    assert light - dark > 150
    assert (picture[len(band) * 3 :] == colour).all()


@pytest.mark.parametrize("size", [(3000, 10), (66_000, 10)])
def test_picture_that_is_far_too_tall(size: tuple[int, int]) -> None:
    picture = drawn(np.full((*size, 3), 255, np.uint8), live_result(fps=None))
    assert picture.shape == (1280, 640, 3)
    assert picture[:32].max() > 200  # its text has room all the same
    wide = max(1, round(1280 * size[1] / size[0]))
    assert (picture[200:, :wide] == 255).all()
    assert (picture[200:, wide:] == 0).all()


def test_labels_that_no_font_or_picture_has_room_for() -> None:
    pixels = np.zeros((480, 640, 3), np.uint8)
    cut = "x" * 47 + "..."
    for label, same in (("x" * 400, cut), (cut, cut)):
        found = drawn(pixels, live_result(label=label))
        assert (found == drawn(pixels, live_result(label=same))).all()
    assert (found[:, -8:] == 0).all()  # nothing reaches the edge


def test_letters_beyond_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.zeros((480, 640, 3), np.uint8)
    monkeypatch.delattr(cv2, "FontFace", raising=False)  # as before OpenCV 5
    found = drawn(pixels, live_result(label="Kätzchen 猫"))
    assert (found == drawn(pixels, live_result(label="Katzchen ?"))).all()
