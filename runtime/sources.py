"""Where pictures come from: files, folders and globs."""

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from armlet.errors import ImageError
from armlet.preprocessing import SUFFIXES

ADVICE = "give picture files, folders of them or globs"


def find_pictures(sources: Sequence[str]) -> Sequence[Path]:
    """Every picture that is meant, once, in the order of the arguments.

    Args:
        sources: Files, which are taken whatever their name; folders, searched recursively for
            pictures by suffix, hidden ones passed over; globs, where ``**`` is any depth and a
            match counts as if it had been given itself.

    Raises:
        ImageError: An argument leads to no picture, or a folder can't be read.
    """
    found: dict[str, Path] = {}
    for source in sources:
        pictures = list(_expand(source))
        if not pictures:
            raise ImageError(f"{source}: no picture there", ADVICE)
        for picture in pictures:
            found.setdefault(os.path.abspath(picture), picture)
    return list(found.values())


def _expand(source: str) -> Iterable[Path]:
    # A name with brackets or a question mark may well be a file's.
    matches = [source] if os.path.lexists(source) else sorted(glob.glob(source, recursive=True))
    if not matches:
        raise ImageError(f"{source}: no such file or folder", ADVICE)
    for match in map(Path, matches):
        if match.is_dir():
            yield from _search(match)
        else:
            yield match


def _search(folder: Path) -> Iterable[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise ImageError(f"{folder}: {error.strerror}", ADVICE) from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                yield from _search(entry)
        elif entry.suffix.lower() in SUFFIXES:
            yield entry
