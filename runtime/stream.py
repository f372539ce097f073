"""What a camera or a video is to edge-run: a source can be opened, a stream gives frames."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""(height, width, 3) in the order B, G, R, as OpenCV captures."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One picture of a stream."""

    pixels: Pixels
    number: int
    """From 1, of all that were captured since the start."""
    captured: float
    """In seconds of the clock that times the stream."""


class Stream(Protocol):
    """An open source. One thread opens, reads and closes it."""

    def read(self) -> Pixels | None:
        """Wait for the next frame; it may hang.

        Returns:
            A frame that nobody else changes; None: the source has come to its end.

        Raises:
            SourceError: The source is gone. It may come back, and is opened again then.
        """

    def close(self) -> None:
        """Let go of the source."""


class Source(Protocol):
    """Where frames come from."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def open(self) -> Stream:
        """Open it; it may hang.

        Raises:
            SourceError: It isn't there, or can't be opened now.
        """
