"""A folder of pictures, which stands in for a camera."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from armlet.errors import ImageError, SourceError
from armlet.preprocessing import decode
from armlet.runtime.cameras.source import Pixels
from armlet.runtime.clock import Clock
from armlet.runtime.sources import search

Report = Callable[[str], None]
"""Is told something in a line."""


@dataclass(frozen=True)
class Folder:
    """A source: the pictures of a folder at any depth, in order of their names."""

    path: Path
    fps: float = 1.0
    """Pictures a second."""
    paced: bool = True
    """False: as quickly as they are wanted, and none is passed over."""
    loop: bool = False
    """Whether it begins again at its end, with what is in the folder then."""
    report: Report = lambda line: None
    """Is told of a picture that can't be read, once."""
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

    def open(self) -> "FolderStream":
        """Start at the beginning.

        Raises:
            SourceError: There is no such folder.
        """
        if not self.path.is_dir():
            raise SourceError(f"{self.path}: no such folder", "give a folder of pictures")
        return FolderStream(self)


class FolderStream:
    """Pictures that are being shown.

    Args:
        folder: Which one, and how.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._pictures = self._round()
        self._reported: set[str] = set()
        self._began: float | None = None
        self._count = 0
        """Pictures since the beginning."""

    @property
    def mode(self) -> str:
        """The rate; each picture has a size of its own."""
        if not self._folder.paced:
            return "pictures, not paced"
        return f"pictures, {self._folder.fps:.4g} a second"

    def read(self) -> Pixels | None:
        """Wait until the next picture is due, if they are paced.

        Raises:
            SourceError: The folder holds no picture that can be read.
        """
        pixels = next(self._pictures, None)
        if pixels is None and self._folder.loop:
            self._pictures = self._round()
            pixels = next(self._pictures, None)
        if pixels is None and (self._count == 0 or self._folder.loop):
            raise SourceError(
                f"{self._folder.name} holds no picture that can be read",
                "give a folder of JPEG, PNG, BMP, TIFF or WebP files",
            )
        if pixels is None:
            return None
        if self._folder.paced:
            self._wait()
        self._count += 1
        return pixels

    def close(self) -> None:
        """Nothing is open in between."""

    def _round(self) -> Iterator[Pixels]:
        """Each picture that can be read, once."""
        for found in search(self._folder.path):
            try:
                if isinstance(found, ImageError):
                    raise found
                picture = decode(found)
            except ImageError as error:
                self._passed_over(error)
            else:
                yield np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), np.uint8)

    def _passed_over(self, error: ImageError) -> None:
        if error.problem not in self._reported:
            self._reported.add(error.problem)
            self._folder.report(f"{error.problem}; passed over")

    def _wait(self) -> None:
        clock = self._folder.clock
        if self._began is None:
            self._began = clock()
        due = self._began + self._count / self._folder.fps
        time.sleep(max(0.0, due - clock()))
