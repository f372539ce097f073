"""Cameras of the network, by their address: RTSP, or Motion JPEG through HTTP."""

import os
import time
from dataclasses import dataclass

import cv2
import numpy as np

from armlet.errors import SourceError
from armlet.runtime.cameras.modes import described
from armlet.runtime.cameras.reachable import why_not
from armlet.runtime.cameras.source import Pixels
from armlet.runtime.cameras.v4l2 import fourcc

SCHEMES = ("rtsp", "rtsps", "http", "https")
OPEN_MS, READ_MS = 4000, 1500
"""How long opening and reading may take: less than ``feed.PATIENCE``, so that we say why."""
FIRST_S = 4.2
"""No read begins later than this after opening began, while there is no first frame."""
# FFmpeg's options for whatever OpenCV opens next, files too, which take no notice of the first:
# over UDP, lost packets would damage pictures. It is not to look at the stream for long before
# the first picture: slow ones would take 5 seconds, and what comes meanwhile is old by then.
_OPTIONS = "rtsp_transport;tcp|analyzeduration;1500000"


@dataclass(frozen=True)
class Address:
    """A source: a stream that may break off and come back."""

    url: str
    waits = False
    lasting = False

    @property
    def name(self) -> str:
        """The address without what may be secret: user, password and parameters."""
        scheme, _, rest = self.url.partition("://")
        # The last @, since passwords may hold any of these characters.
        place = rest.rpartition("@")[2]
        return f"{scheme}://{place.partition('?')[0].partition('#')[0]}"

    def open(self) -> "AddressStream":
        """Connect.

        Raises:
            SourceError: It can't be reached, refuses us or gives no stream.
        """
        began = time.monotonic()
        os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", _OPTIONS)
        settings = [
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS),
        ]
        capture = cv2.VideoCapture(self.url, cv2.CAP_FFMPEG, settings)
        if not capture.isOpened():
            capture.release()
            problem, advice = why_not(self.url)
            raise SourceError(f"{self.name} {problem}", advice)
        return AddressStream(self.name, capture, began + FIRST_S)


class AddressStream:
    """A stream that comes in.

    Args:
        name: What messages call it.
        capture: OpenCV's, open.
        until: How long to try for the first frame, in seconds of the monotonic clock.
    """

    def __init__(self, name: str, capture: cv2.VideoCapture, until: float) -> None:
        self._name = name
        self._capture = capture
        self._until = until

    @property
    def mode(self) -> str:
        """Size and format; what such streams say of their rate is mostly wrong."""
        get = self._capture.get
        width, height = get(cv2.CAP_PROP_FRAME_WIDTH), get(cv2.CAP_PROP_FRAME_HEIGHT)
        return described(width, height, fourcc(get(cv2.CAP_PROP_FOURCC)), 0)

    def read(self) -> Pixels:
        """Wait for the next frame.

        Raises:
            SourceError: It has broken off, which is never its end.
        """
        while True:
            began = time.monotonic()
            good, pixels = self._capture.read()
            if good:
                self._until = began
                return np.asarray(pixels, np.uint8)
            now = time.monotonic()
            # H.264 shows nothing before its next whole picture, which may be seconds away.
            if now - began < READ_MS / 1e3 or now > self._until:
                raise SourceError(
                    f"{self._name} has broken off", "see to the camera and the network"
                )

    def close(self) -> None:
        """Disconnect."""
        self._capture.release()
