"""Cameras of the network, by their address: RTSP, or Motion JPEG through HTTP."""

import os
import re
import time
from dataclasses import dataclass

import cv2
import numpy as np

from armlet.errors import OptionError, SourceError
from armlet.runtime.cameras.modes import described
from armlet.runtime.cameras.reachable import is_picture, why_not
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
_AFTER_HOST = re.compile(r"[/?#]")
# A number, and not a user with a password of digits.
_SURELY_A_HOST = re.compile(r"(\d{1,3}(\.\d{1,3}){3}|\[[\da-fA-F:.]+\]|localhost)(:\d{1,5})?")


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
        login, at, host = _AFTER_HOST.split(rest, maxsplit=1)[0].rpartition("@")
        place = rest[len(login + at) :]
        before, _, after = rest.rpartition("@")
        # An @ further on may belong to the path, or end a password that isn't %-encoded. Only
        # after a colon there may be a password, and when in doubt there is one.
        if "@" in place and ":" in before and not _SURELY_A_HOST.fullmatch(host):
            place = after
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
        return AddressStream(self, capture, began + FIRST_S)


class AddressStream:
    """A stream that comes in.

    Args:
        address: Whose it is.
        capture: OpenCV's, open.
        until: How long to try for the first frame, in seconds of the monotonic clock.
    """

    def __init__(self, address: Address, capture: cv2.VideoCapture, until: float) -> None:
        self._address = address
        self._capture = capture
        self._until = until
        self._count = 0

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
            OptionError: It never was a stream.
        """
        while True:
            began = time.monotonic()
            good, pixels = self._capture.read()
            if good:
                self._until = began
                self._count += 1
                return np.asarray(pixels, np.uint8)
            now = time.monotonic()
            # H.264 shows nothing before its next whole picture, which may be seconds away.
            if now - began < READ_MS / 1e3 or now > self._until:
                name = self._address.name
                if self._count <= 1 and is_picture(self._address.url):
                    raise OptionError(
                        f"{name} is a single picture and no stream", "give that of the stream"
                    )
                raise SourceError(f"{name} has broken off", "see to the camera and the network")

    def close(self) -> None:
        """Disconnect."""
        self._capture.release()
