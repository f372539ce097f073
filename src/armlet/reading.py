"""Reading files; apart from ``storage``, since a device reads much sooner than it writes."""

import errno
from pathlib import Path


def read_file(path: Path) -> bytes:
    """The content of a file, and of nothing else: a pipe or a device might never end.

    Raises:
        OSError: It can't be read, or is no regular file.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return path.read_bytes()
