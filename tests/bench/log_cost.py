"""What a log with the layers of sampled pictures costs a stream: with it and without, in turn.

``make bench-start`` makes the demo's bundle and runs this. Each round classifies the same
pictures twice, once with ``--log`` and once without, in an order that changes; printed are the
medians and their ratio.
"""

import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
EDGE_RUN = Path(sys.executable).parent / "edge-run"


def seconds(bundle: Path, backend: str, folder: Path, log: Path | None) -> float:
    """One stream, from the start of the process to its end."""
    command = [EDGE_RUN, "classify", bundle, folder, "--json", "--top-k", "1"]
    command += ["--backend", backend, *(["--log", log] if log else [])]
    start = time.perf_counter()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=ROOT / "demo/bundle")
    parser.add_argument("--photo", type=Path, default=ROOT / "demo/photos/chelsea.png")
    parser.add_argument("--pictures", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, int8, "
        f"{options.pictures} pictures, {today}; medians of {options.rounds} rounds in turn"
    )
    with tempfile.TemporaryDirectory(prefix="armlet-bench-") as name:
        os.environ["ARMLET_CACHE"] = name  # what is tuned here doesn't matter
        folder, log = Path(name) / "pictures", Path(name) / "log.jsonl"
        folder.mkdir()
        photo = shutil.copy(options.photo, folder / f"0{options.photo.suffix}")
        for number in range(1, options.pictures):
            (folder / f"{number}{options.photo.suffix}").symlink_to(photo)
        for backend in ("litert", "onnx"):
            times: dict[bool, list[float]] = {False: [], True: []}
            for turn in range(options.rounds):
                for logged in (False, True) if turn % 2 else (True, False):
                    log.unlink(missing_ok=True)
                    target = log if logged else None
                    times[logged].append(seconds(options.bundle, backend, folder, target))
                    if logged:
                        lines = log.read_text(encoding="utf-8").splitlines()
            samples = sum("layers" in json.loads(line) for line in lines)
            plain, logged_s = (statistics.median(times[key]) for key in (False, True))
            print(
                f"{backend:7} without log {options.pictures / plain:6.0f} pictures/s   "
                f"with {options.pictures / logged_s:6.0f}   cost {logged_s / plain - 1:6.1%}   "
                f"{samples} with layers"
            )


if __name__ == "__main__":
    main()
