"""How long the first label of a photo takes with a tuning and without, in one run.

``make bench-start`` makes the demo's bundle and runs this. For each runtime and precision, what
is tuned is what would run anyway, on one thread: LiteRT shows what looking the tuning up costs,
ONNX Runtime what its prepared file gains besides. The two take turns; printed are medians and
their ratio.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[2]
EDGE_RUN = Path(sys.executable).parent / "edge-run"


def edge_run(arguments: Sequence[object], environment: Mapping[str, str]) -> str:
    """What the command prints."""
    return subprocess.run(
        [str(part) for part in (EDGE_RUN, *arguments)],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ).stdout


def children_cpu() -> float:
    """Seconds, user and system, of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compare(bundle: Path, photo: Path, setting: Sequence[str], rounds: int) -> None:
    """Measure one file on one runtime and print a line."""
    backend, precision = setting
    chosen = ["--backend", backend, "--precision", precision]
    # The number of threads is left to the tuning, and is 1 without one.
    classify = ["classify", bundle, photo, "--top-k", "1", *chosen]
    with tempfile.TemporaryDirectory(prefix="armlet-bench-") as folder:
        commands = {
            kind: (
                [*classify, *more],
                {**os.environ, "ARMLET_CACHE": str(Path(folder, kind))},
            )
            for kind, more in (("untuned", ["--threads", "1"]), ("tuned", []))
        }
        tune = ["tune", bundle, "--runs", "1", "--force", "--threads", "1", *chosen]
        edge_run(tune, commands["tuned"][1])
        heading = edge_run(*commands["tuned"]).splitlines()[0]
        assert heading.endswith(f"{precision}, {backend}, threads: 1, tuned"), heading
        seconds: dict[str, list[tuple[float, float]]] = {kind: [] for kind in commands}
        for _ in range(rounds):
            for kind, command in commands.items():
                start, cpu = time.perf_counter(), children_cpu()
                edge_run(*command)
                seconds[kind].append((time.perf_counter() - start, children_cpu() - cpu))
    for place, clock in enumerate(("wall", "cpu")):
        untuned, tuned = (
            statistics.median(one[place] for one in seconds[kind]) for kind in commands
        )
        print(
            f"start {backend:6} {precision:7} {clock:4}  untuned {untuned * 1e3:4.0f} ms   "
            f"tuned {tuned * 1e3:4.0f} ms   ratio {tuned / untuned:.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=ROOT / "demo/bundle")
    parser.add_argument("--photo", type=Path, default=ROOT / "demo/photos/chelsea.png")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    for setting in product(("litert", "onnx"), ("float32", "int8")):
        compare(options.bundle, options.photo, setting, options.rounds)


if __name__ == "__main__":
    main()
