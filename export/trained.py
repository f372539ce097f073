"""From pictures on disk to trained weights with their card."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from armlet.bundle import Accuracy
from armlet.errors import DatasetError, OutputError
from armlet.export import cards, datasets, networks, weights
from armlet.export.datasets import Samples
from armlet.export.recipe import Recipe
from armlet.export.train import Report, as_input, preprocessing_of, train
from armlet.preprocessing import Preprocessing, Resize, table
from armlet.quantization import Ranges

CALIBRATION_IMAGES = 512
BATCH = 256
"""Pictures that are measured at once."""

Calibrate = Callable[[nn.Module, NDArray[np.float32]], Ranges]
"""Measures the activation ranges of a network on inputs ``(N, 3, size, size)``."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to train on what, and where the outcome goes."""

    data: Path
    """Training pictures, see ``datasets.find``."""
    test: Path | None
    """Held-out pictures: only measured on, after all else. None to measure nothing."""
    labels: Sequence[str] | None
    """Class names; None for those of the data."""
    resizing: Resize
    recipe: Recipe
    source: str
    """What the data is and where others can get it."""
    remarks: str
    """What must be known to judge the accuracy."""
    weights: Path
    """The .safetensors file to write; card and checkpoint stand beside it."""

    @property
    def card(self) -> Path:
        """The card to write."""
        return self.weights.with_suffix(".json")

    @property
    def checkpoint(self) -> Path:
        """What a killed run is continued from; gone when it is complete."""
        return self.weights.with_suffix(".checkpoint")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a training run left."""

    weights: Path
    card_file: Path
    card: cards.Card
    unreadable: Sequence[str]
    """A line for each picture that couldn't be read."""


def run(job: Job, calibrate: Calibrate, report: Report, threads: int | None) -> Outcome:
    """Train, measure, calibrate; write weights and card.

    Args:
        job: What to do.
        calibrate: Given the trained network and a sample of its training inputs.
        report: Called every few steps.
        threads: CPU threads; None for PyTorch's own choice.

    Raises:
        OutputError: The weights exist already, or the place can't be written to.
        NetworkError: There is no such network.
        DatasetError: The pictures aren't what they should be.
        ArmletError: See ``train.train``.
    """
    if job.weights.suffix != ".safetensors":
        raise OutputError(f"{job.weights} has no suffix .safetensors", "add it to the name")
    if job.weights.exists() and not job.checkpoint.exists():
        raise OutputError(f"{job.weights} exists already", "choose another name with -o")
    networks.find(job.recipe.network)
    size = job.recipe.size
    found = datasets.find(job.data, job.labels)
    # Both are found before anything is trained, so that a mistake is told at once.
    held_out = datasets.find(job.test, found.labels) if job.test else None
    samples = datasets.read(found.labels, found.pictures, size, job.resizing)
    test = (
        datasets.read(found.labels, held_out.pictures, size, job.resizing) if held_out else None
    )
    if test is not None and not len(test.pictures):
        raise DatasetError(f"no picture of {job.test} can be read", "give readable pictures")
    preprocessing = preprocessing_of(samples, job.resizing)
    module = train(samples, preprocessing, job.recipe, job.checkpoint, report, threads)
    card = card_of(module, preprocessing, job, samples, test, calibrate)
    weights.write(job.weights, module)
    cards.write(job.card, card)
    job.checkpoint.unlink(missing_ok=True)
    return Outcome(
        weights=job.weights,
        card_file=job.card,
        card=card,
        unreadable=samples.unreadable + (test.unreadable if test else ()),
    )


def card_of(
    module: nn.Module,
    preprocessing: Preprocessing,
    job: Job,
    samples: Samples,
    test: Samples | None,
    calibrate: Calibrate,
) -> cards.Card:
    """The card of a trained network, measured and calibrated."""
    return cards.Card(
        network=job.recipe.network,
        stem=job.recipe.stem,
        labels=samples.labels,
        preprocessing=preprocessing,
        recipe=job.recipe.to_json(),
        accuracy=accuracy_of(module, preprocessing, test) if test else None,
        data=cards.Data(
            name=job.data.stem,
            source=job.source,
            images=len(samples.pictures),
            remarks=job.remarks,
        ),
        ranges=calibrate(module, calibration_inputs(samples, preprocessing)),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
    )


def calibration_inputs(samples: Samples, preprocessing: Preprocessing) -> NDArray[np.float32]:
    """A fixed random sample of pictures as network inputs, ``(N, 3, size, size)``."""
    count = len(samples.pictures)
    chosen = np.random.default_rng(0).permutation(count)[:CALIBRATION_IMAGES]
    inputs = as_input(samples.pictures[chosen], table(preprocessing, None))
    return np.ascontiguousarray(inputs.numpy(), np.float32)


@torch.no_grad()
def accuracy_of(module: nn.Module, preprocessing: Preprocessing, samples: Samples) -> Accuracy:
    """How often a network in eval mode is right, and right within its first five guesses."""
    values = table(preprocessing, None)
    first = among_five = 0
    for start in range(0, len(samples.pictures), BATCH):
        logits = module(as_input(samples.pictures[start : start + BATCH], values))
        targets = torch.from_numpy(samples.targets[start : start + BATCH, None])
        right = logits.topk(min(5, logits.shape[1])).indices == targets
        first += int(right[:, 0].sum())
        among_five += int(right.sum())
    count = len(samples.pictures)
    return Accuracy(
        top1=round(100 * first / count, 3),
        top5=round(100 * among_five / count, 3),
        images=count,
    )
