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
    mode: str = ""
    """How it was captured, as ``Stream.mode`` says it."""


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """A source that stopped working, or that works again."""

    works: bool
    line: str
    """What happened, for people."""


class Stream(Protocol):
    """An open source. One thread opens, reads and closes it."""

    @property
    def mode(self) -> str:
        """What was agreed on, for people: ``640 x 480, MJPG, 30 frames a second``."""

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
        """What messages call it; without passwords."""

    @property
    def waits(self) -> bool:
        """Whether it holds each frame until it is wanted, so that none is passed over.

        Files that are played as quickly as they can be do; cameras don't.
        """

    @property
    def lasting(self) -> bool:
        """Whether it can't be unplugged and doesn't stall, however long a frame takes.

        Files are; cameras aren't, and one that gives nothing for long is opened again.
        """

    def open(self) -> Stream:
        """Open it; it may hang.

        Raises:
            SourceError: It isn't there, or can't be opened now.
        """
