"""From what a user calls a source to the source."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from armlet.errors import OptionError
from armlet.runtime.cameras.address import SCHEMES, Address
from armlet.runtime.cameras.csi import CsiCamera
from armlet.runtime.cameras.csi_list import list_csi
from armlet.runtime.cameras.finding import find_cameras
from armlet.runtime.cameras.folder import Folder
from armlet.runtime.cameras.modes import WISH, Wish
from armlet.runtime.cameras.only_camera import only_camera
from armlet.runtime.cameras.source import Source
from armlet.runtime.cameras.v4l2 import V4l2Camera
from armlet.runtime.cameras.video import VideoFile

_CSI = re.compile(r"csi(?::(\d{1,3}))?")


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

    @property
    def wish(self) -> Wish:
        """What is wished of a camera."""
        return Wish(
            width=self.width or WISH.width,
            height=self.height or WISH.height,
            fps=self.fps or WISH.fps,
        )

    def only(self, source: str, *heeded: str) -> None:
        """See that nothing is wanted that a kind of source can't heed.

        Args:
            source: The kind, as messages call it.
            heeded: The options that it heeds.

        Raises:
            OptionError: Another one was given.
        """
        given = {
            "--size": self.width is not None,
            "--fps": self.fps is not None,
            "--no-pace": not self.paced,
            "--loop": self.loop,
        }
        wrong = [name for name, is_given in given.items() if is_given and name not in heeded]
        if wrong:
            raise OptionError(f"{source} takes no {' and no '.join(wrong)}", "leave that out")


ANYHOW = Wanted()


def find_source(
    named: str | None,
    wanted: Wanted = ANYHOW,
    report: Callable[[str], None] = lambda line: None,
) -> Source:
    """The source that is meant.

    Args:
        named: A number, a device, ``csi``, an address, a file or a folder; None: the only
            camera that is there.
        wanted: How frames are to come.
        report: Is told in a line what a source has to say and goes on.

    Raises:
        OptionError: It names nothing that frames could come from, or that can't heed an option.
        SourceError: Nothing is named, and there is no camera or more than one.
    """
    if named == "":
        raise OptionError("--source names nothing", "leave it out to take the only camera")
    if named is None:
        named = only_camera(find_cameras(), list_csi)
    if "://" in named:
        return _address(named, wanted)
    if csi := _CSI.fullmatch(named):
        wanted.only("a camera", "--size", "--fps")
        return CsiCamera(int(csi[1] or 0), wanted.wish)
    if named.isdecimal() or named.startswith("/dev/"):
        wanted.only("a camera", "--size", "--fps")
        device = f"/dev/video{int(named)}" if named.isdecimal() else named
        return V4l2Camera(device, wanted.wish)
    path = Path(named)
    if path.is_dir():
        wanted.only("a folder", "--fps", "--no-pace", "--loop")
        if wanted.fps is not None and not wanted.paced:
            raise OptionError("--fps and --no-pace contradict each other", "drop one")
        return Folder(
            path,
            fps=wanted.fps or 1.0,
            paced=wanted.paced,
            loop=wanted.loop,
            report=report,
        )
    wanted.only("a video file", "--no-pace", "--loop")
    return VideoFile(path, paced=wanted.paced, loop=wanted.loop)


def _address(url: str, wanted: Wanted) -> Source:
    if not all("!" <= one <= "~" for one in url):
        raise OptionError(
            "--source: an address holds no spaces and no letters beyond ASCII",
            "write it %-encoded, a space as %20",
        )
    scheme = url.partition("://")[0].lower()
    if scheme not in SCHEMES:
        known = ", ".join(f"{one}://" for one in SCHEMES)
        raise OptionError(f"{scheme}:// is no address of a stream", f"give one with {known}")
    wanted.only("an address")
    return Address(f"{scheme}{url[len(scheme) :]}")
