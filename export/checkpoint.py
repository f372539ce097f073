"""What a killed training run is continued from."""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from armlet.errors import OptionError, WeightsError
from armlet.export.datasets import Samples
from armlet.export.recipe import Recipe
from armlet.storage import write_file


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Which run a checkpoint belongs to."""

    recipe: str
    """The recipe's JSON."""
    data: str
    """SHA-256 of labels, pictures and targets."""


def identity_of(samples: Samples, recipe: Recipe) -> Identity:
    """The identity of a run with this recipe on these pictures."""
    digest = hashlib.sha256(json.dumps(samples.labels).encode())
    for array in (samples.pictures, samples.targets):
        digest.update(np.ascontiguousarray(array).data)
    return Identity(recipe=json.dumps(recipe.to_json()), data=digest.hexdigest())


def write(path: Path, identity: Identity, state: Mapping[str, Any]) -> None:
    """Write a checkpoint in place of the one before.

    Args:
        path: The file.
        identity: Of the run.
        state: Tensors, numbers, texts, and dicts and lists of them.

    Raises:
        OutputError: The place can't be written to.
    """
    buffer = io.BytesIO()
    torch.save({"recipe": identity.recipe, "data": identity.data, "state": state}, buffer)
    write_file(path, buffer.getvalue())


def read(path: Path, identity: Identity) -> Mapping[str, Any]:
    """The state in a checkpoint.

    Raises:
        WeightsError: It is damaged.
        OptionError: It is of another run.
    """
    try:
        record = torch.load(path, map_location="cpu", weights_only=True)
        found = Identity(recipe=record["recipe"], data=record["data"])
        state: Mapping[str, Any] = record["state"]
    except Exception as error:  # a damaged pickle can raise anything
        raise WeightsError(f"{path} is damaged", "delete it to begin anew") from error
    if found != identity:
        other = "another recipe" if found.recipe != identity.recipe else "other data"
        raise OptionError(
            f"{path} is of a run with {other}",
            "repeat the call that began it, or delete it to begin anew",
        )
    return state
