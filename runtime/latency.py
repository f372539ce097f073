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
from armlet.runtime.model import Model
from armlet.runtime.session import NodeTime

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
    return Latency(
        layers=attribute(profile(model.path, model.threads, tensor, runs), model.layers),
        total_us=statistics.median(seconds) * 1e6,
        runs=runs,
        backend=model.backend,
        precision=model.precision,
        threads=model.threads,
    )


def attribute(runs: Sequence[Sequence[NodeTime]], layers: Sequence[Layer]) -> Sequence[Layer]:
    """Give each operator's time to the layer that it came from.

    Args:
        runs: The operators of each run.
        layers: The network's layers on paper.

    Returns:
        The same layers with median and share; those that the runtime optimised away have 0.
        Where operators belong to no layer, one more with their time.
    """
    names = {layer.name for layer in layers}
    owners = {node.name: find_owner(node.name, names) for run in runs for node in run}
    times: dict[str | None, list[float]] = defaultdict(lambda: [0.0] * len(runs))
    for number, run in enumerate(runs):
        for node in run:
            times[owners[node.name]][number] += node.us
    rows = [replace(layer, median_us=statistics.median(times[layer.name])) for layer in layers]
    if None in times:
        strays = {node.operator for run in runs for node in run if owners[node.name] is None}
        rows.append(
            Layer(
                name="other",
                operator=", ".join(sorted(strays)),
                kind="other",
                macs=0,
                parameters=0,
                bytes=0,
                median_us=statistics.median(times[None]),
            )
        )
    total = sum(row.median_us or 0.0 for row in rows) or 1.0
    return [replace(row, share=(row.median_us or 0.0) / total) for row in rows]


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
    macs: int
    bytes: int


def totals_by_kind(layers: Sequence[Layer]) -> Sequence[KindTotal]:
    """Sums by kind, the most expensive first."""
    groups: dict[Kind, list[Layer]] = defaultdict(list)
    for layer in layers:
        groups[layer.kind].append(layer)
    totals = [
        KindTotal(
            kind=kind,
            share=sum(layer.share or 0.0 for layer in group),
            macs=sum(layer.macs for layer in group),
            bytes=sum(layer.bytes for layer in group),
        )
        for kind, group in groups.items()
    ]
    return sorted(totals, key=lambda total: -total.share)
