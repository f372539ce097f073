"""Opening a file to append JSON lines to it, unless it is somebody else's."""

import errno
import fcntl
import os
from pathlib import Path

from armlet.errors import OutputError
from armlet.runtime.mending import MUCH, mend, parsed

_ELSEWHERE = "choose another --log"


def open_log(path: Path, *, alone: bool) -> int:
    """A descriptor that appends to a log, all of whose lines are whole.

    Args:
        path: Of the log.
        alone: Whether nobody else may have it open meanwhile.

    Raises:
        OutputError: It can't be written to, holds something else, or another process has it.
    """
    refuse_stranger(path, "holds no lines of JSON")
    try:
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                _take(descriptor, alone)
                # Whoever had it until now may have given the file another name.
                if is_named(descriptor, path):
                    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
                    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_APPEND)
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
    except BlockingIOError as error:
        raise OutputError(f"{path}: another edge-run writes to it", _ELSEWHERE) from error
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}", _ELSEWHERE) from error
    except ValueError as error:
        raise OutputError(f"{path} ends in no line of JSON", _ELSEWHERE) from error


def is_named(descriptor: int, path: Path) -> bool:
    """Whether an open file has this name still."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def refuse_stranger(path: Path, problem: str, *, strict: bool = False) -> None:
    """Appending to a picture or a model, by a slip of the pen, would damage it.

    Args:
        path: Of a log; there may be none yet.
        problem: What is said of other files.
        strict: Whether lines of JSON that aren't results of ours are a stranger's, too.

    Raises:
        OutputError: It is something else, or can't be read.
    """
    try:
        if not path.exists():
            return
        if not path.is_file():
            code = errno.EISDIR if path.is_dir() else errno.EINVAL
            raise OSError(code, "Is a directory" if path.is_dir() else "not a regular file")
        with path.open("rb") as file:
            head = file.read(MUCH)
        # What a power cut has damaged tells nothing: see mending.
        *ended, begun = head.rstrip(b"\0").split(b"\n")
        first = next((one for one in ended if one.strip() and b"\0" not in one), None)
        if first is not None:
            record = parsed(first)
            good = record is not None and ("top" in record or not strict)
        elif begun:
            good = begun.startswith((b'{"frame": ', b'{"path": ')) or (
                not strict and parsed(begun) is not None
            )
        else:
            good = len(head) < MUCH
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}", _ELSEWHERE) from error
    if not good:
        raise OutputError(f"{path} {problem}", _ELSEWHERE)


def _take(descriptor: int, alone: bool) -> None:
    """Lock a log, and mend it unless others write to it just now.

    Raises:
        BlockingIOError: It is somebody else's at the moment.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if alone:
            raise
    except OSError:
        mend(descriptor)  # a file system without locks
        return
    else:
        mend(descriptor)
    if not alone:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
