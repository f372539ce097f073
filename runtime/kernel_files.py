"""What the kernel says in its small files under /sys, /proc and /dev.

Every reader takes the folder that stands for ``/``, so that tests can lay one out.
"""

from collections.abc import Sequence
from pathlib import Path


def read_text(path: Path) -> str | None:
    """A file's text without blanks at its ends; None: it isn't there or has nothing to say.

    Such files may be listed and yet fail when read: a sensor sleeps, a right is missing.
    Device trees end their strings with a zero byte.
    """
    try:
        return path.read_bytes().decode("utf-8", "replace").strip(" \t\n\0") or None
    except OSError:
        return None


def read_number(path: Path) -> int | None:
    """A file's decimal number; None: it isn't there or holds something else."""
    try:
        return int(read_text(path) or "")
    except ValueError:
        return None


def read_table(path: Path) -> Sequence[tuple[str, str]]:
    """The lines ``key: value`` of a file, in its order."""
    pairs = (line.partition(":") for line in (read_text(path) or "").splitlines())
    return [(key.strip(), value.strip()) for key, colon, value in pairs if colon]


def in_order(folder: Path, pattern: str) -> Sequence[Path]:
    """Entries such as ``policy0`` and ``policy4``, by their numbers."""
    return sorted(folder.glob(pattern), key=lambda path: (len(path.name), path.name))
