"""What a camera sees and what the model says of it, in a window."""

import os
import subprocess
import sys
import unicodedata
from collections.abc import Mapping

import cv2
import numpy as np

from armlet.errors import BackendError, OptionError
from armlet.runtime.cameras.source import Frame, Pixels
from armlet.runtime.clock import Clock
from armlet.runtime.live.result import LiveResult
from armlet.runtime.live.watcher import Watcher

PAUSE_S = 1 / 30
"""Between two pictures; few screens and fewer eyes are quicker."""
NARROWEST, WIDEST, TALLEST = 640, 1280, 1280
"""Pixels of a picture that is shown; text is hard to read on others, or they take long."""
LONGEST_LABEL = 50
_LEAVE = (ord("q"), 27)
"""Keys that close the window: q and Escape."""
_TRY = "import cv2; cv2.namedWindow('edge-run')"
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_WHITE = (255, 255, 255)


def check_screen(environment: Mapping[str, str] = os.environ) -> None:
    """See that a window can be opened.

    Raises:
        OptionError: There is no screen.
        BackendError: This OpenCV has no windows, or the screen is somebody else's.
    """
    screen = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    if not screen:
        raise OptionError(
            "--display needs a screen, and neither DISPLAY nor WAYLAND_DISPLAY is set",
            "run it on the device's desktop, or without --display",
        )
    if not cv2.currentUIFramework():
        raise BackendError(
            "this OpenCV opens no windows",
            "run pip uninstall -y opencv-python-headless && pip install opencv-python",
        )
    # What draws the windows aborts the process when it finds no screen, so another one tries.
    command = [sys.executable, "-c", _TRY]
    try:
        done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    except subprocess.TimeoutExpired as error:
        raise _no_window(screen) from error
    if done.returncode:
        raise _no_window(screen)


def drawn(pixels: Pixels, result: LiveResult) -> Pixels:
    """A picture of a size that people can read, with the result on it.

    Args:
        pixels: (height, width, 3) in the order B, G, R; stays as it is.
        result: What the model said of it.

    Returns:
        ``NARROWEST`` to ``WIDEST`` wide and at most ``TALLEST`` high, in the same order; a
        picture that is too tall for that has black at its right.
    """
    height, width = pixels.shape[:2]
    scale = min(max(1.0, NARROWEST / width), WIDEST / width, TALLEST / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8)
    shown = max(size[0], NARROWEST)
    # Of the right size or not: what is drawn on is a copy.
    picture = np.zeros((size[1], shown, 3), np.uint8)
    picture[:, : size[0]] = resized
    times = f"inference {result.inference_ms:.1f} ms   age {result.frame_age_ms:.0f} ms"
    rate = "" if result.fps is None else f"   {result.fps:.1f} fps"
    labels = [f"{one.score * 100:.1f} %  {_drawable(one.label)}" for one in result.top]
    step = shown // 20
    lines = [*labels[:5], times + rate]
    # White on dark can be read on any picture.
    band = picture[: step * len(lines) + step // 3]
    band //= 3
    for number, line in enumerate(lines, 1):
        _write(picture, line, number * step, step)
    return picture


class Display(Watcher):
    """Shows frames as they are classified; closing the window, q or Escape end the command.

    Args:
        name: The source's.
        clock: In seconds.
    """

    def __init__(self, name: str, clock: Clock) -> None:
        self._title = f"edge-run camera {name}"
        self._clock = clock
        self._next_s = clock()
        self._newest: tuple[Frame, LiveResult] | None = None
        self._open = False
        self._over = False

    def saw(self, frame: Frame, result: LiveResult) -> None:
        """Show it soon, unless a newer one comes before."""
        self._newest = frame, result

    def tick(self) -> None:
        """Show the newest frame, and see what the user does, at most 30 times a second."""
        now = self._clock()
        if now < self._next_s or self._over:
            return
        self._next_s = now + PAUSE_S
        # First, since showing a picture would open a closed window again.
        if self._open:
            key = cv2.pollKey() & 0xFF
            self._over = key in _LEAVE or not self._visible
        if self._newest and not self._over:
            frame, result = self._newest
            self._newest = None
            self._show(drawn(frame.pixels, result))

    @property
    def over(self) -> bool:
        """Whether the window was closed."""
        return self._over

    @property
    def _visible(self) -> bool:
        try:
            return cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # there is none of this name any more
            return False

    def _show(self, picture: Pixels) -> None:
        if not self._open:
            style = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
            cv2.namedWindow(self._title, style)
            cv2.resizeWindow(self._title, picture.shape[1], picture.shape[0])
            self._open = True
        cv2.imshow(self._title, picture)


def _no_window(screen: str) -> BackendError:
    return BackendError(
        f"no window can be opened on the screen {screen}",
        "run it on the device's desktop, as its user, or without --display",
    )


def _drawable(label: str) -> str:
    """As much of a label as OpenCV has letters for; before its release 5, that is ASCII."""
    if not hasattr(cv2, "FontFace"):
        label = unicodedata.normalize("NFKD", label)
        label = "".join(one for one in label if not unicodedata.combining(one))
        label = label.encode("ascii", "replace").decode("ascii")
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 3]}..."


def _write(picture: Pixels, line: str, bottom: int, step: int) -> None:
    """Write a line, as large as a step allows and as narrow as the picture is."""
    scale = step / 40
    (wide, _), _ = cv2.getTextSize(line, _FONT, scale, 1)
    scale *= min(1.0, (picture.shape[1] - 2 * step) / wide)
    cv2.putText(picture, line, (step // 2, bottom), _FONT, scale, _WHITE, 1, cv2.LINE_AA)
