"""What is to be exported: defaults, cards and labels."""

import sys
from pathlib import Path

import pytest
import torch

from armlet.errors import ArmletError, NetworkError, OptionError
from armlet.export import cards, networks, weights
from armlet.export.classifier import IMAGENET, Wish, resolve

pytestmark = pytest.mark.torch

NETWORK = "shufflenet_v2_x0_5"
FACTORIES = """
import torch
from torch import nn

class Pooled(nn.Module):
    def __init__(self, answer):
        super().__init__()
        self.answer = answer
    def forward(self, x):
        return self.answer(x.mean((2, 3)))

def make(): return Pooled(lambda y: y)
def pair(): return Pooled(lambda y: (y, y))
def deep(): return Pooled(lambda y: y[None])
def fixed(): return nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 2))
"""


@pytest.fixture
def factories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a module in the current folder."""
    (tmp_path / "own_networks.py").write_text(FACTORIES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "own_networks", raising=False)
    return "own_networks"


def refused(kind: type[ArmletError], problem: str, wish: Wish) -> None:
    with pytest.raises(kind) as refusal:
        resolve(wish)
    assert problem in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_no_wish_at_all_is_the_card_of_the_default_weights() -> None:
    card, _ = cards.shipped("cifar10", NETWORK)
    found = resolve(Wish(network=NETWORK))
    assert (found.weights, found.stem) == ("cifar10", card.stem)
    assert (found.preprocessing, found.ranges) == (card.preprocessing, card.ranges)
    assert list(found.labels) == list(card.labels)
    assert not found.module.training


def test_ranges_of_a_card_hold_only_for_its_own_preprocessing() -> None:
    card, _ = cards.shipped("cifar10", NETWORK)
    size = card.preprocessing.size
    assert resolve(Wish(network=NETWORK, input_size=size)).ranges == card.ranges
    other = resolve(Wish(network=NETWORK, input_size=size + 8))
    assert (other.ranges, other.preprocessing.size) == (None, size + 8)
    assert other.preprocessing.mean == card.preprocessing.mean
    assert resolve(Wish(network=NETWORK, std=(1.0, 1.0, 1.0))).ranges is None
    assert resolve(Wish(network=NETWORK, stem="imagenet")).ranges is None


def test_weights_of_ones_own_have_imagenets_defaults(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    weights.write(path, networks.build(NETWORK, 3, "imagenet"))
    found = resolve(Wish(network=NETWORK, weights=str(path)))
    assert found.preprocessing == IMAGENET
    assert (found.weights, found.stem, found.ranges) == ("own.safetensors", "imagenet", None)
    assert list(found.labels) == ["class 0", "class 1", "class 2"]
    assert found.module.get_submodule("conv1.0").stride == (2, 2)


def test_a_factory_has_imagenets_defaults_and_no_stem(factories: str) -> None:
    found = resolve(Wish(network=f"{factories}:make"))
    assert found.preprocessing == IMAGENET
    assert (found.stem, found.ranges) == (None, None)
    assert list(found.labels) == ["class 0", "class 1", "class 2"]
    refused(OptionError, "--stem is for", Wish(network=f"{factories}:make", stem="cifar"))


@pytest.mark.parametrize(
    ("factory", "problem"),
    [
        ("pair", "returns a tuple for one picture, not [1, classes]"),
        ("deep", "returns a tensor of shape [1, 1, 3] for one picture"),
        ("fixed", "can't run a picture of 224 pixels ("),
    ],
)
def test_what_is_no_classifier_is_refused(factories: str, factory: str, problem: str) -> None:
    refused(NetworkError, problem, Wish(network=f"{factories}:{factory}"))


def test_another_size_may_be_what_it_needs(factories: str) -> None:
    found = resolve(Wish(network=f"{factories}:fixed", input_size=16))
    assert found.module(torch.zeros(1, 3, 16, 16)).shape == (1, 2)


@pytest.mark.parametrize("named", [None, "cifar10", "imagenet", "own.pth"])
def test_an_unknown_network_is_the_first_thing_said(named: str | None) -> None:
    problem = "there is no network 'resnet50'"
    refused(NetworkError, problem, Wish(network="resnet50", weights=named))


def test_labels_are_counted(factories: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("a\nb\n", encoding="utf-8")
    wish = Wish(network=f"{factories}:make", labels=path)
    refused(OptionError, "2 labels for a network of 3 classes", wish)
