"""Training: it learns, it can be killed, and it refuses what it can't use."""

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from armlet.errors import DatasetError, OptionError, WeightsError
from armlet.export.datasets import Samples
from armlet.export.recipe import Phase, Recipe
from armlet.export.train import Progress, as_input, preprocessing_of, train
from armlet.export.trained import accuracy_of
from armlet.preprocessing import model_input, table

pytestmark = pytest.mark.torch

RECIPE = Recipe(
    network="shufflenet_v2_x0_5",
    stem="cifar",
    size=16,
    phases=(Phase(size=12, epochs=1), Phase(size=16, epochs=1)),
    batch=8,
    muon_rate=0.01,
    sgd_rate=0.02,
    label_smoothing=0.0,
    seed=3,
)


def easy_samples(count: int = 240) -> Samples:
    """Noise in two colours: red is class 0, blue is class 1."""
    random = np.random.default_rng(0)
    targets = np.arange(count) % 2
    pictures = random.integers(0, 100, (count, 16, 16, 3), np.uint8)
    pictures[targets == 0, :, :, 0] += 100
    pictures[targets == 1, :, :, 2] += 100
    return Samples(labels=("red", "blue"), pictures=pictures, targets=targets, unreadable=())


def go(checkpoint: Path, reports: list[Progress] | None = None) -> nn.Module:
    samples = easy_samples()
    preprocessing = preprocessing_of(samples, "squash")
    report = [] if reports is None else reports
    return train(samples, preprocessing, RECIPE, checkpoint, report.append, threads=1)


@dataclasses.dataclass
class Run:
    network: nn.Module
    reports: list[Progress]
    checkpoint: Path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run that nobody disturbed."""
    checkpoint = tmp_path_factory.mktemp("whole") / "run.checkpoint"
    reports: list[Progress] = []
    yield Run(go(checkpoint, reports), reports, checkpoint)


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_it_learns_what_is_easy(whole: Run) -> None:
    first, last = whole.reports[0], whole.reports[-1]
    assert (first.epoch, first.step, first.size) == (1, 20, 12)
    assert (last.epoch, last.epochs, last.step, last.steps) == (2, 2, 30, 30)
    assert last.size == 16
    assert last.loss < 0.7 * first.loss
    samples = easy_samples()
    preprocessing = preprocessing_of(samples, "squash")
    assert not whole.network.training
    assert accuracy_of(whole.network, preprocessing, samples).top1 > 80


CHILD = """
import sys
from pathlib import Path
from armlet.export.train import Progress
sys.path.insert(0, sys.argv[2])
import test_train

class Reports(list):
    def append(self, progress):
        if (progress.epoch, progress.step) == (2, 10):
            print("in the middle", flush=True)
            sys.stdin.read()  # until it is killed

test_train.go(Path(sys.argv[1]), Reports())
"""


def test_killed_run_goes_on_to_the_very_same_weights(whole: Run, tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    arguments = [sys.executable, "-c", CHILD, str(checkpoint), str(Path(__file__).parent)]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "in the middle\n"
        child.kill()
    assert [path.name for path in tmp_path.iterdir()] == ["run.checkpoint"]
    torch.manual_seed(99)  # neither used nor changed
    before = torch.get_rng_state()
    reports: list[Progress] = []
    network = go(checkpoint, reports)
    assert [(one.epoch, one.step) for one in reports] == [(2, 10), (2, 30)]
    assert [one.loss for one in reports] == [one.loss for one in whole.reports[-2:]]
    assert equal(network.state_dict(), whole.network.state_dict())
    assert torch.equal(torch.get_rng_state(), before)


def test_finished_run_has_nothing_left_to_do(whole: Run) -> None:
    reports: list[Progress] = []
    network = go(whole.checkpoint, reports)
    assert reports == []
    assert equal(network.state_dict(), whole.network.state_dict())


def refused(
    kind: type[Exception], problem: str, checkpoint: Path, samples: Samples, recipe: Recipe
) -> None:
    preprocessing = preprocessing_of(easy_samples(), "squash")
    with pytest.raises(kind) as refusal:
        train(samples, preprocessing, recipe, checkpoint, print, threads=1)
    assert problem in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_checkpoint_of_another_run_is_refused(whole: Run) -> None:
    path, other = whole.checkpoint, dataclasses.replace(RECIPE, seed=4)
    refused(OptionError, "is of a run with another recipe", path, easy_samples(), other)
    samples = easy_samples()
    samples.pictures[7, 1, 2, 0] ^= 1
    refused(OptionError, "is of a run with other data", path, samples, RECIPE)


def test_damaged_checkpoint_is_refused(whole: Run, tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    path.write_bytes(whole.checkpoint.read_bytes()[:5000])
    problem = "run.checkpoint is damaged; delete it to begin anew"
    refused(WeightsError, problem, path, easy_samples(), RECIPE)


def test_too_little_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    problem = "7 pictures are too few for batches of 8"
    refused(DatasetError, problem, path, easy_samples(7), RECIPE)
    one_class = dataclasses.replace(easy_samples(), labels=("red",))
    refused(DatasetError, "there is only one class", path, one_class, RECIPE)


def test_diverging_run_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    wild = dataclasses.replace(RECIPE, sgd_rate=1e30, phases=(Phase(size=8, epochs=1),))
    refused(OptionError, "training diverged in epoch 1", path, easy_samples(), wild)
    assert not path.exists()


def test_preprocessing_is_that_of_the_pictures() -> None:
    samples = easy_samples()
    pixels = samples.pictures.reshape(-1, 3) / 255
    preprocessing = preprocessing_of(samples, "crop")
    assert (preprocessing.size, preprocessing.resize) == (16, "crop")
    assert np.allclose(preprocessing.mean, pixels.mean(0), atol=5e-5)
    assert np.allclose(preprocessing.std, pixels.std(0), atol=5e-5)
    grey = dataclasses.replace(samples, pictures=np.full((4, 8, 8, 3), 9, np.uint8))
    with pytest.raises(DatasetError, match="have no contrast"):
        preprocessing_of(grey, "crop")


def test_training_sees_what_the_device_sees() -> None:
    samples = easy_samples(1)
    preprocessing = preprocessing_of(easy_samples(), "squash")
    values = table(preprocessing, None)
    seen = as_input(samples.pictures, values)
    assert seen.is_contiguous(memory_format=torch.channels_last)
    device = model_input(samples.pictures[0], preprocessing, values, "NCHW")
    assert np.array_equal(seen.numpy(), device)
