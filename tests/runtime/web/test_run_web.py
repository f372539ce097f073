"""``edge-run camera --web`` as a user meets it, with a video for a camera."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import pytest

from armlet.runtime.web.address import Address, listen
from tests.runtime.lasting import EDGE_RUN, Process, edge_run, stopped
from tests.runtime.stand_ins import write_video
from tests.runtime.web.serving import AT_LAST_S, TOKEN, events, parts


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Path:
    path = tmp_path_factory.mktemp("video") / "video.avi"
    write_video(path, [photos / "chelsea.png", photos / "rocket.jpg"], each=15)
    return path


@contextmanager
def watched(bundle: Path, video: Path, *more: object) -> Iterator[tuple[Process, int, str]]:
    """A command that serves a page, its port, and what it said of that."""
    arguments = ("camera", bundle, "--source", video, "--loop", "--changes", *more)
    with edge_run(*arguments) as running:
        assert running.stderr
        said = running.stderr.readline()
        found = re.search(r"http://[^/]+:(\d+)/", said)
        assert found, said
        yield running, int(found[1]), said


@contextmanager
def asked(port: int, path: str, **headers: str) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=AT_LAST_S)
    try:
        connection.request("GET", path, headers=headers)
        yield connection.getresponse()
    finally:
        connection.close()


def test_pictures_labels_and_layers(bundle: Path, video: Path) -> None:
    with watched(bundle, video, "--web", "0") as (running, port, said):
        assert said.startswith(f"edge-run: watch at http://127.0.0.1:{port}/ (from elsewhere: ")
        labels = {"chelsea": "cat", "rocket": "ship"}
        with asked(port, "/stream.mjpg") as stream:
            for one in islice(parts(stream), 40):
                place = (one.said["frame"] - 1) // 15 % 2
                assert one.said["top"][0]["label"] == list(labels.values())[place]
        with asked(port, "/api/events") as numbers:
            profile = next(one["profile"] for _, one in events(numbers) if one.get("profile"))
        kinds = {one["kind"]: one["share"] for one in profile["kinds"]}
        assert kinds["convolution"] > 0
        assert abs(sum(kinds.values()) - 1) < 0.01
        with asked(port, "/healthz") as health:
            assert json.load(health) == {"ok": True, "reason": None}
        stopped(running, signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_viewers_do_not_keep_it_from_stopping(
    bundle: Path, video: Path, number: signal.Signals
) -> None:
    with ExitStack() as opened:
        running, port, _ = opened.enter_context(watched(bundle, video, "--web", ":0"))
        pictures = opened.enter_context(asked(port, "/stream.mjpg"))
        numbers = opened.enter_context(asked(port, "/api/events"))
        stuck = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
        stuck.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n")
        next(parts(pictures))
        next(events(numbers))
        _, said = stopped(running, number)
    assert said == ""


def test_other_machines_need_a_token(bundle: Path, video: Path, tmp_path: Path) -> None:
    with watched(bundle, video, "--web", "0.0.0.0:0") as (running, port, said):
        token = re.search(r"/\?token=([\w-]{24,})", said)
        assert token
        with asked(port, "/healthz") as refused:
            assert refused.status == 401
        with asked(port, "/healthz", Authorization=f"Bearer {token[1]}") as allowed:
            assert allowed.status in (200, 503)  # it may just have begun
        stopped(running, signal.SIGTERM)
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n", "utf-8")
    arguments = ("--web", "0", "--token-file", path, "--allow-host", "camera.example")
    with watched(bundle, video, *arguments) as (running, port, said):
        assert TOKEN not in said
        with asked(port, "/metrics", Authorization=f"Bearer {TOKEN}") as allowed:
            assert allowed.status == 200
        with asked(port, "/metrics", Host="camera.example") as refused:
            assert refused.status == 401
        stopped(running, signal.SIGTERM)


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [str(one) for one in (EDGE_RUN, "camera", *arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--web", "out/"], "--web out/ is no HOST:PORT; give a port such as 8080, or"),
        (["--web", "nobody.invalid:80"], "nobody.invalid:80: unknown host; give a port"),
        (["--web", "203.0.113.7:80"], "is none of this machine's addresses; try 0.0.0.0"),
        (["--web", "0", "--token-file", "/none"], "--token-file /none: No such file or dir"),
        (["--token-file", "token"], "--token-file is for the page of --web; add --web"),
        (["--allow-host", "name"], "--allow-host is for the page of --web; add --web"),
    ],
)
def test_what_cannot_work_is_one_line(
    bundle: Path, video: Path, arguments: list[str], said: str
) -> None:
    done = run(bundle, "--source", video, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.startswith("edge-run: ")
    assert len(done.stderr.splitlines()) == 1


def test_model_that_is_taken_for_an_address(bundle: Path) -> None:
    done = run("--web", bundle)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"--web {bundle} is no HOST:PORT; " in done.stderr


def test_port_that_somebody_has(bundle: Path, video: Path) -> None:
    with listen(Address(port=0)) as taken:
        port = taken.getsockname()[1]
        done = run(bundle, "--source", video, "--web", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"edge-run: 127.0.0.1:{port}: Address already in use; choose another port, or end the "
        "program that has this one\n"
    )


@pytest.mark.parametrize("missing", ["tornado", "prometheus_client"])
def test_package_that_is_missing(bundle: Path, video: Path, missing: str) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv[0] = 'edge-run'\n"
        "from armlet.runtime.entry import run; run()"
    )
    command = [sys.executable, "-c", program, "camera", bundle, "--source", video, "--web", "0"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"--web needs {missing}" in done.stderr
    assert done.stderr.endswith("which isn't installed; pip install 'armlet[web]'\n")
    assert len(done.stderr.splitlines()) == 1


def test_help_stays_quick() -> None:
    program = (
        "import sys, armlet.runtime.camera\n"
        "print({'tornado', 'cv2', 'numpy', 'asyncio'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "set()\n"
