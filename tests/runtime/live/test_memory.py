"""``edge-run camera`` needs no more memory the longer it runs."""

import fcntl
from pathlib import Path

from tests.runtime.lasting import edge_run, record
from tests.runtime.stand_ins import write_video

FRAMES = 10_000
SETTLED = 500
"""Frames until whatever is filled once has been filled."""
MOST_KIB = 5 * 1024


def rss_kib(process_id: int) -> int:
    status = Path(f"/proc/{process_id}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def test_memory_is_flat_and_every_frame_is_counted(
    bundle: Path, tmp_path: Path, photos: Path
) -> None:
    video = tmp_path / "video.avi"
    # Small pictures, since decoding them would take most of the time.
    pictures = [photos / "chelsea.png", photos / "rocket.jpg"]
    write_video(video, pictures, each=100, size=(64, 48))
    source = ("--source", video, "--no-pace", "--loop", "--max-frames", FRAMES)
    log = ("--log", tmp_path / "log", "--log-size", 0.1, "--log-keep", 3)
    arguments = (*source, *log, "--smooth", 0.5, "--json")
    with edge_run("camera", bundle, *arguments) as running:
        assert running.stdout
        # So that it can't be far ahead of what is read here.
        fcntl.fcntl(running.stdout, fcntl.F_SETPIPE_SZ, 4096)
        for count in range(1, FRAMES + 1):
            one = record(running)
            assert one["frame"] == count + one["dropped"]
            if count == SETTLED:
                before = rss_kib(running.pid)
            if count == FRAMES - SETTLED:
                grown = rss_kib(running.pid) - before
        _, said = running.communicate(timeout=20)
    assert (running.returncode, said) == (0, "")
    assert grown < MOST_KIB
    assert one["frame"] == FRAMES  # a video that isn't paced waits
    assert sum(file.stat().st_size for file in tmp_path.glob("log*")) <= 4 * 100_000
