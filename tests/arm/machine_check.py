"""edge-run on a booted ARM machine with a camera (make test-arm)."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.arm.camera import DEVICE, HEIGHT, WIDTH, Camera, Picture
from tests.arm.live import Live, running
from tests.arm.machine import Machine

PHOTOS = ("chelsea", "color", "horse")
"""Three of scikit-image's that get three labels, with few doubts."""
PORT = 8080
FRAMES = 3
"""In a row, so that what is seen isn't one that was half of another picture."""


@pytest.fixture(scope="module")
def pictures(photos: Path) -> Mapping[str, Picture]:
    """What the camera shows, [HEIGHT, WIDTH, 3] BGR."""
    found = {}
    for name in PHOTOS:
        (path,) = photos.glob(f"{name}.*")
        photo = cv2.imread(str(path))
        assert photo is not None
        small = cv2.resize(photo, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        found[name] = np.asarray(small, np.uint8)
    return found


@pytest.fixture(scope="module")
def expected(
    bundle: Path,
    pictures: Mapping[str, Picture],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, tuple[str, float]]:
    """Label and score of each on this workstation."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, picture in pictures.items():
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    command = [sys.executable, "-c", "from armlet.runtime.entry import run; run()"]
    command += ["classify", str(bundle), str(folder), "--backend=litert", "--json", "--top-k=1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = {}
    for line in done.stdout.splitlines():
        result = json.loads(line)
        (best,) = result["top"]
        found[Path(result["path"]).stem] = (best["label"], best["score"])
    assert len({label for label, _ in found.values()}) == len(PHOTOS)
    return found


@pytest.fixture(scope="module")
def camera(machine: Machine, pictures: Mapping[str, Picture]) -> Camera:
    camera = Camera(machine)
    camera.plug(pictures["chelsea"])
    return camera


@pytest.fixture(scope="module")
def live(machine: Machine, edge_run: str, camera: Camera) -> Iterator[Live]:
    """edge-run camera, which finds its camera itself, while all of these checks go on."""
    command = f"{edge_run} camera armlet/bundle --backend litert --json --web {PORT}"
    with running(machine, command) as live:
        # Its modules are compiled first, which takes an emulated machine most of a minute.
        live.wait("looking", lambda: bool(live.results(1)), timeout_s=240)
        yield live


def sees(live: Live, label: str, score: float) -> None:
    """Wait until the newest frames all have this label, with the workstation's score."""

    def so() -> bool:
        results = live.results(FRAMES)
        tops = [result["top"][0] for result in results]
        return len(results) == FRAMES and all(
            (top["label"], top["score"]) == (label, pytest.approx(score, abs=1e-6))
            for top in tops
        )

    live.wait(f"{label} at {score}", so)


def test_a_camera_in_use_is_said_to_be(machine: Machine, edge_run: str, camera: Camera) -> None:
    other = machine.run(f"v4l2-ctl -d {DEVICE} --stream-mmap >/dev/null 2>&1 & echo $!").strip()
    said = machine.run(f"{edge_run} camera armlet/bundle 2>&1; echo $?; kill {other}")
    assert f"{DEVICE} is busy" in said
    assert said.splitlines()[-1] == "1"


def test_a_live_frame_gets_what_its_picture_gets_here(
    live: Live,
    camera: Camera,
    pictures: Mapping[str, Picture],
    expected: Mapping[str, tuple[str, float]],
) -> None:
    for name in PHOTOS:
        camera.show(pictures[name])
        sees(live, *expected[name])


# Runs on the machine, which has neither curl nor a browser.
LOOK = f"""
import base64, json, urllib.request
def get(path): return urllib.request.urlopen("http://localhost:{PORT}" + path, timeout=20)
stream = get("/stream.mjpg")
while not (line := stream.readline()).lower().startswith(b"content-length:"): pass
while stream.readline().strip(): pass
jpeg = stream.read(int(line.split(b":")[1]))
told = {{"state": json.load(get("/api/state")), "metrics": get("/metrics").read().decode()}}
print(json.dumps({{**told, "jpeg": base64.b64encode(jpeg).decode()}}))
"""


def test_the_page_has_the_picture_and_what_is_seen(
    machine: Machine,
    live: Live,
    camera: Camera,
    pictures: Mapping[str, Picture],
    expected: Mapping[str, tuple[str, float]],
) -> None:
    name = PHOTOS[-1]
    camera.show(pictures[name])
    sees(live, *expected[name])
    told = json.loads(machine.run("python3 -", input=LOOK.encode()))
    state = told["state"]
    assert state["result"]["top"][0]["label"] == expected[name][0]
    assert state["source"]["name"] == DEVICE
    assert f"{WIDTH} x {HEIGHT}" in state["source"]["mode"]
    assert "armlet_results_total" in told["metrics"]
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(told["jpeg"]), np.uint8), 1)
    assert shown is not None
    assert cv2.PSNR(np.asarray(shown), pictures[name]) > 30


def test_every_frame_is_labelled_or_counted_and_none_is_old(
    live: Live, said: list[str]
) -> None:
    results = live.results(1_000_000)
    for count, one in enumerate(results, 1):
        assert one["frame"] == count + one["dropped"]
    ages = [one["frame_age_ms"] for one in results[len(results) // 2 :]]
    said.append(
        f"camera: {len(results)} results, {results[-1]['dropped']} dropped, frame age "
        f"{np.median(ages):.0f} ms, at most {max(ages):.0f} ms (emulated)"
    )
    # The camera gives several times as many frames as are labelled: had they to queue, the
    # last would be as old as all of this takes.
    assert results[-1]["dropped"] > len(results)
    assert max(ages) < 5_000


def test_a_camera_may_be_pulled_out_and_put_in_again(
    live: Live,
    camera: Camera,
    pictures: Mapping[str, Picture],
    expected: Mapping[str, tuple[str, float]],
) -> None:
    camera.unplug()
    live.wait("reported as gone", lambda: f"{DEVICE} is gone" in live.said())
    last = live.results(1)
    assert live.runs()
    assert live.results(1) == last, "results without a camera"
    # Another picture than before: the newest results are still those from before.
    camera.plug(pictures["color"])
    live.wait("reported as back", lambda: f"{DEVICE} is back" in live.said())
    sees(live, *expected["color"])


def test_a_camera_that_offers_a_choice_is_asked_for_what_suits(
    machine: Machine, edge_run: str, camera: Camera
) -> None:
    """Last of all: another camera is plugged in, with more modes than one."""
    machine.run("pkill -f edge-run", check=False)
    camera.unplug()
    camera.plug_webcam()
    listed = json.loads(machine.run(f"{edge_run} camera --list --json"))
    assert DEVICE in json.dumps(listed)
    shown = machine.run(f"{edge_run} camera --list")
    assert DEVICE in shown and "640 x 480" in shown
    for size in ("640x480", "320x180"):
        text = machine.run(
            f"{edge_run} camera armlet/bundle --backend litert --size {size} --max-frames 2"
        )
        assert size.replace("x", " x ") in text.splitlines()[1]
