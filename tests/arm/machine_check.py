"""edge-run on a booted ARM machine with a camera (make test-arm)."""

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
    """edge-run camera, while all of these checks go on."""
    with running(machine, f"{edge_run} camera armlet/bundle --backend litert --json") as live:
        live.wait("looking", lambda: bool(live.results(1)))
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
    camera.plug(pictures["horse"])
    sees(live, *expected["horse"])
    assert f"{DEVICE} is back" in live.said()
