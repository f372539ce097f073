"""From a model's logits to the labels that it finds most probable."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from armlet.runtime.result import Prediction


def rank(
    order: NDArray[np.float32] | NDArray[np.float64],
    scores: NDArray[np.float64],
    labels: Sequence[str],
    top_k: int,
) -> Sequence[Prediction]:
    """The most probable labels, best first; of equals the first in the list.

    Args:
        order: Logits, or whatever is larger for what is more probable; shape (classes,).
        scores: Their probabilities, shape (classes,).
        labels: One for each class.
        top_k: How many.
    """
    best = np.argsort(-order, kind="stable")[:top_k]
    return [
        Prediction(index=int(index), label=labels[index], score=float(scores[index]))
        for index in best
    ]


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities, computed in float64."""
    powers = np.exp(logits.astype(np.float64) - float(logits.max()))
    return np.asarray(powers / powers.sum(), np.float64)
