"""Writing files and folders so that nobody ever sees half of one."""

import fcntl
import glob
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from armlet.errors import OutputError


def write_file(path: Path, data: bytes) -> None:
    """Write a file under a temporary name in its folder, then rename it.

    Raises:
        OutputError: The place can't be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}", "choose another place") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}", "choose another place") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Write a JSON object, indented for people.

    Raises:
        OutputError: The place can't be written to.
    """
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_file(path, text.encode("utf-8"))


@contextmanager
def staged_folder(target: Path, marker: str) -> Iterator[Path]:
    """A temporary folder beside ``target`` that takes its place when the block ends well.

    What killed exports to the same place left behind is removed.

    Args:
        target: Where the folder shall stand. What stands there is replaced only if it is empty
            or holds the file ``marker``, that is, if it is an earlier one of the same sort.
        marker: Name of a file that only such folders hold.

    Raises:
        OutputError: ``target`` holds something else, or can't be written to.
    """
    check_target(target, marker)
    place = target.resolve()  # a link stays, and what it leads to is replaced
    prefix = f".{place.name}.partial-"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        for left in place.parent.glob(f"{glob.escape(prefix)}*"):
            _remove_unless_in_use(left)
        stage = Path(tempfile.mkdtemp(dir=place.parent, prefix=prefix))
        in_use = _lock(stage)
    except OSError as error:
        raise OutputError(f"{target}: {error.strerror}", "choose another place") from error
    try:
        yield stage
        stage.chmod(0o755)
        _swap(stage, place)
    except OSError as error:
        raise OutputError(f"{target}: {error.strerror}", "choose another place") from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        os.close(in_use)


def check_target(target: Path, marker: str) -> None:
    """Refuse early what ``staged_folder`` would refuse.

    Raises:
        OutputError: ``target`` is no folder, or holds something that isn't ours to replace.
    """
    if Path.cwd().is_relative_to(target.resolve()):
        raise OutputError(
            f"{target} is the folder that you are in, which can't be replaced",
            "choose another folder with -o",
        )
    try:
        ours = not target.exists() or (target / marker).exists() or not any(target.iterdir())
    except NotADirectoryError:
        raise OutputError(f"{target} is a file", "choose another folder with -o") from None
    except OSError as error:
        raise OutputError(f"{target}: {error.strerror}", "choose another place") from error
    ancestor = next(one for one in target.absolute().parents if one.exists())
    if not ancestor.is_dir():
        raise OutputError(f"{ancestor} is a file", "choose another folder with -o")
    if not os.access(ancestor, os.W_OK | os.X_OK):
        raise OutputError(f"{ancestor} can't be written to", "choose another folder with -o")
    if not ours:
        raise OutputError(
            f"{target} holds other files and no {marker}",
            "choose a new or empty folder with -o",
        )


def _lock(folder: Path) -> int:
    """Mark a folder as in use until the descriptor is closed, at the latest by a kill.

    Raises:
        BlockingIOError: It is in use already.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _remove_unless_in_use(folder: Path) -> None:
    try:
        os.close(_lock(folder))
    except OSError:  # another export is at work in it, or it has just gone
        return
    shutil.rmtree(folder, ignore_errors=True)


def _swap(stage: Path, target: Path) -> None:
    if not target.exists():
        stage.rename(target)
        return
    # Two renames: a kill between them leaves the old folder under its aside name, whole.
    aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.old-"))
    target.rename(aside / target.name)
    stage.rename(target)
    shutil.rmtree(aside, ignore_errors=True)
