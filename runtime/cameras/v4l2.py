"""USB cameras, and whatever else gives pictures through Video4Linux."""

import errno
import fcntl
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from armlet.errors import SourceError
from armlet.runtime.cameras.finding import JOIN_VIDEO, Camera, find_cameras
from armlet.runtime.cameras.source import Pixels

# Linux's <linux/videodev2.h>: ask for no buffers, of a camera (1) in shared memory (1). That
# changes nothing, and is refused while another program has some.
_REQUEST_BUFFERS = 0xC0145608
_NO_BUFFERS = struct.pack("IIIII", 0, 1, 1, 0, 0)
MOST_DAMAGED = 30
"""Frames in a row that can't be decoded."""


@dataclass(frozen=True)
class V4l2Camera:
    """A source: a camera of this device, which may be unplugged and plugged in again."""

    name: str
    """Its node, such as ``/dev/video0``, or a link to that in ``/dev/v4l/by-id``."""
    waits = False

    def open(self) -> "V4l2Stream":
        """Start capturing.

        Raises:
            SourceError: It isn't there, not allowed, in use or no camera.
        """
        # OpenCV doesn't say why it can't open something, and the kernel does.
        _check(self.name)
        capture = cv2.VideoCapture(self.name, cv2.CAP_V4L2)
        if not capture.isOpened():
            raise SourceError(
                f"{self.name} doesn't work as a camera",
                "see edge-run doctor for those there are",
            )
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
        """Size and rate."""
        width = self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)
        height = self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        return f"{width:.0f} x {height:.0f}"

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


def _check(device: str) -> None:
    """See that a camera is there and free.

    Raises:
        SourceError: It isn't.
    """
    try:
        node = os.open(device, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(node, _REQUEST_BUFFERS, _NO_BUFFERS)
        finally:
            os.close(node)
    except OSError as error:
        raise _refused(device, error) from error


def _refused(device: str, error: OSError) -> SourceError:
    nodes = find_cameras().nodes
    others = [one.device for one in nodes if one.capture is not False and not one.csi]
    instead = f"try --source {others[0]}" if others else "plug a USB camera in"
    if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return SourceError(f"{device}: no such camera", instead)
    if error.errno in (errno.EACCES, errno.EPERM):
        return SourceError(f"{device} can't be opened by this user", JOIN_VIDEO)
    if error.errno == errno.EBUSY:
        return SourceError(f"{device} is busy", "end the other program that uses it")
    if _on_ribbon_cable(device, nodes):
        return SourceError(
            f"{device} belongs to a camera on the ribbon cable, which gives raw data", instead
        )
    return SourceError(f"{device} gives no pictures", instead)


def _on_ribbon_cable(device: str, nodes: Sequence[Camera]) -> bool:
    node = Path(device).resolve()
    return any(one.csi and Path(one.device) == node for one in nodes)
