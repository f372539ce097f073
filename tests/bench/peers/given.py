"""What every converter is given: one network's weights, pictures, and PyTorch's answers.

Run as ``python -m tests.bench.peers.given FOLDER`` in armlet's own environment; the folder's
name is the network's. It then holds

    weights.pt            the state_dict
    traced.pt             the same network as TorchScript, for pnnx
    pictures.npz          calibration (N, 3, 224, 224), trial (M, 3, 224, 224) float32, and
                          logits (M, 1000), what PyTorch answers to the trial pictures
    calibration/*.png     the calibration pictures, 224 x 224
"""

import sys
import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from armlet.export import pictures
from armlet.export.answers import network_input
from armlet.export.classifier import IMAGENET
from armlet.preprocessing import Picture, decode, resize
from armlet.storage import staged_folder, write_file
from tests.bench.peers.network import build, settle_weights

PICTURES = "pictures.npz"
# The package's pictures are crops of four photos; the last crop of each is for the trial.
_TRIAL = "_8"


def make(folder: Path) -> None:
    """Make a network and write what every converter needs; conversions there are removed."""
    paths = pictures.shipped().paths
    calibration = {one.stem: _fitted(one) for one in paths if not one.stem.endswith(_TRIAL)}
    inputs = _inputs(list(calibration.values()))
    trial = _inputs([_fitted(one) for one in paths if one.stem.endswith(_TRIAL)])
    module = build(folder.name)
    settle_weights(module, torch.from_numpy(inputs))
    with torch.no_grad():
        logits = module(torch.from_numpy(trial)).numpy()
    with warnings.catch_warnings():  # that TorchScript is old, which pnnx reads all the same
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(module, torch.from_numpy(trial[:1]))  # type: ignore[no-untyped-call]
    with staged_folder(folder, PICTURES) as stage:
        for stem, picture in calibration.items():
            _, png = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
            write_file(stage / "calibration" / f"{stem}.png", png.tobytes())
        torch.save(module.state_dict(), stage / "weights.pt")
        traced.save(str(stage / "traced.pt"))
        arrays = BytesIO()
        np.savez(arrays, calibration=inputs, trial=trial, logits=logits)
        write_file(stage / PICTURES, arrays.getvalue())


def _fitted(path: Path) -> Picture:
    return resize(decode(path), IMAGENET)


def _inputs(fitted: Sequence[Picture]) -> NDArray[np.float32]:
    return np.concatenate([network_input(one, IMAGENET) for one in fitted])


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
