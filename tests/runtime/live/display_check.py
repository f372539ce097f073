"""``edge-run camera --display`` on a real screen: Debian's xvfb, opencv-python, python-xlib."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from Xlib import XK, X
from Xlib.display import Display as Connection
from Xlib.error import BadWindow
from Xlib.ext import xtest
from Xlib.protocol.event import ClientMessage

from armlet.runtime.live.display import drawn
from tests.runtime.lasting import AT_ONCE_S, EDGE_RUN, Process, edge_run, record
from tests.runtime.live.results import live_result
from tests.runtime.stand_ins import write_video

PATIENCE_S = 30.0
STARTS, PAINTED_S = 8, 2.0


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
                with suppress(BadWindow):  # the one that was opened for a try has gone
                    name = str(one.get_wm_name())
                    if (
                        "edge-run camera" in name
                        and one.get_attributes().map_state == X.IsViewable
                    ):
                        found.append(one)
            return bool(found)

        soon(shown)
        return found[0]

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

    def press_until_it_ends(self, running: Process, window: Any, key: str) -> None:
        """As people do: a window may not hear keys from its very first moment."""

        def ended() -> bool:
            with suppress(subprocess.TimeoutExpired):
                running.wait(0.2)
            if running.returncode is None:
                self.press(window, key)
            return running.returncode is not None

        soon(ended)

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


@contextmanager
def showing(
    bundle: Path, video: Path, screen: Screen, *more: object
) -> Iterator[tuple[Process, Any]]:
    """A command that runs, and its window, which shows something.

    OpenCV 5.0 with Qt never paints some of its windows on Xvfb, whoever opens them; such a
    start is no start.
    """
    with ExitStack() as opened:
        for _ in range(STARTS):
            command = (*arguments(bundle, video), *more)
            running = opened.enter_context(edge_run(*command, DISPLAY=screen.name))
            window = screen.window()
            deadline = time.monotonic() + PAINTED_S
            while time.monotonic() < deadline:
                if np.ptp(screen.grab(window)) > 100:
                    yield running, window
                    return
            running.kill()
            running.wait()
        pytest.fail("no window shows anything")


def arguments(bundle: Path, video: Path) -> tuple[object, ...]:
    return ("camera", bundle, "--source", video, "--loop", "--display", "--changes", "--json")


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean of all values, of 255."""
    return float(np.abs(one.astype(float) - other).mean())


def test_window_shows_photo_and_label(
    bundle: Path, video: Path, photos: Path, screen: Screen
) -> None:
    photo = cv2.resize(np.asarray(cv2.imread(str(photos / "chelsea.png"))), (320, 240))
    with showing(bundle, video, screen) as (running, window):
        score = record(running)["top"][0]["score"]
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
        screen.press_until_it_ends(running, window, "q")
        assert ended(running) == ""


def ended(running: Process) -> str:
    """What it says; it ends well."""
    _, said = running.communicate(timeout=AT_ONCE_S)
    assert running.returncode == 0
    return said


@pytest.mark.parametrize("way", ["Escape", "close"])
def test_other_ways_to_end_it(bundle: Path, video: Path, screen: Screen, way: str) -> None:
    with showing(bundle, video, screen) as (running, window):
        if way == "close":
            screen.close(window)
        else:
            screen.press_until_it_ends(running, window, way)
        assert ended(running) == ""


def test_other_keys_do_not_end_it(bundle: Path, video: Path, screen: Screen) -> None:
    with showing(bundle, video, screen, "--duration", 4) as (running, window):
        for _ in range(10):
            screen.press(window, "a")
            with pytest.raises(subprocess.TimeoutExpired):
                running.wait(0.1)
        assert running.communicate(timeout=PATIENCE_S)[1] == ""
        assert running.returncode == 0


def test_all_frames_are_classified_all_the_same(
    bundle: Path, video: Path, screen: Screen
) -> None:
    options = ("--source", video, "--no-pace", "--display", "--json")
    with edge_run("camera", bundle, *options, DISPLAY=screen.name) as running:
        printed, said = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, said) == (0, "")
    assert [json.loads(one)["frame"] for one in printed.splitlines()] == list(range(1, 26))


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_screen_that_cannot_be_opened(bundle: Path, video: Path, name: str) -> None:
    environment = {one: value for one, value in os.environ.items() if "DISPLAY" not in one}
    command = [str(one) for one in (EDGE_RUN, *arguments(bundle, video))]
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
