"""``edge-run camera`` with each kind of source that a machine without a camera can have."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from armlet.runtime.cli import main
from tests.runtime.lasting import EDGE_RUN, edge_run, ended, record, stopped, wait_until
from tests.runtime.network_camera import jpegs, network_camera
from tests.runtime.rpicam import install
from tests.runtime.stand_ins import write_video

OLDEST_MS = 1000.0
"""Far more than a frame takes here, and far less than what queues up would take."""


def run(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(one) for one in (EDGE_RUN, "camera", *arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


def records(done: "subprocess.CompletedProcess[str]") -> Sequence[Mapping[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(one) for one in done.stdout.splitlines()]


def labels(found: Sequence[Mapping[str, Any]]) -> list[str]:
    return [one["top"][0]["label"] for one in found]


def add_up(found: Sequence[Mapping[str, Any]], captured: int | None = None) -> None:
    """Each frame has a result or is counted, and none is old."""
    for count, one in enumerate(found, 1):
        assert one["frame"] == count + one["dropped"]
        assert one["frame_age_ms"] < OLDEST_MS
    if captured is not None:
        assert found[-1]["frame"] == captured


@pytest.fixture
def album(tmp_path: Path, photos: Path) -> Path:
    folder = tmp_path / "album"
    folder.mkdir()
    shutil.copy(photos / "chelsea.png", folder / "1.png")
    (folder / "2.png").write_text("no picture")
    shutil.copy(photos / "rocket.jpg", folder / "3.jpg")
    return folder


def test_folder_as_quickly_as_it_can(bundle: Path, album: Path) -> None:
    done = run(bundle, "--source", album, "--no-pace", "--json")
    found = records(done)
    assert labels(found) == ["cat", "ship"]
    assert [one["dropped"] for one in found] == [0, 0]
    add_up(found, 2)
    said = f"edge-run: {album}/2.png: damaged or not a picture; passed over\n"
    assert done.stderr == said


def test_folder_as_a_slideshow(bundle: Path, album: Path) -> None:
    (album / "2.png").unlink()
    arguments = (bundle, "--source", album, "--fps", 8, "--loop")
    done = run(*arguments, "--max-frames", 4, "--json")
    found = records(done)
    add_up(found)
    assert labels(found) == ["cat", "ship"] * 2
    heading = run(*arguments, "--max-frames", 1).stdout.splitlines()[1]
    assert heading == f"{album}, pictures, 8 a second"


def test_folder_without_a_picture(bundle: Path, tmp_path: Path) -> None:
    for loop in ([], ["--loop"]):
        done = run(bundle, "--source", tmp_path, "--no-pace", *loop)
        assert done.returncode == 1
        assert done.stderr.startswith(
            f"edge-run: {tmp_path} holds no picture that can be read;"
        )


def test_video(bundle: Path, tmp_path: Path, photos: Path) -> None:
    path = tmp_path / "video.avi"
    write_video(path, [photos / "chelsea.png"], each=20, fps=100)
    found = records(run(bundle, "--source", path, "--json"))
    add_up(found, 20)
    assert set(labels(found)) == {"cat"}


def test_network_camera_that_breaks_off_and_comes_back(bundle: Path, photos: Path) -> None:
    cat, ship = jpegs([photos / "chelsea.png", photos / "rocket.jpg"])
    with network_camera([cat], fps=50, breaks_after=20) as camera:
        address, port = camera.address, camera.port
        with edge_run("camera", bundle, "--source", address, "--json") as running:
            found = [record(running)]
            while camera.connections < 2:  # it is opened again by itself
                found.append(record(running))
            camera.close()
            with network_camera([ship], fps=50, port=port):
                while labels(found)[-1] != "ship":
                    found.append(record(running))
                found += [record(running) for _ in range(10)]
                _, said = stopped(running, signal.SIGTERM)
    add_up(found)
    assert said.splitlines()[:2] == [
        f"edge-run: {address} has broken off; waiting until it works again",
        f"edge-run: {address} is back",
    ]


def test_ribbon_cable(bundle: Path, tmp_path: Path) -> None:
    noted = tmp_path / "pids"
    install(
        tmp_path,
        f"print(os.getpid(), file=open({str(noted)!r}, 'a'))\n"
        "while True: show(shot(9)); time.sleep(0.05)",
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    arguments = (bundle, "--source", "csi", "--size", "320x240", "--max-frames", 5)
    done = run(*arguments, PATH=path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1] == "csi, 320 x 240, MJPG"
    add_up(records(run(*arguments, "--json", PATH=path)))
    pids = noted.read_text().split()
    assert len(pids) == 2
    wait_until(lambda: all(ended(int(pid)) for pid in pids))  # with their parents


def test_list_needs_no_model() -> None:
    done = run("--list")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("next: edge-run camera out/ --source ")
    (record,) = records(run("--list", "--json"))
    assert set(record) == {
        *("nodes", "without_pictures", "csi", "csi_tool", "sources", "advice", "next")
    }


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            [],
            2,
            "Missing argument 'MODEL', which only --list does without; see edge-run camera",
        ),
        (["out", "--source", "0", "--loop"], 1, "a camera takes no --loop; leave that out"),
        (["out", "--source", "x.mp4", "--fps", "3"], 1, "a video file takes no --fps; leave"),
        (
            ["out", "--source", "rtsp://x", "--size", "9x9"],
            2,
            "'9x9' is not a size like 640x480",
        ),
        (["out", "--source", "rtsp://x", "--size", "64x"], 2, "'64x' is not a size like 640x"),
        (["out", "--source", "0", "--fps", "0.5"], 2, "0.5 is not in the range"),
        (["out", "--source", "udp://a:b@x"], 1, "udp:// is no address of a stream; give one"),
    ],
)
def test_what_cannot_work_is_one_line(arguments: list[str], code: int, said: str) -> None:
    done = CliRunner().invoke(main, ["camera", *arguments], prog_name="edge-run")
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
