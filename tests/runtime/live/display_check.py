"""``edge-run camera --display`` on a real screen: Debian's xvfb, opencv-python, python-xlib."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from Xlib import XK, X
from Xlib.display import Display as Connection
from Xlib.ext import xtest
from Xlib.protocol.event import ClientMessage

from armlet.runtime.live.display import drawn
from tests.runtime.lasting import AT_ONCE_S, EDGE_RUN, Process, edge_run, record
from tests.runtime.live.results import live_result
from tests.runtime.stand_ins import write_video

PATIENCE_S = 30.0


@dataclass(frozen=True)
class Screen:
    """An X server of our own."""

    name: str
    connection: Any

    def window(self) -> Any:
        """The one of edge-run, once it is shown."""
        found: list[Any] = []

        def shown() -> bool:
            for one in self.connection.screen().root.query_tree().children:
                name = one.get_wm_name()
                if name and "edge-run camera" in str(name):
                    visible = one.get_attributes().map_state == X.IsViewable
                    found[:] = [one] if visible else []
            return bool(found)

        soon(shown)
        return found[0]

    def wait_for_picture(self, window: Any) -> None:
        """Only then keys are heard for sure."""
        soon(lambda: bool(np.ptp(self.grab(window)) > 100))

    def grab(self, window: Any) -> NDArray[np.uint8]:
        """(height, width, 3) in the order B, G, R: what is on the screen there."""
        size = window.get_geometry()
        image = window.get_image(0, 0, size.width, size.height, X.ZPixmap, 0xFFFFFFFF)
        pixels = np.frombuffer(image.data, np.uint8).reshape(size.height, size.width, 4)
        return pixels[:, :, :3].copy()

    def press(self, window: Any, key: str) -> None:
        window.set_input_focus(X.RevertToParent, X.CurrentTime)
        code = self.connection.keysym_to_keycode(XK.string_to_keysym(key))
        xtest.fake_input(self.connection, X.KeyPress, code)
        xtest.fake_input(self.connection, X.KeyRelease, code)
        self.connection.sync()

    def close(self, window: Any) -> None:
        """As the cross in a window's corner does."""
        atom = self.connection.intern_atom
        data = (32, [atom("WM_DELETE_WINDOW"), X.CurrentTime, 0, 0, 0])
        event = ClientMessage(window=window, client_type=atom("WM_PROTOCOLS"), data=data)
        window.send_event(event)
        self.connection.sync()


def soon(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x1024x24"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as said:
            name = f":{said.readline().strip()}"
        connection = Connection(name)
        yield Screen(name, connection)
        connection.close()
        server.terminate()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Path:
    path = tmp_path_factory.mktemp("video") / "video.avi"
    write_video(path, [photos / "chelsea.png"], each=25)
    return path


def showing(bundle: Path, video: Path) -> tuple[object, ...]:
    return ("camera", bundle, "--source", video, "--loop", "--display", "--changes", "--json")


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean of all values, of 255."""
    return float(np.abs(one.astype(float) - other).mean())


def test_window_shows_photo_and_label(
    bundle: Path, video: Path, photos: Path, screen: Screen
) -> None:
    photo = cv2.resize(np.asarray(cv2.imread(str(photos / "chelsea.png"))), (320, 240))
    with edge_run(*showing(bundle, video), DISPLAY=screen.name) as running:
        score = record(running)["top"][0]["score"]
        window = screen.window()
        pixels = np.asarray(photo, np.uint8)
        cat = drawn(pixels, live_result(label="cat"))
        assert cat.shape == (480, 640, 3)

        def alike() -> bool:
            found = screen.grab(window)
            return found.shape == cat.shape and difference(found[80:], cat[80:]) < 10

        soon(alike)
        found = screen.grab(window)[:36]
        right, wrong = (
            drawn(pixels, live_result(label=label, score=score))[:36]
            for label in ("cat", "ship")
        )
        assert difference(found, right) < difference(found, wrong) / 2
        screen.press(window, "q")
        assert ended(running) == ""


def ended(running: Process) -> str:
    """What it says; it ends well."""
    _, said = running.communicate(timeout=AT_ONCE_S)
    assert running.returncode == 0
    return said


@pytest.mark.parametrize("way", ["Escape", "close"])
def test_other_ways_to_end_it(bundle: Path, video: Path, screen: Screen, way: str) -> None:
    with edge_run(*showing(bundle, video), DISPLAY=screen.name) as running:
        window = screen.window()
        screen.wait_for_picture(window)
        screen.close(window) if way == "close" else screen.press(window, way)
        assert ended(running) == ""


def test_other_keys_do_not_end_it(bundle: Path, video: Path, screen: Screen) -> None:
    with edge_run(*showing(bundle, video), "--duration", 3, DISPLAY=screen.name) as running:
        start = time.monotonic()
        record(running)
        window = screen.window()
        screen.wait_for_picture(window)
        screen.press(window, "a")
        assert ended(running) == ""
        assert time.monotonic() - start > 2


def test_all_frames_are_classified_all_the_same(
    bundle: Path, video: Path, screen: Screen
) -> None:
    arguments = ("--source", video, "--no-pace", "--display", "--json")
    with edge_run("camera", bundle, *arguments, DISPLAY=screen.name) as running:
        printed, said = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, said) == (0, "")
    assert [json.loads(one)["frame"] for one in printed.splitlines()] == list(range(1, 26))


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_screen_that_cannot_be_opened(bundle: Path, video: Path, name: str) -> None:
    environment = {one: value for one, value in os.environ.items() if "DISPLAY" not in one}
    command = [str(one) for one in (EDGE_RUN, *showing(bundle, video))]
    done = subprocess.run(
        command,
        env={**environment, name: ":4711"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "edge-run: no window can be opened on the screen :4711; "
        "run it on the device's desktop, as its user, or without --display\n"
    )
