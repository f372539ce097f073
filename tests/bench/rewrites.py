"""What each rewrite of the graph is worth: files written with it and without, in turn.

``make bench-rewrites`` runs this. The networks are ShuffleNet V2 at 224 pixels with random
weights, which take as long as trained ones. Without shuffles absorbed, everything else is the
same. Printed are ratios of medians and of minima, with over without.
"""

import argparse
import datetime
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from armlet.bundle import Kind
from armlet.export import networks, passes, pictures
from armlet.export.answers import network_input
from armlet.export.classifier import IMAGENET
from armlet.export.metadata import Identity
from armlet.export.passes.absorb_shuffles import absorb_shuffles
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


def graphs(name: str) -> dict[str, Graph]:
    """The graph of a network without and with its shuffles absorbed."""
    torch.manual_seed(1)
    traced = read(trace(networks.build(name, 1000, "imagenet").eval(), IMAGENET.size))
    without = traced
    for rewrite in passes.PASSES:
        if rewrite is not absorb_shuffles:
            without = rewrite(without)
    return {"without": without, "with": passes.simplify(traced)}


def files(graph: Graph, folder: Path) -> dict[tuple[str, str], Path]:
    """Backend and precision to the file that it runs."""
    identity = Identity(network="bench", labels=["x"] * 1000, preprocessing=IMAGENET)
    inputs = (network_input(one, IMAGENET) for one in pictures.shipped().spread(4))
    float32 = write(graph, Kind(format="onnx", precision="float32"), None, identity)
    ranges = {**calibrate(float32, graph.output, inputs), graph.input: input_range(IMAGENET)}
    written: dict[tuple[str, str], Path] = {}
    tables: dict[Precision, Quantization | None] = {
        "float32": None,
        "int8": quantize(graph, ranges),
    }
    for precision, table in tables.items():
        for backend in ("litert", "onnx"):
            format = BACKENDS[backend].format
            path = folder / f"{id(graph)}.{precision}.{format}"
            kind = Kind(format=format, precision=precision)
            path.write_bytes(write(graph, kind, table, identity))
            written[backend, precision] = path
    return written


def seconds(sessions: list[Session], rounds: int) -> list[list[float]]:
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
            both = [files(graph, Path(folder)) for graph in graphs(name).values()]
            for backend, precision in both[0]:
                paths = [one[backend, precision] for one in both]
                sessions = [load_backend(backend).open(path, 1) for path in paths]
                without, with_it = seconds(sessions, options.rounds)
                medians = [statistics.median(one) for one in (without, with_it)]
                print(
                    f"{name}  {backend:6}  {precision:7}  without {medians[0] * 1e3:6.3f} ms  "
                    f"with {medians[1] * 1e3:6.3f} ms  ratio {medians[1] / medians[0]:.2f} "
                    f"(of minima {min(with_it) / min(without):.2f})"
                )


if __name__ == "__main__":
    main()
