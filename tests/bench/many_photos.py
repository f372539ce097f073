"""How long 200 photos take: edge-run beside the barest loop over the same libraries.

``make bench-start`` runs this. A ShuffleNet V2 1.0x at 224 pixels with random weights, in int8,
labels JPEGs of 640x480 pixels, which are pieces of real photos. There are two bare scripts for
each runtime: one prepares pictures with the kernels that edge-run takes, one with OpenCV's own
resize, which is quicker and aliases. All take turns; printed are medians, start included, and
their ratios.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import skimage

from tests.bench.first_label import Run, seconds

if TYPE_CHECKING:
    from torch import nn

BINARIES = Path(sys.executable).parent
PHOTOS = Path(skimage.__file__).parent / "data"
NAMES = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
WIDTH, HEIGHT = 640, 480
"""Of each JPEG, in pixels."""
ROWS = {"same": "edge-run's kernels", "plain": "OpenCV's resize"}

START = """
import sys, pathlib, cv2, numpy as np
labels = open(sys.argv[3]).read().split("\\n")
pixels = np.arange(256, dtype=np.float32)[:, None] / np.float32(255)
table = ((pixels - np.float32(MEAN)) / np.float32(STD)).astype(np.float32)
"""
LITERT = """
from ai_edge_litert.interpreter import Interpreter
model = Interpreter(sys.argv[1], num_threads=1); model.allocate_tensors()
source, result = model.get_input_details()[0], model.get_output_details()[0]
scale, zero = source["quantization"]; size = source["shape"][1]
table = np.clip(np.rint(table / np.float32(scale)) + zero, -128, 127).astype(np.int8)
table = table.view(np.uint8)[None]
def label(x):
    model.set_tensor(source["index"], cv2.LUT(x, table).view(np.int8)[None]); model.invoke()
    return labels[model.get_tensor(result["index"])[0].argmax()]
"""
ONNX = """
import onnxruntime
options = onnxruntime.SessionOptions(); options.intra_op_num_threads = 1
model = onnxruntime.InferenceSession(sys.argv[1], options)
source = model.get_inputs()[0]; size = source.shape[2]
tables = [np.ascontiguousarray(one) for one in table.T]
def label(x):
    x = np.stack([cv2.LUT(one, table) for one, table in zip(cv2.split(x), tables)])[None]
    return labels[model.run(None, {source.name: x})[0][0].argmax()]
"""
LOOP = """
for path in sorted(pathlib.Path(sys.argv[2]).iterdir()):
    x = cv2.imread(str(path))
    RESIZE
    print(path, label(cv2.cvtColor(x, cv2.COLOR_BGR2RGB)))
"""
RESIZES = {
    "same": (
        "x = cv2.resize(x, (320, 240), interpolation=cv2.INTER_AREA); "
        "x = cv2.resize(x, (size, size), interpolation=cv2.INTER_LINEAR_EXACT)"
    ),
    "plain": "x = cv2.resize(x, (size, size))",
}
BARE = {"litert": (LITERT, "model.int8.tflite"), "onnx": (ONNX, "model.int8.onnx")}


def network() -> "nn.Module":
    """What is exported: random weights take as long as trained ones."""
    import torch

    from armlet.export import networks

    torch.manual_seed(1)
    module = networks.build("shufflenet_v2_x1_0", 1000, "imagenet")
    with torch.no_grad():
        for _ in range(30):  # till its statistics fit, or the answer is always the same
            module(torch.randn(8, 3, 224, 224))
    return module.eval()


def export(bundle: Path, photos: Path) -> None:
    """Make the bundle."""
    place = os.pathsep.join(filter(None, (str(Path(__file__).parent), os.getenv("PYTHONPATH"))))
    command: list[str | Path] = [BINARIES / "edge-export", "many_photos:network"]
    subprocess.run(
        [*command, "--precisions", "int8", "--calib", photos, "-o", bundle],
        env={**os.environ, "PYTHONPATH": place},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def write_photos(folder: Path, count: int) -> None:
    """Pieces of real photos, no two alike."""
    folder.mkdir()
    originals = [cv2.imread(str(PHOTOS / name)) for name in NAMES]
    random = np.random.default_rng(1)
    for number in range(count):
        whole = originals[number % len(originals)]
        assert whole is not None
        share = random.uniform(0.6, 1.0) * min(whole.shape[0] / HEIGHT, whole.shape[1] / WIDTH)
        rows, columns = int(share * HEIGHT), int(share * WIDTH)
        top = random.integers(whole.shape[0] - rows + 1)
        left = random.integers(whole.shape[1] - columns + 1)
        piece = whole[top : top + rows, left : left + columns]
        large = cv2.resize(piece, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{number:04}.jpg"), large, [cv2.IMWRITE_JPEG_QUALITY, 90])


def labels_of(run: Run) -> list[str]:
    """The label that ends each line of a picture."""
    lines = [line for line in run.printed.splitlines() if ".jpg" in line]
    return [line[line.index("class ") :] for line in lines]


def compare(runtime: str, bundle: Path, photos: Path, rounds: int, folder: Path) -> None:
    """Measure one runtime and print its lines."""
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    labels = folder / "labels.txt"
    labels.write_text("\n".join(manifest["labels"]) + "\n", encoding="utf-8")
    middle, file = BARE[runtime]
    commands: dict[str, list[object]] = {
        "edge-run": [BINARIES / "edge-run", "classify", bundle, photos, "--backend", runtime]
        + ["--threads", "1", "--top-k", "1"]
    }
    for kind, line in RESIZES.items():
        text = START + middle + LOOP.replace("RESIZE", line)
        for word in ("mean", "std"):
            text = text.replace(word.upper(), repr(manifest["preprocessing"][word]))
        program = folder / f"{runtime}-{kind}.py"
        program.write_text(text, encoding="utf-8")
        commands[kind] = [sys.executable, program, bundle / file, photos, labels]
    runs: dict[str, list[Run]] = {kind: [] for kind in commands}
    for number in range(rounds + 1):  # the first fills the disk's cache
        said = {}
        for kind, command in commands.items():
            run = seconds(command)
            said[kind] = labels_of(run)
            if number:
                runs[kind].append(run)
    for kind, words in ROWS.items():
        pairs = zip(said["edge-run"], said[kind], strict=True)
        alike = sum(one == other for one, other in pairs)
        for measure in ("wall", "cpu"):
            bare, ours = (
                statistics.median(getattr(one, measure) for one in runs[which])
                for which in (kind, "edge-run")
            )
            print(
                f"{runtime:7} {measure:4}  bare, {words:18} {bare * 1e3:6.0f} ms   edge-run "
                f"{ours * 1e3:6.0f} ms   ratio {ours / bare:.2f}   {alike} labels alike"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    print(
        f"{options.pictures} photos, {platform.machine()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}, OpenCV {cv2.__version__}, "
        f"one thread, int8, {today}; medians of {options.rounds} rounds in turn"
    )
    with tempfile.TemporaryDirectory(prefix="armlet-bench-") as name:
        folder = Path(name)
        os.environ["ARMLET_CACHE"] = name  # nothing tuned
        write_photos(folder / "photos", options.pictures)
        export(folder / "bundle", folder / "photos")
        for runtime in BARE:
            compare(runtime, folder / "bundle", folder / "photos", options.rounds, folder)


if __name__ == "__main__":
    main()
