"""A log of JSON objects, one a line, that never holds half of one."""

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import click

from armlet.errors import OptionError, OutputError

STDOUT = "-"
MUCH = 1 << 20
"""Bytes; no line of ours is longer."""


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
    whoever reads the file, even while it grows or after a power cut, finds whole lines. What
    an interrupted writer left half done is ended with a line break first.

    Args:
        target: A path, or ``-`` for stdout.

    Raises:
        OutputError: The file can't be opened for appending.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._file = -1 if target == STDOUT else _open(Path(target))

    def write(self, record: Mapping[str, Any]) -> None:
        """Append one object.

        Raises:
            OutputError: There is no room, or the file can't be written to any more.
        """
        line = _line(record)
        if self._target == STDOUT:
            click.echo(line, nl=False)  # flushes, so that a reader at the other end sees it
            return
        data = line.encode("utf-8")
        try:
            before = os.fstat(self._file).st_size
            written = os.write(self._file, data)
            if written < len(data):
                os.ftruncate(self._file, before)
                raise OSError(0, "no room for another line")
        except OSError as error:
            raise OutputError(
                f"{self._target}: {error.strerror}", "make room or choose another --log"
            ) from error

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


def _line(record: Mapping[str, Any]) -> str:
    line = json.dumps(record, ensure_ascii=False, allow_nan=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # a path that is no text
        line = json.dumps(record, allow_nan=False)
    return line + "\n"


def _open(path: Path) -> int:
    _refuse_what_is_no_log(path)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            os.write(descriptor, b"\n")
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}", "choose another --log") from error
    return descriptor


def _refuse_what_is_no_log(path: Path) -> None:
    """Appending to a picture or a model, by a slip of the pen, would damage it."""
    if not path.exists() or path.is_dir():
        return
    try:
        if not path.is_file():
            raise OSError(errno.EINVAL, "not a regular file")
        with path.open("rb") as file:
            first = file.readline(MUCH)
        # A writer that was interrupted in its very first line left no line break.
        begun = first.startswith(b"{") and not first.endswith(b"\n")
        good = begun or not first.strip() or isinstance(json.loads(first), dict)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}", "choose another --log") from error
    except ValueError:
        good = False
    if not good:
        raise OutputError(f"{path} holds no lines of JSON", "choose another --log")
