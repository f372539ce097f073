"""What a model says of a picture."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from armlet.errors import BackendError, ImageError
from armlet.preprocessing import Picture, decode
from armlet.records import Prediction, Result
from armlet.runtime.model import Model

Clock = Callable[[], float]
"""Seconds since some moment, such as ``time.perf_counter``."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How much of what the model says is wanted."""

    top_k: int
    """How many labels; more than there are means all."""
    logits: bool
    """Whether all logits are wanted too."""


def classify_files(
    model: Model, paths: Sequence[Path], answer: Answer, clock: Clock
) -> Iterator[Result | ImageError]:
    """Classify picture files one after the other.

    Yields:
        For each path a result, or the reason why it has none.
    """
    for path in paths:
        try:
            picture = decode(path)
        except ImageError as error:
            yield error
        else:
            yield classify(model, picture, str(path), answer, clock)


def classify(model: Model, picture: Picture, path: str, answer: Answer, clock: Clock) -> Result:
    """Classify a decoded picture.

    Raises:
        BackendError: The model's answer isn't made of numbers.
    """
    start = clock()
    tensor = model.tensor(picture)
    ready = clock()
    logits = model.session.run(tensor)[0]
    end = clock()
    if not np.isfinite(logits).all():
        raise BackendError(
            f"{model.path} answers {path} with NaN or infinity",
            "check the weights it was made of",
        )
    return Result(
        path=path,
        top=rank(logits, scores(model, logits), model.labels, answer.top_k),
        preprocess_ms=(ready - start) * 1e3,
        inference_ms=(end - ready) * 1e3,
        logits=[float(value) for value in logits] if answer.logits else None,
    )


def scores(model: Model, logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities, of what a model answers: its own, or the softmax of its logits.

    Args:
        model: The model.
        logits: Shape (classes,).
    """
    return logits.astype(np.float64) if model.session.probabilities else softmax(logits)


def rank(
    logits: NDArray[np.float32],
    scores: NDArray[np.float64],
    labels: Sequence[str],
    top_k: int,
) -> Sequence[Prediction]:
    """The most probable labels, best first; of equals the first in the list.

    Args:
        logits: Shape (classes,).
        scores: Their probabilities, shape (classes,).
        labels: One for each class.
        top_k: How many.
    """
    best = np.argsort(-logits, kind="stable")[:top_k]
    return [
        Prediction(index=int(index), label=labels[index], score=float(scores[index]))
        for index in best
    ]


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities, computed in float64."""
    powers = np.exp(logits.astype(np.float64) - float(logits.max()))
    return np.asarray(powers / powers.sum(), np.float64)
