"""How long the first label of a photo takes with a tuning and without, in one run.

``make bench-start`` makes the demo's bundle and runs this. What is tuned is what would run
anyway, so that looking it up is all that differs. The two take turns; printed are medians and
their ratio.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=ROOT / "demo/bundle")
    parser.add_argument("--photo", type=Path, default=ROOT / "demo/photos/chelsea.png")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    classify = ("classify", options.bundle, options.photo, "--top-k", "1")
    with tempfile.TemporaryDirectory(prefix="armlet-bench-") as folder:
        kinds = {
            kind: {**os.environ, "ARMLET_CACHE": str(Path(folder, kind))}
            for kind in ("untuned", "tuned")
        }
        setting = edge_run(classify, kinds["untuned"]).splitlines()[0].split(", ")
        tune: list[object] = ["tune", options.bundle, "--runs", "1", "--force"]
        tune += ["--precision", setting[1], "--backend", setting[2]]
        tune += ["--threads", setting[3].removeprefix("threads: ")]
        edge_run(tune, kinds["tuned"])
        heading = edge_run(classify, kinds["tuned"]).splitlines()[0]
        assert heading.split(", ") == [*setting, "tuned"], heading
        seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(options.rounds):
            for kind, environment in kinds.items():
                start = time.perf_counter()
                edge_run(classify, environment)
                seconds[kind].append(time.perf_counter() - start)
    untuned, tuned = (statistics.median(seconds[kind]) for kind in kinds)
    print(
        f"start    untuned {untuned * 1e3:.0f} ms   tuned {tuned * 1e3:.0f} ms   "
        f"ratio {tuned / untuned:.2f}"
    )


if __name__ == "__main__":
    main()
