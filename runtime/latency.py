"""How long each layer of a model takes."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from armlet.errors import BackendError
from armlet.graph import Kind
from armlet.preprocessing import decode
from armlet.records import Layer, Precision
from armlet.runtime.backends import load_backend
from armlet.runtime.choice import ON_LAYERS
from armlet.runtime.classify import Clock
from armlet.runtime.foreign_layers import foreign_layers
from armlet.runtime.model import Model
from armlet.runtime.session import ProfiledRun

RUNS = 50


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Where a model's time goes."""

    layers: Sequence[Layer]
    """In the order of the network; what belongs to none of its layers comes last, as other."""
    total_us: float
    """Microseconds for the whole model, median of as many runs without a profiler."""
    runs: int
    """With the profiler."""
    backend: str
    precision: Precision
    threads: int

    def to_json(self) -> dict[str, Any]:
        """The measurement as a JSON object."""
        return {
            "layers": [layer.to_json() for layer in self.layers],
            "total_us": round(self.total_us, 3),
            "runs": self.runs,
            "backend": self.backend,
            "precision": self.precision,
            "threads": self.threads,
        }


def measure_latency(model: Model, picture: Path, clock: Clock, runs: int = RUNS) -> Latency:
    """Run a model with and without its runtime's profiler.

    Args:
        model: The model; a second session is opened for profiling, since that disturbs.
        picture: What it is run on.
        clock: For the runs without a profiler.
        runs: How many of each.

    Raises:
        BackendError: The backend has no profiler.
        ImageError: The picture can't be read.
    """
    profile = load_backend(model.backend).profile
    if profile is None:
        raise BackendError(f"{model.backend} does not tell the time of each layer", ON_LAYERS)
    tensor = model.tensor(decode(picture))
    seconds = []
    for _ in range(runs):
        start = clock()
        model.session.run(tensor)
        seconds.append(clock() - start)
    profiled = profile(model.path, model.threads, tensor, runs)
    return Latency(
        layers=attribute(profiled, model.layers or foreign_layers(profiled)),
        total_us=statistics.median(seconds) * 1e6,
        runs=runs,
        backend=model.backend,
        precision=model.precision,
        threads=model.threads,
    )


def attribute(runs: Sequence[ProfiledRun], layers: Sequence[Layer]) -> Sequence[Layer]:
    """Give each operator's time to the layer that it came from.

    Args:
        runs: The operators of each run, and what it took as a whole.
        layers: The network's layers on paper.

    Returns:
        The same layers with median and share of all runs together; those that the runtime
        optimised away have 0. One more comes last: what none of them accounts for, be it an
        operator of the runtime's own or time between operators. So shares add up to 1.
    """
    names = {layer.name for layer in layers}
    # Runs repeat the same operators, and looking through all layers takes long.
    owners = {name: find_owner(name, names) for name in _node_names(runs)}
    times: dict[str | None, list[float]] = defaultdict(lambda: [0.0] * len(runs))
    for number, run in enumerate(runs):
        for node in run.nodes:
            times[owners[node.name]][number] += node.us
    rows = [replace(layer, median_us=statistics.median(times[layer.name])) for layer in layers]
    whole = sum(run.total_us for run in runs)
    shares = [sum(times[layer.name]) / whole if whole else 0.0 for layer in layers]
    rest = [
        max(run.total_us - sum(times[name][number] for name in names), 0.0)
        for number, run in enumerate(runs)
    ]
    strays = {node.operator for run in runs for node in run.nodes if owners[node.name] is None}
    other = Layer(
        name="other",
        operator=", ".join(sorted(strays)) or "runtime",
        kind="other",
        macs=0,
        parameters=0,
        bytes=0,
        median_us=statistics.median(rest),
        share=sum(rest) / whole if whole else 0.0,
    )
    measured = zip(rows, shares, strict=True)
    return [*(replace(row, share=share) for row, share in measured), other]


def _node_names(runs: Sequence[ProfiledRun]) -> Iterable[str]:
    return {node.name for run in runs for node in run.nodes}


def find_owner(node: str, layers: Iterable[str]) -> str | None:
    """The layer with the longest name that ``node`` begins with.

    A node is named after its layer, as ``<layer>`` or ``<layer>/<part>``, or after its output,
    ``<layer>:<position>``; a runtime's optimiser appends more after an underscore.
    """
    fitting = [
        layer
        for layer in layers
        if node == layer or (node.startswith(layer) and node[len(layer)] in "/:_")
    ]
    return max(fitting, key=len, default=None)


@dataclass(frozen=True, kw_only=True)
class KindTotal:
    """All layers of one kind."""

    kind: Kind
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
