"""The Python interface: what the commands do, for programs of one's own."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from armlet.errors import BackendError, ImageError, OptionError
from armlet.preprocessing import Picture, decode
from armlet.records import Layer
from armlet.runtime.clock import Clock
from armlet.runtime.model import Model
from armlet.runtime.monitor import Monitor
from armlet.runtime.result import Result
from armlet.runtime.scores import rank, softmax
from armlet.runtime.session import Tensor

if TYPE_CHECKING:  # most programs never ask where the time goes
    from armlet.runtime.conditions import Conditions
    from armlet.runtime.latency import Latency

Sample = Callable[[Tensor], Sequence[Layer] | None]
"""Measures the layers on an input, or declines to."""
Smooth = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""What becomes of the scores, (classes,), before the best are chosen."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A picture as the model takes it."""

    tensor: Tensor
    preprocess_ms: float
    """Milliseconds from the decoded picture to this."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the model answers to a picture."""

    logits: NDArray[np.float32]
    """(classes,)."""
    inference_ms: float
    """Milliseconds in the runtime."""
    before: "Conditions"
    """Of the machine, at most ``monitor.SECONDS`` before it ran."""


class Classifier:
    """An image classifier, open on this device; a context manager that closes it.

    Args:
        model: What it runs.
        clock: In seconds.
    """

    def __init__(self, model: Model, clock: Clock = time.perf_counter) -> None:
        self._model: Model | None = model
        self._clock = clock
        self._monitor = Monitor(model.threads, clock)

    @property
    def model(self) -> Model:
        """What is open: file, precision, backend, preprocessing, labels.

        Raises:
            ValueError: It has been closed.
        """
        if self._model is None:
            raise ValueError("the classifier is closed")
        return self._model

    def classify(
        self,
        picture: str | os.PathLike[str] | Picture,
        *,
        top_k: int = 5,
        logits: bool = False,
    ) -> Result:
        """Say what is on a picture.

        Args:
            picture: A file, or an array (height, width, 3) of uint8 in the order R, G, B
                (OpenCV's cameras give B, G, R).
            top_k: How many labels; more than there are means all.
            logits: Whether the result holds all logits, too.

        Raises:
            ImageError: The file can't be read, or the array is no picture.
            BackendError: The runtime fails, or the model's answer isn't made of numbers.
        """
        name = "array" if isinstance(picture, np.ndarray) else os.fspath(picture)
        _check_count("top_k", top_k)
        prepared = self.prepare(_read(picture))
        return self.result(prepared, self.run(prepared, name), name, top_k, logits=logits)

    def prepare(self, picture: Picture, *, bgr: bool = False) -> Prepared:
        """Make the model's input, which another thread may do while the model runs.

        Args:
            picture: (height, width, 3) uint8 in the order R, G, B, C-contiguous.
            bgr: Whether the order is B, G, R instead, as OpenCV's cameras give it.
        """
        start = self._clock()
        tensor = self.model.tensor(picture, bgr=bgr)
        return Prepared(tensor=tensor, preprocess_ms=(self._clock() - start) * 1e3)

    def run(self, prepared: Prepared, name: str) -> Answer:
        """Run the model on what ``prepare`` made.

        Args:
            prepared: The model's input.
            name: What messages call the picture.

        Raises:
            BackendError: As ``classify``.
        """
        model, clock = self.model, self._clock
        before = self._monitor.now()
        start = clock()
        logits = model.session.run(prepared.tensor)[0]
        end = clock()
        if not np.isfinite(logits).all():
            raise BackendError(
                f"{model.path} answers {name} with NaN or infinity",
                "check the weights it was made of",
            )
        return Answer(logits=logits, inference_ms=(end - start) * 1e3, before=before)

    def result(
        self,
        prepared: Prepared,
        answer: Answer,
        name: str,
        top_k: int,
        *,
        logits: bool = False,
        smooth: Smooth | None = None,
        layers: Sequence[Layer] | None = None,
    ) -> Result:
        """Say what an answer means, which another thread may do while the model runs on.

        Args:
            prepared: The model's input.
            answer: What ``run`` said of it.
            name: What the result calls the picture.
            top_k: As for ``classify``, but not checked.
            logits: As for ``classify``.
            smooth: What becomes of the scores before the best are chosen.
            layers: Measured on this picture; None: they weren't.
        """
        model = self.model
        probable = model.session.probabilities
        order = answer.logits
        scores = order.astype(np.float64) if probable else softmax(order)
        if smooth:
            scores = smooth(scores)
        return Result(
            path=name,
            top=rank(scores if smooth else order, scores, model.labels, top_k),
            preprocess_ms=prepared.preprocess_ms,
            inference_ms=answer.inference_ms,
            conditions=self._monitor.since(answer.before),
            layers=layers,
            logits=[float(value) for value in order] if logits else None,
        )

    def classify_files(
        self,
        paths: Iterable[str | os.PathLike[str]],
        *,
        top_k: int = 5,
        logits: bool = False,
        sample: Sample | None = None,
    ) -> Iterator[Result | ImageError]:
        """Classify picture files one after the other; a broken one doesn't stop the rest.

        Args:
            paths: The files.
            top_k: As for ``classify``.
            logits: As for ``classify``.
            sample: Measures the layers of some pictures; None: of none.

        Yields:
            For each path a result, or the reason why it has none.

        Raises:
            BackendError: As ``classify``.
        """
        _check_count("top_k", top_k)
        for path in paths:
            try:
                picture = decode(Path(path))
            except ImageError as error:
                yield error
            else:
                name = os.fspath(path)
                prepared = self.prepare(picture)
                answer = self.run(prepared, name)
                layers = sample(prepared.tensor) if sample else None
                yield self.result(prepared, answer, name, top_k, logits=logits, layers=layers)

    def profile(
        self, *, runs: int = 50, picture: str | os.PathLike[str] | Picture | None = None
    ) -> "Latency":
        """Measure the whole model, and each of its layers.

        Args:
            runs: How many, with the runtime's profiler and as many without.
            picture: What it is run on, as for ``classify``; None: a ramp, which takes as long.

        Raises:
            BackendError: The runtime can't be asked for the time of its operators.
            ImageError: As ``classify``.
        """
        from armlet.runtime.latency import measure_latency

        _check_count("runs", runs)
        model = self.model
        tensor = None if picture is None else model.tensor(_read(picture))
        (latency,) = measure_latency([model], self._clock, runs, tensor)
        return latency

    def close(self) -> None:
        """Let go of the model and its runtime's memory."""
        self._model = None

    def __enter__(self) -> Self:
        """The classifier itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


def _check_count(name: str, count: int) -> None:
    if count < 1:
        raise OptionError(f"{name} is {count}", "give 1 or more")


def _read(picture: str | os.PathLike[str] | Picture) -> Picture:
    """Decode a file, or see that an array is a picture.

    Raises:
        ImageError: The file can't be read, or the array has another shape or dtype.
    """
    if not isinstance(picture, np.ndarray):
        return decode(Path(picture))
    if picture.dtype != np.uint8 or picture.shape[2:] != (3,) or not picture.size:
        raise ImageError(
            f"an array of {picture.dtype} and shape {list(picture.shape)} is no picture",
            "give uint8, (height, width, 3), in the order R, G, B",
        )
    # A view such as frame[..., ::-1] is fine for numpy, but not for OpenCV.
    return np.ascontiguousarray(picture)
