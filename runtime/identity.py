"""What tells a model from another, whatever its name and place, and so where its tuning is."""

import os
from pathlib import Path

from armlet.bundle import Bundle, ModelFile, is_listed, open_bundle, sha256
from armlet.cache import cache_folder
from armlet.errors import OutputError

_ENDS = 1 << 16
"""Bytes."""


def identify_model(model: Path) -> str:
    """The identity of what MODEL on the command line stands for.

    Raises:
        BundleError: There is no model there.
        OSError: It can't be read.
    """
    if model.is_file() and not is_listed(model):
        return identify_bare(model)
    return identify_bundle(*open_bundle(model))


def identify_bundle(bundle: Bundle, named: ModelFile | None) -> str:
    """The identity of a bundle, or of the one of its files that was named.

    A file is another model than its bundle: what is best of all files may be none of it.

    Returns:
        Hexadecimal SHA-256, made of those of the files.
    """
    files = [named] if named else bundle.manifest.all_files
    return sha256("\n".join(sorted(file.sha256 for file in files)).encode())


def identify_bare(path: Path) -> str:
    """The identity of a model file without a bundle.

    Made of its length and both ends, since this is done whenever the file is opened: all of it
    would take a board longer than its whole start may take. Files that have so much in common
    are the same network, and take as long.

    Returns:
        Hexadecimal SHA-256.

    Raises:
        OSError: It can't be read.
    """
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        first = file.read(_ENDS)
        file.seek(max(0, length - _ENDS))
        return sha256(b"%d\n%b%b" % (length, first, file.read(_ENDS)))


def tuning_path(identity: str) -> Path:
    """Where the tuning of a model is.

    Args:
        identity: Of the model.

    Raises:
        OutputError: There is no cache.
    """
    return cache_folder() / "tuning" / f"{identity[:32]}.json"


def prepared_path(identity: str) -> Path:
    """Where the model's prepared file is, which belongs to the tuning.

    Args:
        identity: Of the model.

    Raises:
        OutputError: There is no cache.
    """
    return cache_folder() / "prepared" / identity[:32]


def has_tuning(identity: str) -> bool:
    """Whether there is one; most models have none, and need nothing that reads it."""
    try:
        return os.path.exists(tuning_path(identity))
    except OutputError:
        return False
