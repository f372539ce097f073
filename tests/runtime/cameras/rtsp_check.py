"""``edge-run camera`` with a real RTSP server, which may die and come back.

It needs Debian's gir1.2-gst-rtsp-server-1.0, python3-gi and gstreamer1.0-plugins-base,
-good and -ugly.
"""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.runtime.lasting import EDGE_RUN, edge_run, record, stopped
from tests.runtime.network_camera import jpegs

SERVER = Path(__file__).with_name("rtsp_server.py")


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found: int = taken.getsockname()[1]
    return found


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> dict[str, Path]:
    """A JPEG for each label."""
    folder = tmp_path_factory.mktemp("shown")
    cat, ship = jpegs([photos / "chelsea.png", photos / "rocket.jpg"])
    for name, data in (("cat", cat), ("ship", ship)):
        (folder / f"{name}.jpg").write_bytes(data)
    return {name: folder / f"{name}.jpg" for name in ("cat", "ship")}


@contextmanager
def server(
    port: int, picture: Path, *login: str, fps: int = 25, codec: str = "jpeg"
) -> Iterator["subprocess.Popen[str]"]:
    command = [
        "/usr/bin/python3",
        str(SERVER),
        str(port),
        str(picture),
        str(fps),
        codec,
        *login,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stdout.readline() == "ready\n"
        try:
            yield running
        finally:
            running.kill()


def test_server_that_dies_and_comes_back(
    bundle: Path, port: int, shown: dict[str, Path]
) -> None:
    address = f"rtsp://127.0.0.1:{port}/stream"
    with (
        server(port, shown["cat"]) as first,
        edge_run("camera", bundle, "--source", address, "--json") as running,
    ):
        seen = [record(running) for _ in range(20)]
        assert {one["top"][0]["label"] for one in seen} == {"cat"}
        for count, one in enumerate(seen, 1):
            assert one["frame"] == count + one["dropped"]
            assert one["frame_age_ms"] < 1000
        first.kill()
        first.wait()
        with server(port, shown["ship"]):
            while record(running)["top"][0]["label"] != "ship":
                pass
            record(running)
            _, said = stopped(running, signal.SIGTERM)
    assert said.splitlines() == [
        f"edge-run: {address} has broken off; waiting until it works again",
        f"edge-run: {address} is back",
    ]


def test_slow_stream_opens_in_time(bundle: Path, port: int, shown: dict[str, Path]) -> None:
    """FFmpeg would look at two frames a second for 5 seconds, longer than we wait."""
    address = f"rtsp://127.0.0.1:{port}/stream"
    with server(port, shown["cat"], fps=2):
        done = run(bundle, address, "--max-frames", "2")
    assert (done.returncode, done.stderr) == (0, "")


def test_h264_is_joined_between_whole_pictures(
    bundle: Path, port: int, shown: dict[str, Path]
) -> None:
    """These come every 4 seconds, and nothing can be shown before."""
    address = f"rtsp://127.0.0.1:{port}/stream"
    with (
        server(port, shown["cat"], codec="h264"),
        edge_run("camera", bundle, "--source", address, "--json") as running,
    ):
        record(running)  # so that the stream goes on while others come and go
        for _ in range(3):
            done = run(bundle, address, "--max-frames", "5", "--json")
            assert (done.returncode, done.stderr) == (0, "")
            results = [json.loads(one) for one in done.stdout.splitlines()]
            assert {one["top"][0]["label"] for one in results} == {"cat"}


def test_password_is_used_and_never_shown(
    bundle: Path, port: int, shown: dict[str, Path]
) -> None:
    with server(port, shown["cat"], "jane", "secret"):
        good = run(bundle, f"rtsp://jane:secret@127.0.0.1:{port}/stream", "--max-frames", "1")
        wrong = run(bundle, f"rtsp://jane:terces@127.0.0.1:{port}/stream")
        none = run(bundle, f"rtsp://127.0.0.1:{port}/stream")
        path = run(bundle, f"rtsp://jane:secret@127.0.0.1:{port}/other")
    name = f"rtsp://127.0.0.1:{port}/stream"
    assert f"{name}, 320 x 240, MJPG" in good.stdout.splitlines()
    assert f"edge-run: {name} refuses this user or password (401); " in wrong.stderr
    assert f"edge-run: {name} wants a user and a password (401); " in none.stderr
    assert "/other answers with error 404; see to the path" in path.stderr
    for done in (good, wrong, none, path):
        assert "secret" not in done.stdout + done.stderr
        assert "terces" not in done.stdout + done.stderr


def run(bundle: Path, source: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [str(EDGE_RUN), "camera", str(bundle), "--source", source, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)
