"""Pictures to calibrate with and to check on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from armlet.errors import CalibrationError, ImageError
from armlet.preprocessing import SUFFIXES, Picture, decode

SHIPPED = Path(__file__).parent / "shipped" / "pictures"
"""Crops of free photos, see its README: for checks where the user gives no pictures."""


@dataclass(frozen=True, kw_only=True)
class PictureFiles:
    """Picture files that are known to be readable."""

    paths: Sequence[Path]
    unreadable: Sequence[str]
    """A line for each file that looked like a picture and isn't."""

    def __iter__(self) -> Iterator[Picture]:
        """Decode one after the other; memory holds one at a time."""
        for path in self.paths:
            yield decode(path)

    def spread(self, count: int) -> "PictureFiles":
        """At most ``count`` of them, evenly taken from the whole list."""
        if len(self.paths) <= count:
            return self
        step = len(self.paths) / count
        chosen = [self.paths[int(index * step)] for index in range(count)]
        return PictureFiles(paths=chosen, unreadable=self.unreadable)


def find(folder: Path, option: str) -> PictureFiles:
    """The pictures in a folder, at any depth, in order of their names.

    Files without a picture's suffix and hidden ones are passed over.

    Args:
        folder: Where to look.
        option: What the folder was given as, for messages.

    Raises:
        CalibrationError: There is no folder, or no readable picture in it.
    """
    if not folder.is_dir():
        problem = "is no folder" if folder.exists() else "does not exist"
        raise CalibrationError(f"{option} {folder} {problem}", "give a folder of pictures")
    paths, unreadable = [], []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
            continue
        try:
            decode(path)
        except ImageError as error:
            unreadable.append(error.problem)
        else:
            paths.append(path)
    if not paths:
        what = f"no readable one of {len(unreadable)}" if unreadable else "none"
        raise CalibrationError(
            f"{option} {folder} holds {what} pictures", "give a folder of pictures"
        )
    return PictureFiles(paths=paths, unreadable=unreadable)


def shipped() -> PictureFiles:
    """The pictures that come with armlet."""
    return PictureFiles(paths=sorted(SHIPPED.glob("*.jpg")), unreadable=())
