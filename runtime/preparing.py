"""Making a model file's other form, in which its runtime opens it quicker on this device."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from armlet.bundle import is_listed, open_bundle, sha256
from armlet.errors import BackendError
from armlet.reading import read_file
from armlet.runtime.backends import load_backend
from armlet.runtime.benchmark import Row
from armlet.runtime.session import Preparing


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What has been made and isn't stored yet."""

    data: bytes
    source: str
    """SHA-256 of the file that it was made of."""

    def to_json(self) -> Mapping[str, str]:
        """What a tuning says of it."""
        return {"sha256": sha256(self.data), "source": self.source}


def prepare(model: Path, best: Row) -> Prepared | None:
    """Make it of a bundle's file, and see that it gives the same answer, bit for bit.

    Args:
        model: A bundle or one of its files. Others' files are never prepared: to see that one
            hasn't changed it would have to be read, which takes what preparing saves.
        best: What of it this device uses.

    Returns:
        None where it isn't worth it, or the runtime has no such form or fails to make it.

    Raises:
        BundleError: There is no bundle there.
    """
    backend = load_backend(best.backend)
    if best.precision != "int8" or not isinstance(backend, Preparing):
        return None  # looking for one takes what it saves of float32 (docs/cold_start.md)
    if model.is_file() and not is_listed(model):
        return None
    bundle, _ = open_bundle(model)
    path = bundle.folder / best.file
    try:
        source = sha256(read_file(path))
        made = Prepared(data=backend.prepare(path, best.threads), source=source)
        plain = backend.open(path, best.threads)
        quick = backend.open_prepared(path, best.threads, made.data)
        example = plain.input.example()
        same = np.array_equal(plain.run(example), quick.run(example), equal_nan=True)
    except (OSError, BackendError):
        return None
    return made if same else None
