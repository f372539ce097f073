"""Video files, which stand in for a camera."""

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from armlet.errors import SourceError
from armlet.runtime.clock import Clock
from armlet.runtime.stream import Pixels

SLOWEST, FASTEST = 1.0, 240.0
"""Frames a second; a file that claims another rate is played at the nearest of these."""


@dataclass(frozen=True)
class VideoFile:
    """A source: a file whose frames come when they would come from a camera."""

    path: Path
    clock: Clock = time.monotonic

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def open(self) -> "VideoStream":
        """Start at the beginning.

        Raises:
            SourceError: It isn't there, or is no video.
        """
        # OpenCV would take a name such as http://... or concat:... as well.
        if not self.path.is_file():
            raise SourceError(
                f"{self.path}: no such video file", "give a file, a number or a /dev/video node"
            )
        capture = cv2.VideoCapture(str(self.path), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise SourceError(
                f"{self.path} can't be read as a video", "give a file that ffmpeg plays"
            )
        return VideoStream(self.name, capture, self.clock)


class VideoStream:
    """A video that is being played.

    Args:
        name: What messages call it.
        capture: OpenCV's, open.
        clock: In seconds.
    """

    def __init__(self, name: str, capture: cv2.VideoCapture, clock: Clock) -> None:
        self._name = name
        self._capture = capture
        self._clock = clock
        self._period_s = 1 / float(np.clip(capture.get(cv2.CAP_PROP_FPS), SLOWEST, FASTEST))
        self._began: float | None = None
        self._count = 0

    def read(self) -> Pixels | None:
        """Wait until the next frame is due.

        Raises:
            SourceError: There isn't even a first one.
        """
        good, pixels = self._capture.read()
        if not good and self._count == 0:
            raise SourceError(f"{self._name} holds no pictures", "give another video")
        if not good:
            return None
        if self._began is None:
            self._began = self._clock()
        due = self._began + self._count * self._period_s
        self._count += 1
        time.sleep(max(0.0, due - self._clock()))
        return np.asarray(pixels, np.uint8)

    def close(self) -> None:
        """Close the file."""
        self._capture.release()
