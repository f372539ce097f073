"""USB cameras, and whatever else gives pictures through Video4Linux."""

import errno
import os
from dataclasses import dataclass

import cv2
import numpy as np

from armlet.errors import SourceError
from armlet.runtime.cameras.finding import JOIN_VIDEO, find_cameras, on_ribbon_cable
from armlet.runtime.cameras.holders import who_has
from armlet.runtime.cameras.modes import WISH, Mode, Wish, choose, described
from armlet.runtime.cameras.offers import asker, offers_near, see_that_it_is_free
from armlet.runtime.cameras.source import Pixels

MOST_DAMAGED = 30
"""Frames in a row that can't be decoded."""


@dataclass(frozen=True)
class V4l2Camera:
    """A source: a camera of this device, which may be unplugged and plugged in again."""

    name: str
    """Its node, such as ``/dev/video0``, or a link to that in ``/dev/v4l/by-id``."""
    wish: Wish = WISH
    waits = False
    lasting = False

    def open(self) -> "V4l2Stream":
        """Start capturing, in the mode that suits the wish best.

        Raises:
            SourceError: It isn't there, not allowed, in use or no camera.
        """
        # OpenCV doesn't say why it can't open something, and the kernel does.
        mode = _negotiated(self.name, self.wish)
        capture = cv2.VideoCapture(self.name, cv2.CAP_V4L2)
        if not capture.isOpened():
            _negotiated(self.name, self.wish)  # somebody may just have taken it
            raise SourceError(
                f"{self.name} doesn't work as a camera",
                "see edge-run camera --list for those there are",
            )
        # Each of these may be refused or changed; what came of it is read back.
        if mode.fourcc:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*mode.fourcc.ljust(4)))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, mode.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, mode.height)
        capture.set(cv2.CAP_PROP_FPS, mode.fps)
        return V4l2Stream(self.name, capture)


class V4l2Stream:
    """A camera that captures.

    Args:
        name: What messages call it.
        capture: OpenCV's, open.
    """

    def __init__(self, name: str, capture: cv2.VideoCapture) -> None:
        self._name = name
        self._capture = capture

    @property
    def mode(self) -> str:
        """Size, format and rate, as the driver has them."""
        get = self._capture.get
        return described(
            get(cv2.CAP_PROP_FRAME_WIDTH),
            get(cv2.CAP_PROP_FRAME_HEIGHT),
            fourcc(get(cv2.CAP_PROP_FOURCC)),
            get(cv2.CAP_PROP_FPS),
        )

    def read(self) -> Pixels:
        """Wait for the next frame, but not for ever: see ``entry.run``.

        Raises:
            SourceError: It was unplugged, or gives nothing.
        """
        # Cheap cameras send half a JPEG now and then, above all at first.
        for _ in range(MOST_DAMAGED):
            if not self._capture.grab():
                raise SourceError(f"{self._name} is gone", "plug it in again")
            good, pixels = self._capture.retrieve()
            if good:
                return np.asarray(pixels, np.uint8)
        raise SourceError(f"{self._name} gives damaged pictures", "see to its cable")

    def close(self) -> None:
        """Stop capturing."""
        self._capture.release()


def fourcc(number: float) -> str:
    """Four letters out of OpenCV's number for a format; empty: it doesn't know."""
    code = max(int(number), 0).to_bytes(8, "little")[:4].decode("ascii", "replace")
    return code.strip(" \0") if code.isprintable() else ""


def _negotiated(device: str, wish: Wish) -> Mode:
    """See that a camera is there, gives pictures and is free, and choose a mode.

    Raises:
        SourceError: It isn't or doesn't.
    """
    if on_ribbon_cable(device):
        raise SourceError(
            f"{device} belongs to a camera on the ribbon cable, which gives raw data",
            "try --source csi",
        )
    try:
        node = os.open(device, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            ask = asker(node)
            see_that_it_is_free(ask)
            return choose(offers_near(ask, wish.width, wish.height), wish)
        finally:
            os.close(node)
    except OSError as error:
        raise _refused(device, error) from error


def _refused(device: str, error: OSError) -> SourceError:
    nodes = find_cameras().nodes
    others = [one.device for one in nodes if one.capture is not False and not one.csi]
    others += ["csi"] if any(one.csi for one in nodes) else []
    instead = f"try --source {others[0]}" if others else "plug a USB camera in"
    if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return SourceError(f"{device}: no such camera", instead)
    if error.errno in (errno.EACCES, errno.EPERM):
        return SourceError(f"{device} can't be opened by this user", JOIN_VIDEO)
    if error.errno == errno.EBUSY:
        return _busy(device)
    return SourceError(f"{device} gives no pictures", instead)


def _busy(device: str) -> SourceError:
    holders = who_has(device)
    if holders.seen:
        return SourceError(f"{device} is busy, {holders} has it", "end that first")
    advice = "end the other program that uses it"
    if holders.hidden:
        advice += f", which sudo fuser -v {device} tells"
    return SourceError(f"{device} is busy", advice)
