"""Training a network of armlet's own on labelled pictures.

The run can be killed at any time: after each epoch it leaves a checkpoint, and a later call
continues from there to the very same weights.
"""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from armlet.errors import DatasetError, OptionError
from armlet.export import checkpoint, networks
from armlet.export.crops import random_crops
from armlet.export.datasets import Samples
from armlet.export.muon import Muon
from armlet.export.recipe import Recipe
from armlet.preprocessing import Preprocessing, Resize, apply_table, table

REPORT_EVERY = 20
"""Steps between two reports."""
AVERAGE_EVERY = 20
"""Steps between two updates of the running average."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is."""

    epoch: int
    """Counted from 1."""
    epochs: int
    step: int
    """Steps done in this epoch."""
    steps: int
    """Steps of an epoch."""
    size: int
    """Height and width of the crops, in pixels."""
    loss: float
    """Mean over the steps of this epoch."""
    seconds: float
    """Since this call began."""


Report = Callable[[Progress], None]


def preprocessing_of(samples: Samples, resizing: Resize) -> Preprocessing:
    """What a network trained on these pictures expects: their own mean and deviation.

    Args:
        samples: Training pictures.
        resizing: How they came to be square.

    Raises:
        DatasetError: All pixels of a channel are the same.
    """
    pixels = samples.pictures.reshape(-1, 3)
    values = np.arange(256) / 255
    means, deviations = [], []
    for channel in range(3):
        share = np.bincount(pixels[:, channel], minlength=256) / max(1, len(pixels))
        mean = float(share @ values)
        means.append(round(mean, 4))
        deviations.append(round(math.sqrt(share @ (values - mean) ** 2), 4))
    if min(deviations) == 0:
        raise DatasetError("the pictures have no contrast", "give real pictures to train on")
    return Preprocessing(
        size=samples.pictures.shape[1],
        resize=resizing,
        mean=(means[0], means[1], means[2]),
        std=(deviations[0], deviations[1], deviations[2]),
    )


