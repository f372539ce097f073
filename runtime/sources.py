"""Where pictures come from: files, folders and globs."""

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from armlet.errors import ImageError
from armlet.preprocessing import SUFFIXES

ADVICE = "give picture files, folders of them or globs"


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """What the arguments lead to."""

    paths: Sequence[Path]
    """At least one."""
    problems: Sequence[ImageError]
    """Of the arguments that lead to none."""


def find_pictures(sources: Sequence[str]) -> Pictures:
    """Every picture that is meant, once, in the order of the arguments.

    Args:
        sources: Files, which are taken whatever their name; folders, searched recursively for
            pictures by suffix, hidden ones passed over; globs, where ``**`` is any depth and a
            match counts as if it had been given itself.

    Raises:
        ImageError: No argument leads to a picture.
    """
    found: dict[str, Path] = {}
    problems = []
    for source in sources:
        try:
            for picture in _find(source):
                found.setdefault(os.path.abspath(picture), picture)
        except ImageError as error:
            problems.append(error)
    if not found:
        raise problems[0]
    return Pictures(paths=list(found.values()), problems=problems)


def _find(source: str) -> Sequence[Path]:
    pictures = list(_expand(source))
    if not pictures:
        raise ImageError(f"{source}: no picture there", ADVICE)
    return pictures


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
