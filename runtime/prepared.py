"""Opening a prepared file in the place of the model file that it was made of.

It is checked as the model file would be. Whatever is wrong with it is no reason to fail or to
speak, since the model file is still there.
"""

from pathlib import Path

from armlet.bundle import sha256
from armlet.errors import BackendError
from armlet.reading import read_file
from armlet.runtime.backends import load_backend
from armlet.runtime.choice import Choice
from armlet.runtime.session import Preparing, Session
from armlet.runtime.tuning_file import PreparedFile


def open_prepared(
    prepared: PreparedFile, path: Path, choice: Choice, threads: int
) -> Session | None:
    """Open it.

    Args:
        prepared: What a tuning that holds here says.
        path: The chosen file, which isn't read.
        choice: Likewise.
        threads: How many the runtime may use.

    Returns:
        None where it is of another file, damaged or gone.
    """
    backend = load_backend(choice.backend)
    if (prepared.source, prepared.backend) != (choice.file.sha256, choice.backend):
        return None
    try:
        data = read_file(prepared.path)
        if not isinstance(backend, Preparing) or sha256(data) != prepared.sha256:
            return None
        return backend.open_prepared(path, threads, data)
    except (OSError, BackendError):
        return None
