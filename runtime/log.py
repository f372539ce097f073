"""A log of JSON objects, one a line, that never holds half of one."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import click

from armlet.errors import OptionError, OutputError
from armlet.runtime.log_file import is_named, open_log
from armlet.runtime.rotation import Rotation, check_rotation, rotate

STDOUT = "-"


def prints_json(as_json: bool, log: str | None) -> bool:
    """Whether stdout gets JSON: because of ``--json``, or of ``--log -``.

    Raises:
        OptionError: Because of both, so that each result would be there twice.
    """
    if as_json and log == STDOUT:
        raise OptionError("--json and --log - both print the results", "drop one of them")
    return as_json or log == STDOUT


class JsonLog:
    """Appends objects to a file, or prints them.

    Each line is written in one piece, and taken back if the disk has no room for all of it; so
    whoever reads the file, even while it grows, finds whole lines. If somebody moves or removes
    the file, the next line begins another one of its name. What a power cut left of
    the last ones is mended when the file is opened.

    Args:
        target: A path, or ``-`` for stdout. What a link leads to is written to and rotated.
        rotation: How much is kept; None: everything.

    Raises:
        OutputError: The file can't be opened for appending, or rotating it would remove files
            of somebody else.
    """

    def __init__(self, target: str, rotation: Rotation | None = None) -> None:
        self._target = target
        self._rotation = rotation
        self._file = -1
        if target != STDOUT:
            self._path = Path(os.path.realpath(target))
            if rotation:
                check_rotation(self._path, rotation)
            self._file = self._open()

    def write(self, record: Mapping[str, Any]) -> None:
        """Append one object.

        Raises:
            OutputError: There is no room, or the file can't be written to any more.
        """
        line = json_line(record)
        if self._target == STDOUT:
            click.echo(line, nl=False)  # flushes, so that a reader at the other end sees it
            return
        data = line.encode("utf-8")
        try:
            if not is_named(self._file, self._path):
                self._reopen()
            before = os.fstat(self._file).st_size
            if self._rotation and before and before + len(data) > self._rotation.size:
                self._rotate(self._rotation)
                before = 0
            written = os.write(self._file, data)
            if written < len(data):
                os.ftruncate(self._file, before)
                raise OSError(0, "no room for another line")
        except OSError as error:
            raise OutputError(
                f"{self._target}: {error.strerror}", "make room or choose another --log"
            ) from error

    def _open(self) -> int:
        return open_log(self._path, alone=self._rotation is not None)

    def _rotate(self, rotation: Rotation) -> None:
        # The disk gets what a new name is given to before it hears of the name.
        os.fsync(self._file)
        rotate(self._path, rotation)
        self._reopen()

    def _reopen(self) -> None:
        before, self._file = self._file, self._open()
        os.close(before)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        """The log itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the file."""
        self.close()


def json_line(record: Mapping[str, Any]) -> str:
    """A record as one line, with its line break."""
    line = json.dumps(record, ensure_ascii=False, allow_nan=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # a path that is no text
        line = json.dumps(record, allow_nan=False)
    return line + "\n"
