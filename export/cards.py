"""Cards: what is known of trained weights, and the weights that come with armlet.

``shipped/<name>.safetensors`` holds weights, ``shipped/<name>.json`` their card.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from armlet.bundle import Accuracy
from armlet.errors import WeightsError
from armlet.export.stem import Stem
from armlet.preprocessing import Preprocessing
from armlet.quantization import Ranges
from armlet.storage import write_file

SCHEMA = 1
FOLDER = Path(__file__).with_name("shipped")
SHIPPED = ("cifar10", "fashion-mnist")
DEFAULTS: Mapping[str, str] = MappingProxyType({"shufflenet_v2_x0_5": "cifar10"})
"""The weights that a network has when none are named."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """What weights were trained on."""

    name: str
    source: str
    """What the pictures are and where others can get them."""
    images: int
    """Training pictures; none of them is a test picture."""
    remarks: str
    """What must be known to judge the accuracy."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is known of trained weights."""

    network: str
    stem: Stem
    labels: Sequence[str]
    preprocessing: Preprocessing
    recipe: Mapping[str, Any]
    """``Recipe.to_json`` of the training run, seed included."""
    accuracy: Accuracy | None
    """Of the float32 network on held-out test pictures; None where there were none."""
    data: Data
    ranges: Ranges
    """Activation ranges on a sample of the training pictures, by the graph's tensor names."""
    date: str
    """On which the training ended, as YYYY-MM-DD."""

    def to_json(self) -> dict[str, Any]:
        """The card as a JSON object."""
        return {
            "schema": SCHEMA,
            "network": self.network,
            "stem": self.stem,
            "labels": list(self.labels),
            "preprocessing": self.preprocessing.to_json(),
            "recipe": dict(self.recipe),
            "accuracy": self.accuracy.to_json() if self.accuracy else None,
            "data": {
                "name": self.data.name,
                "source": self.data.source,
                "images": self.data.images,
                "remarks": self.data.remarks,
            },
            "ranges": {tensor: list(ends) for tensor, ends in self.ranges.items()},
            "date": self.date,
        }


def write(path: Path, card: Card) -> None:
    """Write a card as JSON.

    Raises:
        OutputError: The place can't be written to.
    """
    write_file(path, (json.dumps(card.to_json(), indent=1) + "\n").encode())


def read(path: Path) -> Card:
    """Read a card.

    Raises:
        WeightsError: There is none, or it is damaged or of another version.
    """
    advice = "give weights that edge-export train wrote"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror}", advice) from error
    except ValueError as error:
        raise WeightsError(f"{path} is no JSON ({error})", advice) from error
    version = record.get("schema") if isinstance(record, dict) else None
    if version != SCHEMA:
        raise WeightsError(f"{path} has schema {version}, this armlet reads {SCHEMA}", advice)
    try:
        return _from_json(record)
    except KeyError as error:
        raise WeightsError(f"{path} is damaged (no {error})", advice) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise WeightsError(f"{path} is damaged ({error})", advice) from error


def default_weights(network: str) -> str:
    """The name of the weights that a network has when none are given.

    Raises:
        WeightsError: It has none.
    """
    if network not in DEFAULTS:
        raise WeightsError(
            f"no weights for {network} come with armlet",
            "give --weights FILE or --weights imagenet",
        )
    return DEFAULTS[network]


def shipped(name: str, network: str, folder: Path = FOLDER) -> tuple[Card, Path]:
    """The card and the file of weights that come with armlet.

    Args:
        name: One of ``SHIPPED``.
        network: The network that they shall be for.
        folder: Where they lie.

    Raises:
        WeightsError: No such weights are shipped, or they are for another network.
    """
    if name not in SHIPPED:
        raise WeightsError(
            f"no weights named {name!r} come with armlet, only {', '.join(SHIPPED)}",
            "give one of these, imagenet, or a file",
        )
    card = read(folder / f"{name}.json")
    if card.network != network:
        raise WeightsError(
            f"the weights {name!r} are for {card.network}, not for {network}",
            f"export {card.network}, or give --weights FILE",
        )
    return card, folder / f"{name}.safetensors"


def _from_json(record: Mapping[str, Any]) -> Card:
    if record["stem"] not in get_args(Stem):
        raise ValueError(f"unknown stem {record['stem']!r}")
    if not record["labels"]:
        raise ValueError("no labels")
    ranges = {}
    for tensor, ends in record["ranges"].items():
        low, high = (float(end) for end in ends)
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise ValueError(f"the range of {tensor!r} is {ends}")
        ranges[str(tensor)] = (low, high)
    return Card(
        network=str(record["network"]),
        stem=record["stem"],
        labels=tuple(str(label) for label in record["labels"]),
        preprocessing=Preprocessing.from_json(record["preprocessing"]),
        recipe=dict(record["recipe"]),
        accuracy=Accuracy(**record["accuracy"]) if record["accuracy"] else None,
        data=Data(**record["data"]),
        ranges=ranges,
        date=str(record["date"]),
    )