def train(
    samples: Samples,
    preprocessing: Preprocessing,
    recipe: Recipe,
    resume_from: Path,
    report: Report,
    threads: int | None = None,
) -> nn.Module:
    """Train a network, from the checkpoint if there is one.

    Args:
        samples: Training pictures, ``recipe.size`` pixels high and wide.
        preprocessing: Their mean and deviation, from ``preprocessing_of``.
        recipe: What to do.
        resume_from: Checkpoint; written after each epoch, read at the start if it exists.
        report: Called every few steps.
        threads: CPU threads; None for PyTorch's own choice. Another number may change the last
            bits of the weights.

    Returns:
        The network with the averaged weights, in eval mode.

    Raises:
        NetworkError: There is no such network.
        DatasetError: There are too few classes or pictures.
        OptionError: The checkpoint is of another run, or the training diverges.
        WeightsError: The checkpoint is damaged.
        OutputError: The checkpoint can't be written.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    if len(samples.labels) < 2:
        raise DatasetError("there is only one class", "give pictures of two classes or more")
    steps = len(samples.pictures) // recipe.batch
    if recipe.epochs * steps < AVERAGE_EVERY:
        raise DatasetError(
            f"{len(samples.pictures)} pictures are too few for batches of {recipe.batch}",
            "give more pictures, or train longer in smaller batches",
        )
    run = _Run(samples, preprocessing, recipe, steps)
    identity = checkpoint.identity_of(samples, recipe)
    if resume_from.exists():
        run.restore(checkpoint.read(resume_from, identity))
    began = time.monotonic()
    while run.epoch < recipe.epochs:
        run.train_epoch(report, began)
        checkpoint.write(resume_from, identity, run.state())
    return run.averaged_network()


class _Run:
    """Everything that changes while a network is trained."""

    def __init__(
        self, samples: Samples, preprocessing: Preprocessing, recipe: Recipe, steps: int
    ) -> None:
        self.samples, self.recipe, self.steps, self.epoch = samples, recipe, steps, 0
        self.table = table(preprocessing, None)
        self.targets = torch.from_numpy(samples.targets)
        self.order = torch.Generator()
        with torch.random.fork_rng(devices=[]):  # the caller's randomness stays as it was
            torch.manual_seed(recipe.seed)
            network = networks.build(recipe.network, len(samples.labels), recipe.stem)
            for convolution in _convolutions(network):
                nn.init.kaiming_normal_(convolution.weight, mode="fan_out")
            self.order.set_state(torch.get_rng_state())
        self.crops = np.random.default_rng(recipe.seed)
        self.network = _laid_out(network, torch.channels_last)
        self.average = {key: value.clone() for key, value in network.state_dict().items()}
        self.optimizers = _optimizers(self.network, recipe)
        self.schedules = [
            OneCycleLR(
                optimizer,
                [group["lr"] for group in optimizer.param_groups],
                recipe.epochs * steps,
                pct_start=recipe.warm_up,
                cycle_momentum=False,
            )
            for optimizer in self.optimizers
        ]

    def train_epoch(self, report: Report, began: float) -> None:
        """One pass over all pictures."""
        self.network.train()
        size = self.recipe.size_in(self.epoch)
        order = torch.randperm(len(self.targets), generator=self.order)
        total = 0.0
        for step in range(self.steps):
            chosen = order[step * self.recipe.batch : (step + 1) * self.recipe.batch]
            total += self._train_step(chosen, size)
            done = self.epoch * self.steps + step + 1
            if done % AVERAGE_EVERY == 0:
                self._update_average(done)
            if done % REPORT_EVERY == 0 or step + 1 == self.steps:
                report(
                    Progress(
                        epoch=self.epoch + 1,
                        epochs=self.recipe.epochs,
                        step=step + 1,
                        steps=self.steps,
                        size=size,
                        loss=total / (step + 1),
                        seconds=time.monotonic() - began,
                    )
                )
        self.epoch += 1
        if not math.isfinite(total):
            raise OptionError(f"training diverged in epoch {self.epoch}", "lower the rates")

    def _train_step(self, chosen: Tensor, size: int) -> float:
        crops = random_crops(
            self.samples.pictures[chosen.numpy()], size, self.recipe.padding, self.crops
        )
        loss = functional.cross_entropy(
            self.network(as_input(crops, self.table)),
            self.targets[chosen],
            label_smoothing=self.recipe.label_smoothing,
        )
        self.network.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in self.optimizers:
            optimizer.step()
        for schedule in self.schedules:
            schedule.step()
        return loss.item()

    def _update_average(self, done: int) -> None:
        # Early on, when there is little to average, the newest weights count for more.
        kept = min(self.recipe.average, (1 + done) / (10 + done)) ** AVERAGE_EVERY
        for key, value in self.network.state_dict().items():
            if value.is_floating_point():
                self.average[key].mul_(kept).add_(value, alpha=1 - kept)
            else:
                self.average[key].copy_(value)

    def averaged_network(self) -> nn.Module:
        """The outcome; the run can't go on afterwards."""
        self.network.load_state_dict(self.average)
        return _laid_out(self.network, torch.contiguous_format).eval()

    def state(self) -> dict[str, Any]:
        """All of it, in types that a checkpoint takes."""
        return {
            "epoch": self.epoch,
            "network": self.network.state_dict(),
            "average": self.average,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "schedules": [schedule.state_dict() for schedule in self.schedules],
            "order": self.order.get_state(),
            "crops": json.dumps(self.crops.bit_generator.state),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state`` returned."""
        self.epoch = state["epoch"]
        self.network.load_state_dict(state["network"])
        self.average = state["average"]
        for optimizer, values in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(values)
        for schedule, values in zip(self.schedules, state["schedules"], strict=True):
            schedule.load_state_dict(values)
        self.order.set_state(state["order"])
        self.crops.bit_generator.state = json.loads(state["crops"])


def as_input(pictures: NDArray[np.uint8], values: NDArray[Any]) -> Tensor:
    """Pictures ``(N, size, size, 3)`` as float32 network input ``(N, 3, size, size)``.

    It lies in memory channels last, which is the faster layout here.
    """
    count, height, width, _ = pictures.shape
    looked_up = apply_table(pictures.reshape(count * height, width, 3), values)
    return torch.from_numpy(looked_up.reshape(count, height, width, 3)).permute(0, 3, 1, 2)


def _laid_out(network: nn.Module, layout: torch.memory_format) -> nn.Module:
    moved: nn.Module = network.to(memory_format=layout)  # type: ignore[call-overload]
    return moved


def _convolutions(network: nn.Module) -> list[nn.Conv2d]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d)]


def _optimizers(network: nn.Module, recipe: Recipe) -> list[Optimizer]:
    dense = [one.weight for one in _convolutions(network) if one.groups == 1]
    known = {id(weight) for weight in dense}
    others = [one for one in network.parameters() if id(one) not in known]
    # Batch norm's factors and all biases are vectors, and get no weight decay.
    groups = [
        {"params": [one for one in others if one.ndim == 1], "weight_decay": 0.0},
        {"params": [one for one in others if one.ndim > 1], "weight_decay": recipe.sgd_decay},
    ]
    return [
        SGD(groups, lr=recipe.sgd_rate, momentum=recipe.momentum, nesterov=True),
        Muon(dense, lr=recipe.muon_rate, weight_decay=recipe.muon_decay),
    ]
