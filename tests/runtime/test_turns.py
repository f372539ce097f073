from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pytest

from armlet.runtime import turns
from armlet.runtime.model import Model
from armlet.runtime.session import Tensor
from armlet.runtime.turns import take_turns

TENSOR = np.zeros((1, 1, 1, 3), np.float32)


@dataclass
class Diary:
    """What happened, with a clock that only runs of models move on."""

    now: float = 0.0
    lines: list[str] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def settle(self) -> bool:
        self.lines.append("settle")
        return True


@dataclass
class Runner:
    """A model and its session at once, as far as turns look at them."""

    diary: Diary
    name: str
    threads: int
    seconds: float

    @property
    def session(self) -> "Runner":
        return self

    def run(self, tensor: Tensor) -> None:
        assert tensor is TENSOR
        self.diary.now += self.seconds
        self.diary.lines.append(self.name)


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch) -> Diary:
    diary = Diary()
    monkeypatch.setattr(turns, "settle", diary.settle)
    return diary


def turned(diary: Diary, runners: Sequence[Runner], runs: int) -> Sequence[Sequence[float]]:
    shown: list[int] = []

    def watch(rounds: Sequence[int]) -> Iterator[int]:
        for number in rounds:
            shown.append(number)
            yield number

    models = cast(Sequence[Model], runners)
    seconds, conditions = take_turns(models, [TENSOR for _ in models], runs, watch, diary.clock)
    assert shown == [*range(0, runs, 5)]
    assert conditions.threads == max(one.threads for one in runners)
    return seconds


def test_each_turn_warms_up_by_runs_and_by_time(diary: Diary) -> None:
    slow = Runner(diary=diary, name="slow", threads=1, seconds=0.5)
    quick = Runner(diary=diary, name="quick", threads=1, seconds=0.0078125)
    seconds = turned(diary, [slow, quick], 7)
    assert [*map(list, seconds)] == [[0.5] * 7, [0.0078125] * 7]
    warm_up = ["slow"] * 2
    first, second = (
        [*["slow"] * (2 + runs), *["quick"] * (3 + runs)]  # three take 20 ms
        for runs in (5, 2)
    )
    assert diary.lines == [*warm_up, *first, *second]


def test_spinning_threads_are_waited_for_before_the_next_model(diary: Diary) -> None:
    many = Runner(diary=diary, name="many", threads=4, seconds=1.0)
    one = Runner(diary=diary, name="one", threads=1, seconds=1.0)
    turned(diary, [many, one], 6)
    turn = ["many"] * 2
    assert diary.lines == [
        *turn,
        *["many"] * 7,
        "settle",
        *["one"] * 7,
        *["many"] * 3,
        "settle",
        *["one"] * 3,
    ]


def test_model_alone_is_never_waited_for(diary: Diary) -> None:
    turned(diary, [Runner(diary=diary, name="many", threads=4, seconds=1.0)], 11)
    assert "settle" not in diary.lines


def test_model_that_never_takes_time_warms_up_for_a_while_only(diary: Diary) -> None:
    turned(diary, [Runner(diary=diary, name="a", threads=1, seconds=0.0)], 1)
    assert len(diary.lines) == 100 + 100 + 1
