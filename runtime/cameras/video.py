"""Video files, which stand in for a camera."""

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from armlet.errors import SourceError
from armlet.runtime.cameras.source import Pixels
from armlet.runtime.clock import Clock

SLOWEST, FASTEST = 1.0, 240.0
"""Frames a second; a file that claims another rate is played at the nearest of these."""


@dataclass(frozen=True)
class VideoFile:
    """A source: a file whose frames come when they would come from a camera."""

    path: Path
    paced: bool = True
    """False: as quickly as they are wanted, and none is passed over."""
    loop: bool = False
    """Whether it begins again at its end."""
    clock: Clock = time.monotonic
    lasting = True

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def waits(self) -> bool:
        """Whether it isn't paced."""
        return not self.paced

    def open(self) -> "VideoStream":
        """Start at the beginning.

        Raises:
            SourceError: It isn't there, or is no video.
        """
        # OpenCV would take a name such as http://... or concat:... as well.
        if not self.path.is_file():
            raise SourceError(
                f"{self.path}: no such video file",
                "give a file, a folder, a number, a /dev/video node or an address",
            )
        return VideoStream(self)


class VideoStream:
    """A video that is being played.

    Args:
        video: Which one, and how.

    Raises:
        SourceError: It is no video.
    """

    def __init__(self, video: VideoFile) -> None:
        self._video = video
        self._capture = self._opened()
        claimed = self._capture.get(cv2.CAP_PROP_FPS)
        self._fps = float(np.clip(claimed, SLOWEST, FASTEST))
        self._began: float | None = None
        self._count = 0
        """Frames since the beginning, or since it began again."""

    @property
    def mode(self) -> str:
        """Size and rate."""
        width = self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)
        height = self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        rate = f"{self._fps:.4g} frames a second" if self._video.paced else "not paced"
        return f"{width:.0f} x {height:.0f}, {rate}"

    def read(self) -> Pixels | None:
        """Wait until the next frame is due, if the video is paced.

        Raises:
            SourceError: There isn't even a first one.
        """
        good, pixels = self._capture.read()
        if not good and self._count and self._video.loop:
            # Seeking to the first frame isn't exact in every format, and opening is.
            self._capture.release()
            self._capture = self._opened()
            self._began, self._count = None, 0
            good, pixels = self._capture.read()
        if not good and self._count == 0:
            raise SourceError(f"{self._video.name} holds no pictures", "give another video")
        if not good:
            return None
        if self._video.paced:
            self._wait()
        self._count += 1
        return np.asarray(pixels, np.uint8)

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _opened(self) -> cv2.VideoCapture:
        # FFmpeg takes what stands before a colon for a protocol, unless a slash comes first.
        capture = cv2.VideoCapture(str(self._video.path.absolute()), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise SourceError(
                f"{self._video.name} can't be read as a video", "give a file that ffmpeg plays"
            )
        return capture

    def _wait(self) -> None:
        clock = self._video.clock
        if self._began is None:
            self._began = clock()
        due = self._began + self._count / self._fps
        time.sleep(max(0.0, due - clock()))
