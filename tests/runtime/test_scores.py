import numpy as np
import pytest

from armlet.runtime.scores import rank, softmax

LABELS = ("red", "green", "blue")


def test_softmax_does_not_overflow() -> None:
    scores = softmax(np.array([1000, 1000, -1000], np.float32))
    assert scores.dtype == np.float64
    assert scores.tolist() == [0.5, 0.5, 0.0]


def test_rank_gives_what_there_is_and_keeps_the_order_of_equals() -> None:
    logits = np.array([1, 2, 2], np.float32)
    top = rank(logits, softmax(logits), LABELS, 99)
    assert [one.label for one in top] == ["green", "blue", "red"]
    assert sum(one.score for one in top) == pytest.approx(1.0, rel=1e-12)
