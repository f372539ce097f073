"""What PyTorch and every exported file say of the same pictures."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from armlet.errors import ImageError, NetworkError
from armlet.preprocessing import Picture, Preprocessing, model_input, table

Answer = Callable[[Picture], NDArray[np.float32]]
"""A picture of any size to logits, (classes,)."""

KEPT = 4
"""Pictures of which everything is kept, for the golden vectors."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Logits of N pictures, and the first few pictures themselves."""

    pictures: list[Picture]
    """The first ``KEPT``, at their original size; the very first isn't square."""
    pytorch: NDArray[np.float32]
    """(N, classes)."""
    files: Mapping[str, NDArray[np.float32]]
    """By file path, (N, classes)."""


def ask(
    module: nn.Module,
    preprocessing: Preprocessing,
    files: Mapping[str, Answer],
    load: Iterable[Callable[[], Picture]],
) -> Answers:
    """Show each picture to PyTorch and to every file; those that can't be read are passed over.

    Args:
        module: In eval mode.
        preprocessing: What it expects.
        files: By path.
        load: One function a picture, which decodes it: memory holds one at a time.

    Raises:
        ImageError: No picture could be read.
        NetworkError: PyTorch's own logits aren't finite: nothing could agree with them.
    """
    kept: list[Picture] = []
    pytorch: list[NDArray[np.float32]] = []
    logits: dict[str, list[NDArray[np.float32]]] = {path: [] for path in files}
    for one in load:
        try:
            picture = one()
        except ImageError:
            continue
        if not kept:
            picture = _oblong(picture)
        if len(kept) < KEPT:
            kept.append(picture)
        with torch.no_grad():
            given = module(torch.from_numpy(network_input(picture, preprocessing)))
        pytorch.append(given.numpy().astype(np.float32)[0])
        for path, answer in files.items():
            logits[path].append(answer(picture))
    if not kept:
        raise ImageError("none of the pictures to check on can be read", "give readable ones")
    if not np.isfinite(pytorch).all():
        raise NetworkError(
            "PyTorch itself gives logits that aren't finite", "see that the weights are trained"
        )
    return Answers(
        pictures=kept,
        pytorch=np.stack(pytorch),
        files={path: np.stack(values) for path, values in logits.items()},
    )


def _oblong(picture: Picture) -> Picture:
    """A picture that isn't square: on those, a device's way to fit one to the input shows."""
    rows, columns, _ = picture.shape
    return picture[: max(rows * 3 // 4, 1)] if rows == columns else picture


def network_input(picture: Picture, preprocessing: Preprocessing) -> NDArray[np.float32]:
    """A decoded picture as PyTorch takes it: (1, 3, size, size) float32."""
    tensor = model_input(picture, preprocessing, table(preprocessing, None), "NCHW")
    return np.asarray(tensor, np.float32)
