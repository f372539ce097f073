"""How long the first label of a photo takes: edge-run beside a bare script, in one run.

``make bench-start`` makes the demo's bundle and runs this. For each runtime it makes an
environment with armlet and that runtime alone, and lets both programs label the same photo with
the same int8 file, taking turns. Printed are medians and their ratio, and the CPU time of
``--help``.
"""

import argparse
import datetime
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FORBIDDEN = ("torch", "onnx")

LITERT = """
import sys, cv2, numpy as np
from ai_edge_litert.interpreter import Interpreter
model = Interpreter(sys.argv[1], num_threads=1); model.allocate_tensors()
source, result = model.get_input_details()[0], model.get_output_details()[0]
scale, zero = source["quantization"]; size = source["shape"][1]
x = cv2.cvtColor(cv2.resize(cv2.imread(sys.argv[2]), (size, size)), cv2.COLOR_BGR2RGB)
x = (x / np.float32(255) - np.float32(MEAN)) / np.float32(STD)
x = np.clip(np.round(x / scale) + zero, -128, 127).astype(np.int8)[None]
model.set_tensor(source["index"], x); model.invoke()
print(open(sys.argv[3]).read().split("\\n")[model.get_tensor(result["index"])[0].argmax()])
"""
ONNX = """
import sys, cv2, numpy as np, onnxruntime
options = onnxruntime.SessionOptions(); options.intra_op_num_threads = 1
model = onnxruntime.InferenceSession(sys.argv[1], options)
source = model.get_inputs()[0]; size = source.shape[2]
x = cv2.cvtColor(cv2.resize(cv2.imread(sys.argv[2]), (size, size)), cv2.COLOR_BGR2RGB)
x = (x / np.float32(255) - np.float32(MEAN)) / np.float32(STD)
x = x.transpose(2, 0, 1)[None].astype(np.float32)
logits = model.run(None, {source.name: x})[0][0]
print(open(sys.argv[3]).read().split("\\n")[logits.argmax()])
"""
BARE = {"litert": (LITERT, "model.int8.tflite"), "onnx": (ONNX, "model.int8.onnx")}


def environment(folder: Path, extra: str) -> Path:
    """A new environment with ``armlet[extra]`` alone; its bin folder."""
    venv.create(folder, with_pip=True)
    binaries = folder / "bin"
    pip: list[str | Path] = [
        binaries / "python",
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run(
        [*pip, "install", "-c", ROOT / "constraints.txt", f"{ROOT}[{extra}]"],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    listed = subprocess.run([*pip, "list"], check=True, capture_output=True, text=True).stdout
    names = [line.split()[0].lower() for line in listed.splitlines() if line]
    assert not set(FORBIDDEN) & set(names), f"armlet[{extra}] brings {names}"
    return binaries


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a command."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, user and system."""
    printed: str


def seconds(command: Sequence[object]) -> Run:
    """Run a command to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in command],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall=wall, cpu=cpu, printed=done.stdout)


def compare(extra: str, bundle: Path, photo: Path, rounds: int, folder: Path) -> None:
    """Measure one runtime and print a line."""
    binaries = environment(folder / extra, extra)
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    preprocessing = manifest["preprocessing"]
    text, name = BARE[extra]
    for word in ("mean", "std"):
        text = text.replace(word.upper(), repr(preprocessing[word]))
    program, labels = folder / f"{extra}.py", folder / "labels.txt"
    program.write_text(text, encoding="utf-8")
    labels.write_text("\n".join(manifest["labels"]) + "\n", encoding="utf-8")
    bare = [binaries / "python", program, bundle / name, photo, labels]
    ours = [binaries / "edge-run", "classify", bundle, photo, "--threads", "1", "--top-k", "1"]
    ours += ["--backend", extra]
    pairs = []
    for _ in range(rounds + 2):  # the first two fill the disk's cache
        pairs.append((seconds(bare), seconds(ours)))
        script, edge = pairs[-1]
        assert script.printed.strip() in edge.printed, "the two name different labels"
    kept = pairs[2:]
    for kind in ("wall", "cpu"):
        script_s = statistics.median(getattr(one, kind) for one, _ in kept)
        edge_s = statistics.median(getattr(one, kind) for _, one in kept)
        print(
            f"{extra:7} {kind:4}  bare script {script_s * 1e3:6.0f} ms   "
            f"edge-run {edge_s * 1e3:6.0f} ms   ratio {edge_s / script_s:.2f}"
        )
    helped = [seconds([binaries / "edge-run", "--help"]).cpu for _ in range(rounds)]
    print(f"{extra:7} cpu   edge-run --help {statistics.median(helped) * 1e3:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=ROOT / "demo/bundle")
    parser.add_argument("--photo", type=Path, default=ROOT / "demo/photos/chelsea.png")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {sys.version.split()[0]}, one thread, int8, {today}; medians of "
        f"{options.rounds} rounds in turn"
    )
    with tempfile.TemporaryDirectory(prefix="armlet-bench-") as folder:
        os.environ["ARMLET_CACHE"] = folder  # a tuned float32 would be no peer of the script
        for extra in BARE:
            compare(extra, options.bundle, options.photo, options.rounds, Path(folder))


if __name__ == "__main__":
    main()
