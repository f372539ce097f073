"""The time of each operator of a .tflite file in LiteRT, those inside XNNPACK included."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from armlet.runtime.backends.litert_events import IN_DELEGATE, OPERATOR, Event, record
from armlet.runtime.backends.litert_library import Library
from armlet.runtime.backends.tflite_operators import TfliteOperator, read_operators
from armlet.runtime.backends.xnnpack_order import find_operators
from armlet.runtime.profiled import NodeTime, ProfiledRun, Work
from armlet.runtime.session import Given, Tensor
from armlet.silence import silenced

_WARM_UP: Final = 5
_DROPPED_US: Final = 0.5
_IN_LIBRARY: Final = "ai_edge_litert.interpreter"


def profile(
    path: Path, threads: int, given: Given, tensor: Tensor, runs: int
) -> Sequence[ProfiledRun]:
    """Run a file with LiteRT's profiler on, see ``Backend.profile``.

    The whole of a run is what the profiler calls Invoke; the buffers that are handed over
    before and after it are the C interface's and no part of a run in the interpreter. XNNPACK
    drops each kernel's fraction of a microsecond, so that a count of 7 means anything from 7 to
    8: the middle is taken, which is off by half a microsecond at most.

    Raises:
        BackendError: This version of ai-edge-litert can't be profiled.
    """
    operators = read_operators(_IN_LIBRARY, "litert", path, tensor.shape)
    with silenced(), Library().compile(path, threads, tensor.shape) as model:
        model.feed(tensor)
        for _ in range(_WARM_UP):
            model.run()
        recorded = record(model, runs)
    order = find_operators(operators, recorded[0].events)
    profiled = []
    for run in recorded:
        nodes = _nodes(run.events, operators, order)
        total_us = max(float(run.us), sum(node.us for node in nodes))
        profiled.append(ProfiledRun(nodes=nodes, total_us=total_us))
    return profiled


def _nodes(
    events: Sequence[Event], operators: Sequence[TfliteOperator], order: Sequence[int] | None
) -> Sequence[NodeTime]:
    # The interpreter says which operators it runs itself.
    places: Sequence[int | None] = order or [
        one.index if one.type == OPERATOR else None for one in events
    ]
    nodes = []
    for event, place in zip(events, places, strict=True):
        us = event.us + (_DROPPED_US if event.type == IN_DELEGATE else 0.0)
        if place is None:
            nodes.append(NodeTime(name=event.tag, operator=event.tag, us=us, work=Work()))
            continue
        operator = operators[place]
        nodes.append(
            NodeTime(
                name=operator.name,
                operator=operator.kind,
                us=us,
                work=operator.work(),
            )
        )
    return nodes
