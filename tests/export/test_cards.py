"""Cards of trained weights, and the weights that come with armlet."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from armlet.bundle import Accuracy
from armlet.errors import WeightsError
from armlet.export import cards
from armlet.export.recipe import Phase, Recipe
from armlet.preprocessing import Preprocessing

NETWORK = "shufflenet_v2_x0_5"
CARD = cards.Card(
    network=NETWORK,
    stem="cifar",
    labels=("cat", "dog"),
    preprocessing=Preprocessing(
        size=32, resize="squash", mean=(0.5, 0.4, 0.3), std=(0.1, 0.2, 0.3)
    ),
    recipe=Recipe(
        network=NETWORK, stem="cifar", size=32, phases=(Phase(size=24, epochs=2),), seed=5
    ).to_json(),
    accuracy=Accuracy(top1=87.5, top5=99.0, images=200),
    data=cards.Data(name="pets", source="a shelter", images=1000, remarks="recompressed"),
    ranges={"conv1.0:0": (0.0, 2.625), "fc:0": (-7.1, 11.3)},
    date="2026-11-25",
)


def refused(problem: str, path: Path) -> None:
    with pytest.raises(WeightsError) as refusal:
        cards.read(path)
    assert problem in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("accuracy", [CARD.accuracy, None])
def test_card_is_read_as_it_was_written(tmp_path: Path, accuracy: Accuracy | None) -> None:
    path = tmp_path / "card.json"
    card = dataclasses.replace(CARD, accuracy=accuracy)
    cards.write(path, card)
    assert cards.read(path) == card
    assert json.loads(path.read_text())["recipe"]["seed"] == 5


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schema": 2}, "has schema 2, this armlet reads 1"),
        ({"labels": None}, "is damaged (no 'labels')"),
        ({"labels": []}, "is damaged (no labels)"),
        ({"stem": "wide"}, "is damaged (unknown stem 'wide')"),
        ({"ranges": {"fc:0": [2, 1]}}, "is damaged (the range of 'fc:0' is [2, 1])"),
        ({"ranges": {"fc:0": [0, float("inf")]}}, "the range of 'fc:0' is [0, inf]"),
        ({"ranges": {"fc:0": [1]}}, "is damaged ("),
        ({"ranges": 3}, "is damaged ("),
        ({"preprocessing": {"size": 32}}, "is damaged ("),
        ({"data": {"name": "x"}}, "is damaged ("),
        ({"accuracy": {"top1": 3}}, "is damaged ("),
    ],
)
def test_damaged_cards_are_refused(
    tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    path = tmp_path / "card.json"
    record = {key: one for key, one in (CARD.to_json() | change).items() if one is not None}
    path.write_text(json.dumps(record))
    refused(problem, path)


def test_files_that_are_no_card_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    refused("No such file", path)
    path.write_text("{")
    refused("is no JSON (", path)
    path.write_text("[]")
    refused("has schema None", path)
    path.write_bytes(b"\xff\xfe\xff")
    refused("is no JSON (", path)


def test_shipped_weights_are_for_one_network(tmp_path: Path) -> None:
    cards.write(tmp_path / "cifar10.json", CARD)
    card, weights = cards.shipped("cifar10", NETWORK, tmp_path)
    assert card == CARD
    assert weights == tmp_path / "cifar10.safetensors"
    with pytest.raises(WeightsError, match="'cifar10' are for shufflenet_v2_x0_5, not for shu"):
        cards.shipped("cifar10", "shufflenet_v2_x1_0", tmp_path)
    with pytest.raises(WeightsError, match="'cifar' come with armlet, only cifar10, fashion-m"):
        cards.shipped("cifar", NETWORK, tmp_path)


def test_only_one_network_has_weights_by_default() -> None:
    assert cards.default_weights(NETWORK) == "cifar10"
    with pytest.raises(
        WeightsError, match="no weights for shufflenet_v2_x1_0 come with armlet"
    ):
        cards.default_weights("shufflenet_v2_x1_0")
