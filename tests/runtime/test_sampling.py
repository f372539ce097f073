from pathlib import Path

import numpy as np
import pytest

from armlet.errors import BackendError
from armlet.runtime.backends import litert
from armlet.runtime.choice import Wish
from armlet.runtime.model import open_model
from armlet.runtime.profiled import ProfiledRun
from armlet.runtime.sampling import BUDGET, Budget, Sampler


class FakeClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_first_sample_is_due_at_once_and_the_next_when_it_is_affordable() -> None:
    clock = FakeClock()
    budget = Budget(clock)
    assert budget.due
    clock.now += 0.1
    budget.taken(0.1)
    clock.now = 100.0 + 0.2 / BUDGET - 0.01
    assert not budget.due
    clock.now += 0.02
    assert budget.due


def test_samples_stay_within_the_budget_whatever_they_cost() -> None:
    clock = FakeClock()
    budget = Budget(clock)
    began, spent = clock.now, 0.0
    for number in range(100_000):
        clock.now += 0.003
        if budget.due:
            cost = 0.05 + 0.001 * (number % 70)
            clock.now += cost
            spent += cost
            budget.taken(cost)
    assert 0.8 * BUDGET < spent / (clock.now - began) < 1.1 * BUDGET


def test_sample_has_the_layers_of_the_network(bundle: Path) -> None:
    model = open_model(bundle, Wish(backend="litert", precision=None), 1)
    sampler = Sampler(model, FakeClock())
    layers = sampler.sample(model.session.input.example())
    assert layers
    assert [one.name for one in layers] == [*(one.name for one in model.layers), "other"]
    assert sum(one.share or 0.0 for one in layers) == pytest.approx(1.0)


def test_runtime_that_cannot_be_asked_is_not_asked_again(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def refuse(*_: object) -> list[ProfiledRun]:
        nonlocal asked
        asked += 1
        raise BackendError("it does not tell", "ask another")

    monkeypatch.setattr(litert, "profile", refuse)
    model = open_model(bundle, Wish(backend="litert", precision=None), 1)
    sampler = Sampler(model, FakeClock())
    for _ in range(3):
        assert sampler.sample(np.zeros((1, 32, 32, 3), np.int8)) is None
    assert asked == 1
    assert str(sampler.problem) == "it does not tell; ask another"
