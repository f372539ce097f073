"""Sources for tests: one that does as it is told, and a real video of known pictures."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from armlet.errors import SourceError
from armlet.runtime.cameras.source import Pixels


class Script:
    """A source; each time it is opened it goes through the next act.

    An act is a list of what the stream does: a number gives a frame of that colour, ``gone``
    raises, ``hang`` waits until the test is over, ``refused`` fails to open.
    """

    name = "the camera"
    mode = "6 x 4"
    waits = False
    lasting = False

    def __init__(self, *acts: Sequence[int | str], pause_s: float = 0.02) -> None:
        self._acts = iter(acts)
        self._pause_s = pause_s
        self.opened = 0
        self.closed = 0
        self.over = threading.Event()

    def open(self) -> "Script":
        self._steps: Iterator[int | str] = iter(next(self._acts))
        self.opened += 1
        return self

    def read(self) -> Pixels | None:
        step = next(self._steps, None)
        if step is None:
            return None
        if step == "gone":
            raise SourceError("the camera is gone", "plug it in")
        if step == "hang":
            self.over.wait(30)
            raise SourceError("the camera hung", "plug it in")
        time.sleep(self._pause_s)
        return np.full((4, 6, 3), step, np.uint8)

    def close(self) -> None:
        self.closed += 1


class Refused(Script):
    """One that can't be opened so many times."""

    def __init__(self, times: range, *acts: Sequence[int | str]) -> None:
        super().__init__(*acts)
        self._times = times
        self.attempts = 0

    def open(self) -> Script:
        self.attempts += 1
        if self.attempts in self._times:
            raise SourceError("the camera: no such camera", "plug it in")
        return super().open()


def write_video(
    path: Path,
    pictures: Sequence[Path],
    each: int,
    fps: float = 25.0,
    size: tuple[int, int] = (320, 240),
) -> None:
    """A Motion JPEG video of so many frames of each picture, of this width and height."""
    fourcc = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), fourcc, fps, size)
    for picture in pictures:
        pixels = cv2.resize(np.asarray(cv2.imread(str(picture))), size)
        for _ in range(each):
            writer.write(pixels)
    writer.release()
