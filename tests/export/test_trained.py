"""From pictures on disk to weights with their card."""

import dataclasses
import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from armlet.bundle import Accuracy
from armlet.errors import DatasetError, OutputError
from armlet.export import cards, trained, weights
from armlet.export.datasets import Samples
from armlet.export.recipe import Phase, Recipe
from armlet.export.trained import Job
from armlet.preprocessing import Preprocessing
from armlet.quantization import Ranges

pytestmark = pytest.mark.torch

RECIPE = Recipe(
    network="shufflenet_v2_x0_5",
    stem="cifar",
    size=8,
    phases=(Phase(size=8, epochs=10),),
    batch=4,
    seed=1,
)


def write_pictures(folder: Path, count: int, seed: int) -> Path:
    """``count`` pictures each of red and blue noise, and one that is none."""
    random = np.random.default_rng(seed)
    for label, channel in (("blue", 0), ("red", 2)):  # OpenCV's order
        (folder / label).mkdir(parents=True)
        for number in range(count):
            picture = random.integers(0, 100, (10, 12, 3), np.uint8)
            picture[..., channel] += 100
            cv2.imwrite(str(folder / label / f"{number}.png"), picture)
    (folder / "red" / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(
        data=write_pictures(tmp_path / "train", 4, 0),
        test=write_pictures(tmp_path / "test", 3, 1),
        labels=None,
        resizing="squash",
        recipe=RECIPE,
        source="made by the test",
        remarks="noise",
        weights=tmp_path / "out" / "colours.safetensors",
    )


def input_range(module: nn.Module, inputs: NDArray[np.float32]) -> Ranges:
    assert not module.training
    assert inputs.shape == (8, 3, 8, 8)
    assert inputs.flags.c_contiguous
    assert np.allclose(inputs.mean((0, 2, 3)), 0, atol=1e-3)
    assert np.allclose(inputs.std((0, 2, 3)), 1, atol=1e-3)
    return {"input": (float(inputs.min()), float(inputs.max()))}


def test_job_leaves_weights_and_their_card(job: Job) -> None:
    outcome = trained.run(job, input_range, lambda _: None, threads=1)
    folder = job.weights.parent
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["colours.json", "colours.safetensors"]
    assert (outcome.weights, outcome.card_file) == (job.weights, folder / "colours.json")
    assert outcome.unreadable == (
        f"{job.data}/red/broken.jpg: damaged or not a picture",
        f"{job.test}/red/broken.jpg: damaged or not a picture",
    )
    card = cards.read(outcome.card_file)
    assert card == outcome.card
    assert (card.network, card.stem) == ("shufflenet_v2_x0_5", "cifar")
    assert card.labels == ("blue", "red")
    assert card.recipe == RECIPE.to_json()
    assert card.data == cards.Data(
        name="train", source="made by the test", images=8, remarks="noise"
    )
    assert card.preprocessing.mean[0] == pytest.approx(99.5 / 255, abs=0.02)
    low, high = card.ranges["input"]
    assert low < -1 and high > 1
    assert datetime.date.fromisoformat(card.date)
    state = weights.read(outcome.weights)
    network = weights.fit(card.network, card.stem, state, "colours", len(card.labels))
    assert card.accuracy is not None
    assert card.accuracy.images == 6
    assert network(torch.zeros(1, 3, 8, 8)).shape == (1, 2)


def test_earlier_weights_are_not_overwritten(job: Job) -> None:
    job.weights.parent.mkdir()
    job.weights.touch()
    with pytest.raises(OutputError, match=r"colours\.safetensors exists already"):
        trained.run(job, input_range, print, threads=1)
    other = dataclasses.replace(job, weights=job.weights.with_suffix(".pth"))
    with pytest.raises(OutputError, match=r"colours\.pth has no suffix .safet"):
        trained.run(other, input_range, print, threads=1)


def test_bad_test_pictures_are_told_before_training(job: Job, tmp_path: Path) -> None:
    unknown = tmp_path / "unknown"
    write_pictures(unknown, 1, 2)
    (unknown / "red").rename(unknown / "green")
    with pytest.raises(DatasetError, match="the folder 'green' is no label"):
        trained.run(dataclasses.replace(job, test=unknown), input_range, print, threads=1)
    broken = tmp_path / "broken"
    (broken / "red").mkdir(parents=True)
    (broken / "red" / "1.png").touch()
    with pytest.raises(DatasetError, match=f"no picture of {broken} can be read"):
        trained.run(dataclasses.replace(job, test=broken), input_range, print, threads=1)


class FirstPixel(nn.Module):
    """Logits that are highest for the class in the first pixel, lower the further from it."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, x: Tensor) -> Tensor:
        guess = (x[:, 0, 0, 0] * 255).round()
        return -(guess[:, None] - torch.arange(self.classes)).abs()


def measured(classes: int, target: int, guesses: list[int]) -> Accuracy:
    """The accuracy of ``FirstPixel`` on pictures that make it guess this."""
    pictures = np.zeros((len(guesses), 2, 2, 3), np.uint8)
    pictures[:, 0, 0, 0] = guesses
    samples = Samples(
        labels=("",) * classes,
        pictures=pictures,
        targets=np.full(len(guesses), target),
        unreadable=(),
    )
    plain = Preprocessing(size=2, resize="squash", mean=(0, 0, 0), std=(1, 1, 1))
    return trained.accuracy_of(FirstPixel(classes), plain, samples)


def test_accuracy_counts_the_first_and_the_first_five() -> None:
    # Class 5 is the best guess, among the five best, and beyond; more than fit in one batch.
    accuracy = measured(10, 5, [5, 7, 1] * 100)
    assert accuracy == Accuracy(top1=33.333, top5=66.667, images=300)


def test_accuracy_of_few_classes() -> None:
    assert measured(3, 1, [0, 2]) == Accuracy(top1=0, top5=100, images=2)
