"""How long a model takes, and each of its layers."""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from armlet.errors import BackendError
from armlet.records import Kind, Layer, Precision
from armlet.runtime.attribution import attribute
from armlet.runtime.backends import load_backend
from armlet.runtime.clock import Clock
from armlet.runtime.conditions import Measured, read_conditions
from armlet.runtime.foreign_layers import foreign_layers
from armlet.runtime.model import Model
from armlet.runtime.profiled import ProfiledRun
from armlet.runtime.session import Given, Tensor, first_line
from armlet.runtime.turns import Watch, take_turns

# Profilers keep every event in memory, megabytes for ten runs.
_PROFILED_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Where a model's time goes."""

    network: str
    file: str
    """The model file's name."""
    layers: Sequence[Layer]
    """In the order of the network; what belongs to none of its layers comes last, as other."""
    total_us: float
    """Microseconds for the whole model, median of as many runs without a profiler."""
    runs: int
    """With the profiler."""
    backend: str
    precision: Precision
    threads: int
    conditions: Measured

    def heaviest_first(self) -> Self:
        """The same with the layers in the order of their share."""
        return replace(self, layers=sorted(self.layers, key=lambda one: -(one.share or 0.0)))

    def to_json(self) -> dict[str, Any]:
        """The measurement as a JSON object."""
        return {
            "network": self.network,
            "file": self.file,
            "backend": self.backend,
            "precision": self.precision,
            "threads": self.threads,
            "runs": self.runs,
            "total_us": round(self.total_us, 3),
            "conditions": self.conditions.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
        }


def measure_latency(
    models: Sequence[Model],
    clock: Clock,
    runs: int = 50,
    tensor: Tensor | None = None,
    watch: Watch = iter,
) -> Sequence[Latency]:
    """Run models with and without their runtimes' profilers.

    Without a profiler they take turns.

    Args:
        models: The models; for profiling each is opened a second time, since that disturbs.
        clock: For the runs without a profiler.
        runs: How many of each.
        tensor: What the models are run on, as each one's input says; None: each on a ramp.
        watch: Shows progress.

    Raises:
        BackendError: A runtime can't be asked for the time of its operators.
    """
    inputs = [model.session.input.example() if tensor is None else tensor for model in models]
    seconds, conditions = take_turns(models, inputs, runs, watch, clock)
    layers = [
        measure_layers(model, given, runs, watch)
        for model, given in zip(models, inputs, strict=True)
    ]
    conditions = replace(conditions, after=read_conditions())
    return [
        Latency(
            network=model.network,
            file=model.path.name,
            layers=measured,
            total_us=float(np.median(times)) * 1e6,
            runs=runs,
            backend=model.backend,
            precision=model.precision,
            threads=model.threads,
            conditions=conditions,
        )
        for model, measured, times in zip(models, layers, seconds, strict=True)
    ]


def measure_layers(
    model: Model, tensor: Tensor, runs: int, watch: Watch = iter
) -> Sequence[Layer]:
    """The layers of a model, measured with its runtime's profiler.

    Args:
        model: The model, which is opened a second time.
        tensor: What it is run on.
        runs: How many times.
        watch: Shows progress.

    Raises:
        BackendError: The runtime can't be asked for the time of its operators.
    """
    source = model.session.input
    given = Given(layout=source.layout, height=source.height, width=source.width)
    backend = load_backend(model.backend)
    profiled: list[ProfiledRun] = []
    for done in watch(range(0, runs, _PROFILED_AT_ONCE)):
        count = min(_PROFILED_AT_ONCE, runs - done)
        try:
            profiled += backend.profile(model.path, model.threads, given, tensor, count)
        except (OSError, ValueError) as error:
            # A profile that was cut short, a name that isn't text, no temporary folder.
            raise BackendError(
                f"{model.backend} can't profile {model.path} ({first_line(error)})",
                f"see that there is room in {temporary_folder()}; else report it",
            ) from error
    return attribute(profiled, model.layers or foreign_layers(profiled))


def temporary_folder() -> str:
    """Where profiles are written for a moment."""
    return os.environ.get("TMPDIR", "/tmp")


@dataclass(frozen=True, kw_only=True)
class KindTotal:
    """All layers of one kind."""

    kind: Kind
    us: float
    """Microseconds, the sum of the layers' medians."""
    share: float
    """Part of the profiled time, 0 to 1."""
    macs: int | None
    """None where a layer's are unknown, as for ``bytes``."""
    bytes: int | None


def totals_by_kind(layers: Sequence[Layer]) -> Sequence[KindTotal]:
    """Sums by kind, the most expensive first."""
    groups: dict[Kind, list[Layer]] = defaultdict(list)
    for layer in layers:
        groups[layer.kind].append(layer)
    totals = [
        KindTotal(
            kind=kind,
            us=sum(layer.median_us or 0.0 for layer in group),
            share=sum(layer.share or 0.0 for layer in group),
            macs=sum_known(layer.macs for layer in group),
            bytes=sum_known(layer.bytes for layer in group),
        )
        for kind, group in groups.items()
    ]
    return sorted(totals, key=lambda one: -one.share)


def sum_known(numbers: Iterable[int | None]) -> int | None:
    """The sum; None where one of the numbers is unknown."""
    known = 0
    for number in numbers:
        if number is None:
            return None
        known += number
    return known
