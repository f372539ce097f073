"""``edge-run camera`` where there is no room for what it says."""

import json
import resource
import subprocess
from pathlib import Path

import pytest

from tests.runtime.lasting import EDGE_RUN
from tests.runtime.stand_ins import write_video

FRAMES = 20
ROOM = 1000
"""Bytes that a file may hold: such a limit stands in for a full disk anywhere, for anybody."""


@pytest.fixture
def video(tmp_path: Path, photos: Path) -> Path:
    path = tmp_path / "video.avi"
    write_video(path, [photos / "chelsea.png"], each=FRAMES)
    return path


def run(
    bundle: Path, video: Path, *arguments: object, stdout: str | None = None, room: bool = True
) -> "subprocess.CompletedProcess[str]":
    def limit() -> None:
        if not room:
            resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))

    command = (EDGE_RUN, "camera", bundle, "--source", video, "--no-pace", *arguments)
    with open(stdout or "/dev/null", "w") as file:
        return subprocess.run(
            [str(one) for one in command],
            stdout=file if stdout else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            preexec_fn=limit,
        )


def frames(text: str) -> list[int]:
    return [json.loads(one)["frame"] for one in text.splitlines()]


def test_log_ends_with_one_warning(bundle: Path, video: Path, tmp_path: Path) -> None:
    log = tmp_path / "results.jsonl"
    done = run(bundle, video, "--json", "--log", log, room=False)
    assert frames(done.stdout) == list(range(1, FRAMES + 1))
    assert done.stderr in (
        f"edge-run: {log}: File too large; nothing is logged any more\n",
        f"edge-run: {log}: no room for another line; nothing is logged any more\n",
    )
    assert done.returncode == 1  # the log isn't what was asked for
    found = frames(log.read_text("utf-8"))  # whole lines, as many as there was room for
    assert found == list(range(1, len(found) + 1))
    assert ROOM - 200 < log.stat().st_size <= ROOM


def test_rotated_log_has_room(bundle: Path, video: Path, tmp_path: Path) -> None:
    log = tmp_path / "results.jsonl"
    arguments = ("--json", "--log", log, "--log-size", ROOM / 1e6, "--log-keep", 2)
    done = run(bundle, video, *arguments, room=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert frames(log.read_text("utf-8"))[-1] == FRAMES
    names = sorted(one.name for one in tmp_path.glob("results*"))
    assert names == ["results.jsonl", "results.jsonl.1", "results.jsonl.2"]
    assert all(one.stat().st_size <= ROOM for one in tmp_path.glob("results*"))


@pytest.mark.parametrize("printing", [("--json",), ()])
def test_printing_ends_with_one_warning(
    bundle: Path, video: Path, tmp_path: Path, printing: tuple[str, ...]
) -> None:
    log = tmp_path / "results.jsonl"
    done = run(bundle, video, *printing, "--log", log, stdout="/dev/full")
    assert done.stderr == (
        "edge-run: stdout: No space left on device; nothing is printed any more\n"
    )
    assert done.returncode == 1
    assert frames(log.read_text("utf-8")) == list(range(1, FRAMES + 1))


def test_log_on_stdout(bundle: Path, video: Path) -> None:
    done = run(bundle, video, "--log", "-", stdout="/dev/full")
    assert done.stderr == (
        "edge-run: stdout: No space left on device; nothing is printed any more\n"
    )
    assert done.returncode == 1


def test_both(bundle: Path, video: Path, tmp_path: Path) -> None:
    log = tmp_path / "results.jsonl"
    done = run(bundle, video, "--log", log, stdout="/dev/full", room=False)
    assert len(done.stderr.splitlines()) == 2
    assert done.returncode == 1
