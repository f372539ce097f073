"""Sources that are opened and lost again and again leave nothing behind."""

import os
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from armlet.errors import SourceError
from armlet.runtime.cameras import csi
from armlet.runtime.cameras.address import Address
from armlet.runtime.cameras.csi import CsiCamera
from armlet.runtime.cameras.feed import Patience, newest_frames
from armlet.runtime.cameras.folder import Folder
from armlet.runtime.cameras.modes import Wish
from armlet.runtime.cameras.reader import Reader
from armlet.runtime.cameras.source import Source, SourceState
from armlet.runtime.cameras.video import VideoFile
from tests.runtime.network_camera import jpegs, network_camera
from tests.runtime.rpicam import install
from tests.runtime.stand_ins import write_video

ROUNDS = 12
SHORT = Patience(pause_s=0.01, longest_pause_s=0.01, tick_s=0.01)


class Held:
    """What this process has now, without what doesn't count."""

    def __init__(self) -> None:
        self.files = sorted(map(_opened, os.listdir("/proc/self/fd")))
        self.threads = threading.active_count()
        self.children = [
            child
            for task in Path("/proc/self/task").iterdir()
            for child in (task / "children").read_text().split()
        ]

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other)

    def __repr__(self) -> str:
        return str(vars(self))


def _opened(number: str) -> str:
    try:
        target = os.readlink(f"/proc/self/fd/{number}")
    except OSError:  # that of listing them
        return ""
    return target.partition(":")[0]  # pipes and sockets have numbers


def lose(source: Source, times: int) -> None:
    """See it through so many losses."""
    states: list[SourceState] = []
    frames = newest_frames(source, time.monotonic, states.append, SHORT)
    deadline = time.monotonic() + 60
    while len([one for one in states if not one.works]) < times:
        next(frames)
        assert time.monotonic() < deadline, states
    frames.close()


def open_and_leave(source: Source, times: int) -> None:
    """Open it and read a little."""
    for _ in range(times):
        reader = Reader(source, time.monotonic)
        while reader.take(5) is None:
            pass
        reader.abandon()
        deadline = time.monotonic() + 10
        while reader.running:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def settled(before: Held) -> Held:
    """What is held once threads that were abandoned have ended."""
    deadline = time.monotonic() + 10
    while (now := Held()) != before and time.monotonic() < deadline:
        time.sleep(0.05)
    return now


def test_network_camera_that_breaks_off(photos: Path) -> None:
    with network_camera(jpegs([photos / "chelsea.png"]), 200, breaks_after=5) as camera:
        before = Held()
        lose(Address(camera.address), ROUNDS)
        assert settled(before) == before
        assert camera.connections >= ROUNDS


def test_network_camera_that_can_not_be_opened(photos: Path) -> None:
    with network_camera([]) as camera:
        before = Held()
        for _ in range(ROUNDS):
            for path in ("none", "page", "private"):
                with pytest.raises(SourceError):
                    Address(camera.at(path)).open()
        assert settled(before) == before


@pytest.mark.parametrize("end", ["sys.exit(255)", "os.kill(os.getpid(), 9)"])
def test_ribbon_cable_whose_program_ends(tmp_path: Path, end: str) -> None:
    program = install(tmp_path, f"show(shot(1)); time.sleep(0.05); {end}")

    def which(name: str) -> str | None:
        return str(program) if name == program.name else shutil.which(name)

    camera = CsiCamera(wish=Wish(width=64, height=48), which=which)
    lose(camera, 1)
    before = Held()
    lose(camera, 3)
    assert settled(before) == before


def test_ribbon_cable_whose_program_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csi, "NEXT_S", 0.1)
    program = install(tmp_path, "show(shot(1)); time.sleep(600)")

    def which(name: str) -> str | None:
        return str(program) if name == program.name else shutil.which(name)

    camera = CsiCamera(wish=Wish(width=64, height=48), which=which)
    others = Held().children  # of tests before
    open_and_leave(camera, 1)
    before = Held()
    open_and_leave(camera, 4)
    assert settled(before) == before
    assert before.children == others


def test_files(tmp_path: Path, photos: Path) -> None:
    video = tmp_path / "video.avi"
    write_video(video, [photos / "chelsea.png"], each=3, fps=100)
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(photos / "rocket.jpg", folder)
    sources: Sequence[Source] = [
        VideoFile(video, loop=True),
        VideoFile(video, paced=False, loop=True),
        Folder(folder, paced=False, loop=True),
    ]
    for source in sources:
        open_and_leave(source, 2)
    before = Held()
    for source in sources:
        open_and_leave(source, ROUNDS)
    assert Held() == before


def test_loss_is_seen(tmp_path: Path) -> None:
    before = Held()
    with open(tmp_path / "open", "w"):
        assert Held() != before
