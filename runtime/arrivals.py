"""New pictures in a folder."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from armlet.errors import ImageError
from armlet.runtime.sources import search


@dataclass(frozen=True, kw_only=True)
class _State:
    """What changes with a file's content."""

    inode: int
    size: int
    """In bytes."""
    modified_ns: int

    @staticmethod
    def of(status: os.stat_result) -> "_State":
        return _State(inode=status.st_ino, size=status.st_size, modified_ns=status.st_mtime_ns)


class Arrivals:
    """Pictures that came into a folder or changed there, each once, and when it is complete.

    A file is complete if it is as it was at the last look, or if it was renamed after it had
    been written. What it remembers grows with the files that are there, not with those that
    have come and gone.

    Args:
        folder: Searched as ``sources.find_pictures`` does.
        new_only: Whether what is there at the first look is to be passed over.

    Raises:
        ImageError: There is no such folder, or it can't be read.
    """

    def __init__(self, folder: Path, new_only: bool = False) -> None:
        self._folder = folder
        self._latest: dict[Path, _State] = {}
        self._told: dict[Path, _State] = {}
        self._problems: set[str] = set()
        self._away = False
        if error := self._absence():
            raise ImageError(f"{folder}: {error}", "give a folder")
        if new_only:
            self._told = {path: _State.of(status) for path, status in self._search([])}

    def look(self) -> tuple[Sequence[Path], Sequence[str]]:
        """Look once.

        Returns:
            Complete pictures, in order of their names; and what can't be read, in words, if it
            could be at the last look. A folder that has vanished is such a problem; while it
            is away, what was in it is remembered.
        """
        problems: list[str] = []
        found = list(self._search(problems))
        if error := self._absence():
            return [], self._vanished(error)
        complete = []
        latest = {}
        for path, status in found:
            latest[path] = state = _State.of(status)
            # Writing sets both times; renaming, which comes last, sets this one alone.
            renamed = status.st_ctime_ns > status.st_mtime_ns
            settled = renamed or self._latest.get(path) == state
            if settled and self._told.get(path) != state:
                complete.append(path)
        self._latest = latest
        told = {path: state for path, state in self._told.items() if path in latest}
        self._told = told | {path: latest[path] for path in complete}
        return complete, self._returned() + self._new(problems)

    def _absence(self) -> str | None:
        """Why the folder can't be searched."""
        try:
            os.scandir(self._folder).close()
        except OSError as error:
            return error.strerror
        return None

    def _search(self, problems: list[str]) -> Iterator[tuple[Path, os.stat_result]]:
        for item in search(self._folder):
            if isinstance(item, ImageError):
                problems.append(item.problem)
                continue
            # It may be gone meanwhile, or a link to nothing.
            with suppress(OSError):
                yield item, item.stat()

    def _vanished(self, error: str) -> list[str]:
        lines = [] if self._away else [f"{self._folder}: {error}; waiting until it is back"]
        self._away = True
        return lines

    def _returned(self) -> list[str]:
        lines = [f"{self._folder} is back"] if self._away else []
        self._away = False
        return lines

    def _new(self, problems: Sequence[str]) -> list[str]:
        new = [one for one in problems if one not in self._problems]
        self._problems = set(problems)
        return new
