from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from armlet.errors import BackendError
from armlet.runtime import latency, open_classifier
from armlet.runtime.classifier import Classifier
from armlet.runtime.live.layers import LEAST_PAUSE_S, LayerSampler
from armlet.runtime.sampling import BUDGET
from armlet.runtime.session import Tensor


class Clock:
    """Stands still, but for what a look at the layers takes."""

    def __init__(self, *, look_s: float) -> None:
        self.now = 100.0
        self.look_s = look_s

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def classifier(bundle: Path) -> Iterator[Classifier]:
    with open_classifier(bundle) as opened:
        yield opened


@pytest.fixture
def tensor(classifier: Classifier) -> Tensor:
    return classifier.prepare(np.zeros((32, 32, 3), np.uint8)).tensor


def sampler(
    classifier: Classifier,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    *,
    every: int | None = None,
    wanted: bool = False,
) -> LayerSampler:
    """One whose looks take, on its clock, what the clock says."""
    measure = latency.measure_layers

    def measured(*arguments: object, **more: object) -> object:
        clock.now += clock.look_s
        return measure(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(latency, "measure_layers", measured)
    return LayerSampler(classifier.model, clock, every, lambda: wanted, pytest.fail)


def test_every_nth_exactly(
    classifier: Classifier, tensor: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = sampler(classifier, Clock(look_s=10.0), monkeypatch, every=3)
    looked = [count for count in range(1, 14) if samples.sample(count, tensor) is not None]
    assert looked == [3, 6, 9, 12]  # whatever it takes
    layers = samples.sample(15, tensor)
    assert layers
    assert layers[-1].name == "other"
    assert sum(layer.share or 0.0 for layer in layers) == pytest.approx(1)


def test_nobody_wants_any(
    classifier: Classifier, tensor: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = sampler(classifier, Clock(look_s=0.0), monkeypatch)
    assert [samples.sample(count, tensor) for count in range(1, 10)] == [None] * 9


@pytest.mark.parametrize("look_s", [0.001, 0.03, 0.3])
def test_what_somebody_wants_stays_within_the_budget(
    classifier: Classifier, tensor: Tensor, monkeypatch: pytest.MonkeyPatch, look_s: float
) -> None:
    monkeypatch.setattr(latency, "measure_layers", lambda *_, **__: [])  # only time counts
    clock = Clock(look_s=look_s)
    samples = sampler(classifier, clock, monkeypatch, wanted=True)
    looks = []
    while clock.now < 125:
        if samples.sample(1, tensor) is not None:
            looks.append(clock.now)
        clock.now += 0.04
    assert looks[0] == pytest.approx(100 + look_s)  # at once
    pauses = np.diff(looks) - look_s
    least = max(LEAST_PAUSE_S, look_s / BUDGET)
    assert (pauses > least - 1e-6).all()
    assert (pauses < least + 0.05).all()
    assert look_s * len(looks) < BUDGET * 25 + look_s


def test_runtime_that_has_no_profiler_is_said_once(
    classifier: Classifier, tensor: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise BackendError("the profiler fails", "leave it out")

    monkeypatch.setattr(latency, "measure_layers", fail)
    said: list[str] = []
    samples = LayerSampler(classifier.model, Clock(look_s=0.0), 1, lambda: False, said.append)
    assert [samples.sample(count, tensor) for count in range(1, 4)] == [None] * 3
    assert said == ["no layers are measured: the profiler fails; leave it out"]
