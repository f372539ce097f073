"""Running models in turn, so that a busy spell hits all alike."""

from collections.abc import Callable, Iterable, Sequence

from armlet.runtime.clock import Clock
from armlet.runtime.conditions import Measured, read_conditions
from armlet.runtime.model import Model
from armlet.runtime.session import Tensor
from armlet.runtime.settling import settle

_AT_ONCE = 5
# Both must be reached: runs for caches, time for the clock, which falls while nothing runs and
# which governors raise every 10 ms.
_WARM_UP_RUNS = 2
_WARM_UP_S = 0.02
_MOST_WARM_UP_RUNS = 100

Watch = Callable[[Sequence[int]], Iterable[int]]
"""Passes numbers on while it shows how far they are."""


def take_turns(
    models: Sequence[Model],
    inputs: Sequence[Tensor],
    runs: int,
    watch: Watch,
    clock: Clock,
) -> tuple[Sequence[Sequence[float]], Measured]:
    """Run models in turn.

    The threads of a runtime don't sleep at once after a run: they spin for a while, up to 50 ms
    in ONNX Runtime, in case the next run comes. In the turn of the next model they would take
    cores from it. ONNX Runtime could be told to stop that, but then each run would begin with
    waking threads, which no user sees. So all runs of a turn belong to one model, between a
    model of several threads and another there is a pause until nothing of this process runs
    (``settle``), and each turn begins with runs that aren't counted. Without the pause, ONNX
    Runtime on one thread took 20 % longer in turn than alone; with it, as long.

    Args:
        models: The models, all open; at least one.
        inputs: What each of them is run on, as its session's ``input`` says.
        runs: How many of each.
        watch: Shows progress.
        clock: For the runs.

    Returns:
        Seconds of each run of each model, and the conditions.
    """
    # A resting processor runs slowly, so the clock is read once it has something to do.
    _warm_up(models[0], inputs[0], clock)
    before = read_conditions()
    seconds: list[list[float]] = [[] for _ in models]
    last = models[0]
    for done in watch(range(0, runs, _AT_ONCE)):
        for model, tensor, times in zip(models, inputs, seconds, strict=True):
            if last is not model and last.threads > 1:
                settle()
            last = model
            _warm_up(model, tensor, clock)
            for _ in range(min(_AT_ONCE, runs - done)):
                start = clock()
                model.session.run(tensor)
                times.append(clock() - start)
    most = max(model.threads for model in models)
    return seconds, Measured(threads=most, before=before, after=read_conditions())


def _warm_up(model: Model, tensor: Tensor, clock: Clock) -> None:
    start = clock()
    for done in range(_MOST_WARM_UP_RUNS):
        if done >= _WARM_UP_RUNS and clock() - start >= _WARM_UP_S:
            return
        model.session.run(tensor)
