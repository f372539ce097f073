"""What each rewrite of the graph is worth: files written with it and without, in turn.

``make bench-rewrites`` runs this. The networks are ShuffleNet V2 at 224 pixels with random
weights, which take as long as trained ones. Each rewrite comes on top of those before it.
Printed are ratios of medians and of minima, with over without.
"""

import argparse
import datetime
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from armlet.bundle import Kind, Variant
from armlet.export import networks, passes, pictures
from armlet.export.answers import network_input
from armlet.export.classifier import IMAGENET
from armlet.export.metadata import Identity
from armlet.export.operators import conv
from armlet.export.passes.absorb_shuffles import absorb_shuffles
from armlet.export.pipeline import FLOAT32
from armlet.export.read import read
from armlet.export.trace import trace
from armlet.export.write import write
from armlet.graph import Graph
from armlet.quantization import Quantization
from armlet.quantize.calibrate import calibrate, input_range
from armlet.quantize.int8 import quantize
from armlet.records import Precision
from armlet.runtime.backends import BACKENDS, load_backend
from armlet.runtime.session import Session

IDENTITY = Identity(network="bench", labels=["x"] * 1000, preprocessing=IMAGENET)
PRECISIONS: Sequence[Precision] = ("float32", "int8")


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far the rewriting has gone."""

    name: str
    absorbed: bool = True
    paired: bool = True
    variant: Variant | None = None


STEPS = (
    Step(name="", absorbed=False, paired=False),
    Step(name="shuffles absorbed", paired=False),
    Step(name="columns paired"),
    Step(name="rotated", variant="rotated"),
)


def graphs(name: str) -> Mapping[bool, Graph]:
    """The graph of a network without and with its shuffles absorbed."""
    torch.manual_seed(1)
    traced = read(trace(networks.build(name, 1000, "imagenet").eval(), IMAGENET.size))
    without = traced
    for rewrite in passes.PASSES:
        if rewrite is not absorb_shuffles:
            without = rewrite(without)
    return {False: without, True: passes.simplify(traced)}


def table(graph: Graph) -> Quantization:
    """Scales from a few pictures."""
    inputs = (network_input(one, IMAGENET) for one in pictures.shipped().spread(4))
    ranges = calibrate(write(graph, FLOAT32, None, IDENTITY), graph.output, inputs)
    return quantize(graph, {**ranges, graph.input: input_range(IMAGENET)})


def changes(step: Step, kind: Kind) -> bool:
    """Whether a step makes another file of this kind than the step before it."""
    if step.name == "columns paired":
        return (kind.format, kind.precision) == ("tflite", "int8")
    return step.name != "rotated" or kind.format == "tflite"


def seconds(sessions: Sequence[Session], rounds: int) -> Sequence[Sequence[float]]:
    """Of each run; the sessions take turns, and the first two runs of a turn don't count."""
    inputs = [session.input.example() for session in sessions]
    times: list[list[float]] = [[] for _ in sessions]
    for _ in range(rounds):
        for session, tensor, taken in zip(sessions, inputs, times, strict=True):
            for number in range(7):
                start = time.perf_counter()
                session.run(tensor)
                if number >= 2:
                    taken.append(time.perf_counter() - start)
    return times


def measure(name: str, folder: Path, rounds: int) -> None:
    """Print a line for each rewrite and kind of file of one network."""
    both = graphs(name)
    tables = {absorbed: table(graph) for absorbed, graph in both.items()}
    for backend in ("litert", "onnx"):
        for precision in PRECISIONS:
            steps: list[Step] = []
            sessions: list[Session] = []
            for step in STEPS:
                kind = Kind(
                    format=BACKENDS[backend].format, precision=precision, variant=step.variant
                )
                if not changes(step, kind):
                    continue
                scales = tables[step.absorbed] if precision == "int8" else None
                path = folder / f"{len(steps)}.{kind.file_name}"
                with mock.patch.object(conv, "PAIRED", step.paired):
                    path.write_bytes(write(both[step.absorbed], kind, scales, IDENTITY))
                steps.append(step)
                sessions.append(load_backend(backend).open(path, 1))
            times = seconds(sessions, rounds)
            for number, step in enumerate(steps[1:]):
                report(
                    f"{step.name:17}  {name}  {backend:6}  {precision:7}", *times[number:][:2]
                )
            report(f"{'all':17}  {name}  {backend:6}  {precision:7}", times[0], times[-1])


def report(title: str, without: Sequence[float], with_it: Sequence[float]) -> None:
    """Print the line of one rewrite."""
    before, after = (statistics.median(one) for one in (without, with_it))
    print(
        f"{title}  without {before * 1e3:6.3f} ms  with {after * 1e3:6.3f} ms  "
        f"ratio {after / before:.2f} (of minima {min(with_it) / min(without):.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, one "
        f"thread, numpy {np.__version__}, torch {torch.__version__}, {today}"
    )
    with tempfile.TemporaryDirectory(prefix="armlet-bench-") as folder:
        for name in ("shufflenet_v2_x0_5", "shufflenet_v2_x1_0"):
            measure(name, Path(folder), options.rounds)


if __name__ == "__main__":
    main()
