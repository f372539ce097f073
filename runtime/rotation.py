"""Old logs beside the newest: FILE.1 is the newest old one, FILE.2 the one before."""

import os
from dataclasses import dataclass
from pathlib import Path

from armlet.errors import OutputError
from armlet.runtime.log_file import refuse_stranger

_STRANGER = "is no log of edge-run, and would be removed some day"


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """How much of a log is kept."""

    size: int
    """Bytes that a file may hold; a line that would make it longer begins another one."""
    keep: int
    """How many old files there are at most; the oldest one makes room."""

    def names(self, path: Path) -> list[Path]:
        """What the old files of this log are called, the newest first."""
        return [Path(f"{path}.{number}") for number in range(1, self.keep + 1)]


def check_rotation(path: Path, rotation: Rotation) -> None:
    """See that a log, and whatever has the names of its old ones, may be renamed and replaced.

    Args:
        path: Of the log; no link.
        rotation: How it is rotated.

    Raises:
        OutputError: There is a file of somebody else, or the folder can't be written to.
    """
    for one in (path, *rotation.names(path)):
        refuse_stranger(one, _STRANGER, strict=True)
    if path.parent.is_dir() and not os.access(path.parent, os.W_OK | os.X_OK):
        raise OutputError(
            f"{path.parent} can't be written to, so there is no place for old logs",
            "choose another --log, or give --log-size 0",
        )


def rotate(path: Path, rotation: Rotation) -> None:
    """Make room for another file; the log itself becomes FILE.1.

    Each file takes a name that is free, or that of the oldest. So a kill in between leaves a
    name free, where the renaming ends the next time, and every line in one file.

    Args:
        path: Of the log; no link.
        rotation: How many are kept.

    Raises:
        OSError: A file can't be renamed.
        OutputError: Somebody has put another file in the oldest one's place.
    """
    names = rotation.names(path)
    last = next((at for at, name in enumerate(names) if not name.exists()), len(names) - 1)
    refuse_stranger(names[last], _STRANGER, strict=True)
    newest_last = [*reversed(names[: last + 1]), path]
    for older, newer in zip(newest_last, newest_last[1:], strict=False):
        newer.rename(older)
