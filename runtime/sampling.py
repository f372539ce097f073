"""The layers of some pictures of a stream, of as many as it can afford."""

from collections.abc import Sequence

from armlet.errors import BackendError
from armlet.records import Layer
from armlet.runtime.clock import Clock
from armlet.runtime.latency import measure_layers
from armlet.runtime.model import Model
from armlet.runtime.session import Tensor

BUDGET = 0.03
"""Part of the time, 0 to 1, that looking at layers may take of a stream."""


class Budget:
    """Spends at most ``BUDGET`` of the time that has passed; the first sample is on credit.

    A sample opens a profiled session of its own, so it costs as much as many pictures. The
    next one is due as soon as the time that has passed allows for what the last one took.

    Args:
        clock: In seconds.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock()
        self._cost = 0.0
        self._spent = 0.0

    @property
    def due(self) -> bool:
        """Whether another sample fits into the budget now."""
        return self._spent + self._cost <= BUDGET * (self._clock() - self._began)

    def taken(self, seconds: float) -> None:
        """Note what a sample took."""
        self._cost = seconds
        self._spent += seconds


class Sampler:
    """Measures the layers of a model now and then while it works.

    Args:
        model: The model.
        clock: In seconds.
    """

    def __init__(self, model: Model, clock: Clock) -> None:
        self._model = model
        self._clock = clock
        self._budget = Budget(clock)
        self.problem: BackendError | None = None
        """Why there are no samples."""

    def sample(self, tensor: Tensor) -> Sequence[Layer] | None:
        """The layers on this input, measured in one run; None if none is due."""
        if self.problem or not self._budget.due:
            return None
        start = self._clock()
        try:
            layers = measure_layers(self._model, tensor, runs=1)
        except BackendError as error:
            self.problem = error
            return None
        self._budget.taken(self._clock() - start)
        return layers
