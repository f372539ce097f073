"""How much of bare inference's throughput is left of the live loop, alone and with viewers.

``make bench-live`` runs this. A ShuffleNet V2 1.0x at 224 pixels, float32 on one thread, with
random weights, labels a video of 640x480 pixels with ``edge-run camera --no-pace``: reading,
decoding, preprocessing, inference and printing of every frame. Bare is a script that runs the
same file on the same frames, made into inputs beforehand, in the same runtime, and nothing
else. With viewers, five connections read the page's live picture meanwhile. All take turns;
printed are medians of frames a second, and of the ratio to bare in the same round.
"""

import argparse
import datetime
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from armlet.runtime.cameras.video import VideoFile
from armlet.runtime.opening import open_classifier
from tests.bench.many_photos import BINARIES, HEIGHT, NAMES, PHOTOS, WIDTH

STEPS = 20
"""Frames of each photo, over which the camera moves."""
VIEWERS = 5
SECONDS = 6.0
"""Of each measurement; ``fps`` is the mean of the last 5."""
LEAST = {"alone": 0.90, "with viewers": 0.80}
"""What is asked of the loop: ratios to bare."""

LITERT = """
from ai_edge_litert.interpreter import Interpreter
model = Interpreter(sys.argv[1], num_threads=1); model.allocate_tensors()
source, result = model.get_input_details()[0]["index"], model.get_output_details()[0]["index"]
def run(x):
    model.set_tensor(source, x); model.invoke(); return model.get_tensor(result)
"""
ONNX = """
import onnxruntime
options = onnxruntime.SessionOptions(); options.intra_op_num_threads = 1
model = onnxruntime.InferenceSession(sys.argv[1], options); name = model.get_inputs()[0].name
def run(x):
    return model.run(None, {name: x})[0]
"""
BARE = """
import sys, time, numpy as np
{runtime}
inputs = np.load(sys.argv[2]); seconds = float(sys.argv[3])
for x in inputs[:20]: run(x)
count, start = 0, time.perf_counter()
while (now := time.perf_counter()) - start < seconds:
    run(inputs[count % len(inputs)]); count += 1
print(count / (now - start))
"""
VIEW = """
import select, socket, sys
port, count = int(sys.argv[1]), int(sys.argv[2])
viewers = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
for one in viewers:
    one.sendall(b"GET /stream.mjpg HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
print("watching", flush=True)
while True:
    for one in select.select(viewers, [], [])[0]:
        if not one.recv(1 << 18): sys.exit("a viewer was dropped")
"""
PRINTED = {"litert": LITERT, "onnx": ONNX}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model file on a runtime, and a video."""

    backend: str
    model: Path
    video: Path
    inputs: Path
    """What the model makes of the video's frames, .npy, (frames, *input shape)."""
    folder: Path
    """For what a run writes."""


def bare(case: Case) -> float:
    """Frames a second of a script that only runs the model."""
    program = BARE.format(runtime=PRINTED[case.backend])
    command = [sys.executable, "-c", program, case.model, case.inputs, SECONDS]
    done = subprocess.run(
        [str(one) for one in command], check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout)


def live(case: Case, viewers: int) -> float:
    """Frames a second of edge-run camera."""
    printed = case.folder / "results.jsonl"
    port = _free_port()
    command: list[object] = [BINARIES / "edge-run", "camera", case.model, "--json", "--no-pace"]
    command += ["--loop", "--source", case.video, "--threads", 1, "--backend", case.backend]
    command += ["--duration", SECONDS, *(["--web", port] if viewers else [])]
    with (
        printed.open("w") as file,
        subprocess.Popen(
            [str(one) for one in command], stdout=file, stderr=subprocess.PIPE
        ) as running,
        watching(running, port, viewers),
    ):
        _, said = running.communicate(timeout=60)
        assert running.returncode == 0, said
    last = json.loads(printed.read_text("utf-8").splitlines()[-1])
    assert last["dropped"] == 0
    return float(last["fps"])


@contextmanager
def watching(running: "subprocess.Popen[bytes]", port: int, viewers: int) -> Iterator[None]:
    """Have so many viewers until the block ends."""
    if not viewers:
        yield
        return
    assert running.stderr
    running.stderr.readline()  # where to watch
    command = [sys.executable, "-c", VIEW, str(port), str(viewers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as watch:
        assert watch.stdout
        assert watch.stdout.readline() == b"watching\n"
        try:
            yield
        finally:
            watch.kill()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def write_video(path: Path) -> None:
    """MPEG-4: a camera moves over real photos."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30, (WIDTH, HEIGHT))
    for name in NAMES:
        photo = cv2.imread(str(PHOTOS / name))
        assert photo is not None
        share = 0.6 * min(photo.shape[0] / HEIGHT, photo.shape[1] / WIDTH)
        rows, columns = int(share * HEIGHT), int(share * WIDTH)
        for step in range(STEPS):
            top = (photo.shape[0] - rows) * step // (2 * STEPS)
            left = (photo.shape[1] - columns) * step // (2 * STEPS)
            piece = photo[top : top + rows, left : left + columns]
            writer.write(cv2.resize(piece, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))
    writer.release()


def export(bundle: Path) -> None:
    """Random weights take as long as trained ones."""
    place = os.pathsep.join(filter(None, (str(Path(__file__).parent), os.getenv("PYTHONPATH"))))
    command: list[str | Path] = [BINARIES / "edge-export", "many_photos:network"]
    subprocess.run(
        [*command, "--precisions", "float32", "-o", bundle],
        env={**os.environ, "PYTHONPATH": place},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def case_of(backend: str, bundle: Path, video: Path, folder: Path) -> Case:
    """The file that edge-run takes of a bundle, and its inputs."""
    stream = VideoFile(video, paced=False).open()
    inputs = []
    with open_classifier(bundle, backend=backend, threads=1) as classifier:
        model = classifier.model
        while (pixels := stream.read()) is not None:
            inputs.append(model.tensor(pixels, bgr=True))
    stream.close()
    path = folder / f"{backend}.npy"
    np.save(path, np.stack(inputs))
    return Case(
        backend=backend,
        model=model.path,
        video=video,
        inputs=path,
        folder=folder,
    )


def compare(case: Case, rounds: int) -> None:
    """Measure one runtime and print its lines."""
    rates: dict[str, list[float]] = {"bare": [], "alone": [], "with viewers": []}
    for _ in range(rounds):
        rates["bare"].append(bare(case))
        rates["alone"].append(live(case, 0))
        rates["with viewers"].append(live(case, VIEWERS))
    print(f"{case.backend:7} bare inference        {statistics.median(rates['bare']):6.1f} fps")
    for name, least in LEAST.items():
        ratios = [one / by for one, by in zip(rates[name], rates["bare"], strict=True)]
        print(
            f"{case.backend:7} edge-run {name:12} {statistics.median(rates[name]):6.1f} fps   "
            f"ratio {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}), "
            f"asked for {least:.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    print(
        f"ShuffleNet V2 1.0x, float32, one thread, video of {WIDTH} x {HEIGHT}, "
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, OpenCV "
        f"{cv2.__version__}, {VIEWERS} viewers, {today}; medians of {options.rounds} rounds"
    )
    with tempfile.TemporaryDirectory(prefix="armlet-bench-") as name:
        folder = Path(name)
        os.environ["ARMLET_CACHE"] = name  # nothing tuned
        video = folder / "video.mp4"
        write_video(video)
        export(folder / "bundle")
        for backend in PRINTED:
            compare(case_of(backend, folder / "bundle", video, folder), options.rounds)


if __name__ == "__main__":
    main()
