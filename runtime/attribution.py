"""Which layer of the network each of a runtime's operators belongs to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from armlet.records import Layer
from armlet.runtime.profiled import ProfiledRun

OTHER = "other"


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
    nodes = {node.name: node for run in runs for node in run.nodes}
    owners = {name: find_owner(name, names) for name in nodes}
    times: dict[str | None, list[float]] = defaultdict(lambda: [0.0] * len(runs))
    for number, run in enumerate(runs):
        for node in run.nodes:
            times[owners[node.name]][number] += node.us
    rows = [_measured(layer, times[layer.name], runs) for layer in layers]
    rest = [
        max(run.total_us - sum(times[layer.name][number] for layer in layers), 0.0)
        for number, run in enumerate(runs)
    ]
    free = OTHER
    while free in names:
        free += "'"
    strays = {node.operator for name, node in nodes.items() if owners[name] is None}
    other = Layer(
        name=free,
        operator=", ".join(sorted(strays)) or "runtime",
        kind="other",
        macs=0,
        parameters=0,
        bytes=0,
    )
    return [*rows, _measured(other, rest, runs)]


def _measured(layer: Layer, us: Sequence[float], runs: Sequence[ProfiledRun]) -> Layer:
    """A layer with its microseconds in each run."""
    whole = sum(run.total_us for run in runs)
    return replace(
        layer, median_us=float(np.median(us)), share=sum(us) / whole if whole else 0.0
    )


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
