"""The camera on the ribbon cable through Picamera2, where only that is installed."""

from importlib import import_module
from typing import Any

import numpy as np

from armlet.errors import SourceError
from armlet.runtime.cameras.modes import Wish, described
from armlet.runtime.cameras.source import Pixels


class PicameraStream:
    """A camera that captures.

    Args:
        name: What messages call it.
        number: As libcamera counts them.
        wish: Size and rate.

    Raises:
        SourceError: It isn't there or is in use.
    """

    def __init__(self, name: str, number: int, wish: Wish) -> None:
        self._name = name
        self._camera: Any = None
        try:
            self._camera = import_module("picamera2").Picamera2(number)
            configuration = self._camera.create_video_configuration(
                # What libcamera calls RGB888 is B, G, R in memory.
                main={"size": (wish.width, wish.height), "format": "RGB888"},
                controls={"FrameRate": wish.fps},
            )
            self._camera.configure(configuration)
            self._camera.start()
            width, height = self._camera.camera_configuration()["main"]["size"]
        except Exception as error:  # it raises whatever libcamera and its own code raise
            self.close()
            raise self._failure(error, "see edge-run camera --list") from error
        self._mode = described(width, height, "BGR3", 0)

    @property
    def mode(self) -> str:
        """Size and format; nothing tells the rate."""
        return self._mode

    def read(self) -> Pixels:
        """Wait for the next frame.

        Raises:
            SourceError: It gives none any more.
        """
        try:
            return np.asarray(self._camera.capture_array("main"), np.uint8)
        except Exception as error:
            raise self._failure(error, "see to its cable") from error

    def close(self) -> None:
        """Stop capturing; what is broken may fail in that as well."""
        camera, self._camera = self._camera, None
        for step in ("stop", "close"):
            try:
                getattr(camera, step, bool)()
            except Exception:
                continue

    def _failure(self, error: Exception, advice: str) -> SourceError:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return SourceError(f"{self._name} doesn't work with picamera2, {reason}", advice)
