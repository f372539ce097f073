"""Opening a classifier from Python, with arguments in the place of the command's options."""

import math
import os
from pathlib import Path
from typing import get_args

import numpy as np

from armlet.errors import OptionError
from armlet.preprocessing import LARGEST_SIZE, Layout, Resize, Triple
from armlet.records import Precision
from armlet.runtime.backends import BACKENDS
from armlet.runtime.choice import PREFERENCE, Wish
from armlet.runtime.classifier import Classifier
from armlet.runtime.model import open_model
from armlet.runtime.options import MOST_THREADS, ForeignOptions


def open_classifier(
    model: str | os.PathLike[str],
    *,
    backend: str | None = None,
    precision: Precision | None = None,
    threads: int | None = None,
    labels: str | os.PathLike[str] | None = None,
    mean: Triple | None = None,
    std: Triple | None = None,
    input_size: int | None = None,
    resize: Resize | None = None,
    layout: Layout | None = None,
) -> Classifier:
    """Open a bundle, one of its files, or any other .onnx or .tflite image classifier.

    Args:
        model: The bundle's folder, or a file.
        backend: ``litert``, ``onnx`` or ``tflite-runtime``; None: as ``edge-run tune`` found
            best here, else the first of these that is installed and has a file.
        precision: None: likewise as tuned, else int8, float16 or float32, the first of them
            that there is a file of.
        threads: Of the runtime; None: likewise as tuned, else as many as cores, at most 4.
        labels: For a file of others, as what follows: a text file, one label a line.
        mean: Of R, G, B, in units of 0 to 1.
        std: Likewise.
        input_size: Pixels, if it takes pictures of any size.
        resize: How a picture is fitted to its size.
        layout: Of its input, if the shape doesn't tell.

    Returns:
        The classifier; what had to be assumed of a file of others is in ``model.assumed``, and
        whether it was tuned in ``model.tuning``.

    Raises:
        BundleError: There is no model there, or it is damaged.
        BackendError: No runtime is installed for it, or it can't load the file, or that is no
            image classifier.
        OptionError: The arguments contradict the file, or more are needed.
    """
    if backend not in (None, *BACKENDS):
        raise OptionError(f"{backend!r} is no backend", f"give one of {', '.join(BACKENDS)}")
    if precision not in (None, *PREFERENCE):
        raise OptionError(f"{precision!r} is no precision", f"give {' or '.join(PREFERENCE)}")
    _check_foreign(mean, std, input_size, resize, layout)
    if threads is not None and not 1 <= threads <= MOST_THREADS:
        raise OptionError(f"{threads} threads", f"give 1 to {MOST_THREADS}")
    foreign = ForeignOptions(
        labels=Path(labels) if labels is not None else None,
        mean=None if mean is None else (float(mean[0]), float(mean[1]), float(mean[2])),
        std=None if std is None else (float(std[0]), float(std[1]), float(std[2])),
        input_size=input_size,
        resize=resize,
        layout=layout,
    )
    wish = Wish(backend=backend, precision=precision)
    return Classifier(open_model(Path(model), wish, threads, foreign))


def _check_foreign(
    mean: Triple | None,
    std: Triple | None,
    input_size: int | None,
    resize: Resize | None,
    layout: Layout | None,
) -> None:
    """See that what is said of a file of others makes sense, as the command's options do.

    Raises:
        OptionError: It doesn't.
    """
    for name, given, least in (("mean", mean, -math.inf), ("std", std, 0.0)):
        if given is not None:
            values = np.asarray(given, np.float64)
            if values.shape != (3,) or not np.isfinite(values).all() or values.min() <= least:
                raise OptionError(
                    f"{name} {given!r} is not three finite numbers"
                    + (" above 0" if name == "std" else ""),
                    "give one for each of R, G and B, in units of 0 to 1",
                )
    if input_size is not None and not 1 <= input_size <= LARGEST_SIZE:
        raise OptionError(f"an input size of {input_size}", f"give 1 to {LARGEST_SIZE} pixels")
    for one, known in ((resize, get_args(Resize)), (layout, get_args(Layout))):
        if one not in (None, *known):
            raise OptionError(f"{one!r} is not known", f"give one of {', '.join(known)}")
