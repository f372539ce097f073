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
    problems: list[ImageError] = []
    for source in sources:
        items = list(_expand(source))
        problems += [one for one in items if isinstance(one, ImageError)]
        for picture in items:
            if isinstance(picture, Path):
                found.setdefault(os.path.abspath(picture), picture)
        if not items:
            problems.append(ImageError(f"{source}: no picture there", ADVICE))
    if not found:
        raise problems[0]
    return Pictures(paths=list(found.values()), problems=problems)


def _expand(source: str) -> Iterable[Path | ImageError]:
    # A name with brackets or a question mark may well be a file's.
    matches = [source] if os.path.lexists(source) else sorted(glob.glob(source, recursive=True))
    if not matches:
        yield ImageError(f"{source}: no such file or folder", ADVICE)
    for match in map(Path, matches):
        if os.path.isdir(match):
            yield from search(match)
        else:
            yield match


def search(folder: Path) -> Iterable[Path | ImageError]:
    """Pictures at any depth, in order of their names; what can't be read doesn't stop it."""
    waiting = [folder]  # not recursive: folders may be nested a thousand deep
    while waiting:
        place = waiting.pop()
        try:
            if place is not folder and not place.is_dir():
                yield place
                continue
            entries = sorted(place.iterdir(), reverse=True)
        except OSError as error:
            yield ImageError(f"{place}: {error.strerror}", ADVICE)
            continue
        waiting += [one for one in entries if not one.name.startswith(".") and _wanted(one)]


def _wanted(entry: Path) -> bool:
    # A folder that may not be looked into is worth a message, so it is not passed over.
    if os.path.isdir(entry):
        return not entry.is_symlink()
    return entry.suffix.lower() in SUFFIXES
