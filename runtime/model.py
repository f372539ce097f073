"""A model that is open and ready: what MODEL on the command line becomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from armlet.bundle import EXPORT_AGAIN, open_bundle
from armlet.errors import BundleError
from armlet.preprocessing import Picture, Preprocessing, model_input, table
from armlet.records import Layer, Precision
from armlet.runtime.backends import installed_backends, load_backend
from armlet.runtime.choice import Wish, choose
from armlet.runtime.session import Session, Tensor


@dataclass(frozen=True, kw_only=True)
class Model:
    """An open model and what belongs before and after it."""

    network: str
    path: Path
    precision: Precision
    backend: str
    threads: int
    session: Session
    preprocessing: Preprocessing
    values: Tensor
    """The input's value for each pixel value, (1, 256, 3)."""
    labels: Sequence[str]
    layers: Sequence[Layer]
    """On paper, for this precision."""

    def tensor(self, picture: Picture) -> Tensor:
        """The session's input, of a picture of any size."""
        return model_input(picture, self.preprocessing, self.values, self.session.input.layout)


def open_model(model: Path, wish: Wish, threads: int) -> Model:
    """Open a bundle, or one of its files, on a backend.

    Args:
        model: The bundle's folder or file.
        wish: What the options say.
        threads: How many the runtime may use.

    Raises:
        BundleError: There is no bundle there, or it is damaged.
        BackendError: No runtime is installed for it, or it can't load the file.
        OptionError: The options contradict the file.
    """
    bundle, named = open_bundle(model)
    choice = choose(bundle, named, wish, installed_backends())
    path = bundle.verified(choice.file)
    session = load_backend(choice.backend).open(path, threads)
    manifest = bundle.manifest
    preprocessing = manifest.preprocessing
    if (session.input.size, session.classes) != (preprocessing.size, len(manifest.labels)):
        raise BundleError(
            f"{path} is for {session.input.size} pixels and {session.classes} classes, the "
            f"manifest says {preprocessing.size} and {len(manifest.labels)}",
            EXPORT_AGAIN,
        )
    opened = Model(
        network=manifest.network,
        path=path,
        precision=choice.file.precision,
        backend=choice.backend,
        threads=threads,
        session=session,
        preprocessing=preprocessing,
        values=table(preprocessing, session.input.scale),
        labels=manifest.labels,
        layers=manifest.layers_int8 if choice.file.precision == "int8" else manifest.layers,
    )
    # Runtimes put work off until their first run, which belongs to no picture.
    session.run(opened.tensor(np.zeros((1, 1, 3), np.uint8)))
    return opened
