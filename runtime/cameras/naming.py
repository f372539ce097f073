"""From what a user calls a source to the source."""

from dataclasses import dataclass
from pathlib import Path

from armlet.errors import OptionError
from armlet.runtime.cameras.source import Source
from armlet.runtime.cameras.v4l2 import V4l2Camera
from armlet.runtime.cameras.video import VideoFile


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the options say of how frames are to come; None: whatever suits the source."""

    width: int | None = None
    """In pixels, as for ``height``."""
    height: int | None = None
    fps: float | None = None
    """Frames a second; of a folder, pictures a second."""
    paced: bool = True
    """Whether files come as they would from a camera; else as quickly as they are wanted."""
    loop: bool = False
    """Whether files begin again at their end."""


ANYHOW = Wanted()


def find_source(named: str | None, wanted: Wanted = ANYHOW) -> Source:
    """The source that is meant.

    Args:
        named: A number, a device, a file, ...; None: the only camera that is there.
        wanted: How frames are to come.

    Raises:
        OptionError: It names nothing that frames could come from.
    """
    named = "0" if named is None else named
    if "://" in named:
        raise OptionError(f"{named} is an address", "give a camera or a video file")
    if named.isdecimal():
        return V4l2Camera(f"/dev/video{int(named)}")
    if named.startswith("/dev/"):
        return V4l2Camera(named)
    return VideoFile(Path(named), paced=wanted.paced, loop=wanted.loop)
