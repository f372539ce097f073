"""Which frames of a stream are looked into, layer by layer."""

from collections.abc import Callable, Sequence

from armlet.errors import BackendError
from armlet.records import Layer
from armlet.runtime.clock import Clock
from armlet.runtime.model import Model
from armlet.runtime.sampling import BUDGET
from armlet.runtime.session import Tensor

LEAST_PAUSE_S = 2.0
"""Between two looks that somebody wants; nobody reads quicker."""


class LayerSampler:
    """Measures the layers on every N-th frame, and now and then while somebody wants them.

    Those that somebody wants take at most ``BUDGET`` of the time; those that were asked for by
    number take what they take.

    Args:
        model: The model.
        clock: In seconds.
        every: N; None: no frames by number.
        wanted: Whether somebody wants them now.
        report: Is told in a line why there are none.
    """

    def __init__(
        self,
        model: Model,
        clock: Clock,
        every: int | None,
        wanted: Callable[[], bool],
        report: Callable[[str], None],
    ) -> None:
        self._model = model
        self._clock = clock
        self._every = every
        self._wanted = wanted
        self._report = report
        self._next_s = clock()
        self._broken = False

    def sample(self, count: int, tensor: Tensor) -> Sequence[Layer] | None:
        """The layers on this input, measured in one run; None if it isn't looked into.

        Args:
            count: Which result this is, from 1.
            tensor: What the model was run on.
        """
        if self._broken:
            return None
        numbered = self._every is not None and count % self._every == 0
        if not numbered and (self._clock() < self._next_s or not self._wanted()):
            return None
        from armlet.runtime.latency import measure_layers  # few look into layers

        start = self._clock()
        try:
            return measure_layers(self._model, tensor, runs=1)
        except BackendError as error:
            self._broken = True
            self._report(f"no layers are measured: {error}")
            return None
        finally:
            end = self._clock()
            self._next_s = end + max(LEAST_PAUSE_S, (end - start) / BUDGET)
