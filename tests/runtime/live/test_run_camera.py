"""``edge-run camera`` as a user, a shell and systemd meet it, with a video for a camera."""

import fcntl
import json
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from armlet.runtime.cli import main
from tests.runtime.lasting import AT_ONCE_S, EDGE_RUN, edge_run, line, record, stopped
from tests.runtime.stand_ins import write_video


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Path:
    """A moment of a cat, and then seconds of a rocket, which is a ship to the network."""
    path = tmp_path_factory.mktemp("video") / "video.avi"
    write_video(path, [photos / "chelsea.png", *[photos / "rocket.jpg"] * 30], each=25, fps=100)
    return path


@pytest.fixture
def short(tmp_path: Path, photos: Path) -> Path:
    path = tmp_path / "short.avi"
    write_video(path, [photos / "chelsea.png", photos / "rocket.jpg"], each=10, fps=50)
    return path


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [str(one) for one in (EDGE_RUN, "camera", *arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_each_frame_is_labelled_or_counted(bundle: Path, short: Path) -> None:
    done = run(bundle, "--source", short, "--json", "--top-k", 2)
    assert (done.returncode, done.stderr) == (0, "")
    records = [json.loads(one) for one in done.stdout.splitlines()]
    for count, one in enumerate(records, 1):
        assert one["frame"] == count + one["dropped"]
        assert one["top"][0]["label"] == ("cat" if one["frame"] <= 10 else "ship")
        assert len(one["top"]) == 2
        assert one["frame_age_ms"] >= one["inference_ms"] > 0
    assert records[0]["fps"] is None
    assert records[-1]["frame"] == 20  # the last one is newest for ever
    assert all(one["fps"] > 0 for one in records[1:])


def test_text_is_a_line_for_each_frame(bundle: Path, short: Path) -> None:
    done = run(bundle, "--source", short, "--backend", "litert", "--max-frames", 3)
    heading, source, empty, titles, *lines = done.stdout.splitlines()
    assert heading.startswith("shufflenet_v2_x0_5, model.int8.rotated.tflite, int8, litert")
    assert (source, empty) == (f"{short}, 320 x 240, 50 frames a second", "")
    assert titles.split() == [
        *("frame", "dropped", "fps", "age", "inference", "score", "label"),
    ]
    assert len(lines) == 3
    for one in lines:
        assert one.endswith("%  cat")
        assert one.index("cat") == titles.index("label")


def test_changes_alone(bundle: Path, short: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    done = run(bundle, "--source", short, "--json", "--changes", "--log", log)
    labels = [json.loads(one)["top"][0]["label"] for one in done.stdout.splitlines()]
    assert labels == ["cat", "ship"]
    assert log.read_text("utf-8") == done.stdout


def test_layers_of_every_nth_result(bundle: Path, short: Path) -> None:
    arguments = ("--source", short, "--no-pace", "--json", "--layers-every", 4)
    records = [json.loads(one) for one in run(bundle, *arguments).stdout.splitlines()]
    assert len(records) == 20
    with_layers = [one["frame"] for one in records if "layers" in one]
    assert with_layers == [4, 8, 12, 16, 20]
    assert all(("conditions" in one) == ("layers" in one) for one in records)
    for one in records[3::4]:
        assert one["layers"][-1]["name"] == "other"
        assert sum(layer["share"] for layer in one["layers"]) == pytest.approx(1, abs=1e-4)


def test_labels_that_do_not_flicker(bundle: Path, tmp_path: Path, photos: Path) -> None:
    path = tmp_path / "flicker.avi"
    cat, ship = photos / "chelsea.png", photos / "rocket.jpg"
    write_video(path, [cat] * 8 + [ship] + [cat] * 8, each=1)
    arguments = ("--source", path, "--no-pace", "--json", "--top-k", 2)
    frames, smoothed = (
        [json.loads(one)["top"] for one in run(bundle, *arguments, *more).stdout.splitlines()]
        for more in ((), ("--smooth", 60))
    )
    assert [one[0]["label"] for one in frames] == ["cat"] * 8 + ["ship"] + ["cat"] * 8
    assert [one[0]["label"] for one in smoothed] == ["cat"] * 17
    # The ship is there, with the little that one frame of a minute weighs.
    assert smoothed[0] == frames[0]
    assert smoothed[8][0]["score"] == pytest.approx(smoothed[7][0]["score"], abs=0.01)


def test_duration(bundle: Path, video: Path) -> None:
    done = run(bundle, "--source", video, "--json", "--duration", 0.2)
    assert done.returncode == 0
    assert 0 < len(done.stdout.splitlines()) < 100


def logged(log: Path) -> list[Mapping[str, Any]]:
    """All that is in a log and its old ones, the oldest first."""
    old = [one for one in log.parent.glob(f"{log.name}.*")]
    files = [*sorted(old, key=lambda one: -int(one.suffix[1:])), log]
    lines = [text for one in files for text in one.read_text("utf-8").splitlines()]
    return [json.loads(text) for text in lines]


ROTATED = ("--log-size", 0.001, "--log-keep", 1000)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("rotated", [(), ROTATED])
def test_signal_ends_it_with_all_results_in_the_log(
    bundle: Path,
    video: Path,
    tmp_path: Path,
    number: signal.Signals,
    rotated: tuple[object, ...],
) -> None:
    log = tmp_path / "results.jsonl"
    arguments = ("camera", bundle, "--source", video, "--json", "--log", log, *rotated)
    with edge_run(*arguments) as running:
        before = [line(running) for _ in range(30)]
        rest, said = stopped(running, number)
    assert said == ""
    printed = [json.loads(one) for one in ("".join(before) + rest).splitlines()]
    assert logged(log) == printed
    assert log.with_name("results.jsonl.1").exists() == bool(rotated)


def test_reader_that_goes_away(bundle: Path, video: Path, tmp_path: Path) -> None:
    log = tmp_path / "results.jsonl"
    arguments = ("--source", video, "--json", "--log", log, *ROTATED)
    with edge_run("camera", bundle, *arguments) as running:
        first = [record(running) for _ in range(30)]
        assert running.stdout
        running.stdout.close()
        assert running.wait(AT_ONCE_S) == 1
        assert running.stderr
        assert running.stderr.read() == ""
    assert logged(log)[:30] == first


def test_reader_that_stands_still_does_not_keep_it_from_stopping(
    bundle: Path, tmp_path: Path, photos: Path
) -> None:
    path = tmp_path / "quick.avi"
    write_video(path, [photos / "rocket.jpg"], each=50)
    log = tmp_path / "results.jsonl"
    arguments = ("--source", path, "--no-pace", "--loop", "--json", "--log", log)
    with edge_run("camera", bundle, *arguments) as running:
        assert running.stdout
        fcntl.fcntl(running.stdout, fcntl.F_SETPIPE_SZ, 4096)
        line(running)
        sizes = [-1]
        while sizes[-1] != (now := log.stat().st_size):  # until it is stuck
            sizes.append(now)
            with pytest.raises(subprocess.TimeoutExpired):
                running.wait(0.3)
        running.send_signal(signal.SIGTERM)
        assert running.wait(AT_ONCE_S) == 128 + signal.SIGTERM
    assert log.read_text().endswith("}\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--source", "/dev/video987"], "/dev/video987: no such camera; "),
        (["--source", "987"], "/dev/video987: no such camera; "),
        (["--source", "none.avi"], "none.avi: no such video file; give a file, a folder,"),
        (["--json", "--log", "-"], "--json and --log - both print the results; drop one"),
        (["--source", "0", "--log", "/"], "/: Is a directory; choose another --log"),
        (
            ["--source", "0", "--log", "/dev/null"],
            "/dev/null: not a regular file; choose another --log",
        ),
        (
            ["--source", "0", "--publish", "mqtt://broker/+"],
            "--publish: a topic can't have ?, + or # in it",
        ),
    ],
)
def test_what_cannot_work_is_one_line(bundle: Path, arguments: list[str], said: str) -> None:
    command = ["camera", str(bundle), *arguments]
    done = CliRunner().invoke(main, command, prog_name="edge-run")
    assert (done.exit_code, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.startswith("edge-run: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (__file__, "can't be read as a video; give a file that ffmpeg plays"),
        ("/dev/null", "/dev/null gives no pictures; "),
    ],
)
def test_libraries_in_c_add_no_lines_of_their_own(bundle: Path, source: str, said: str) -> None:
    done = run(bundle, "--source", source)  # a process, all of whose output is seen
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_systemd_hears_how_it_does(bundle: Path, video: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    told = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(20)
        arguments = ("camera", bundle, "--source", video, "--json")
        with edge_run(*arguments, **told) as running:
            first = [systemd.recv(100) for _ in range(4)]
            record(running)
            stopped(running, signal.SIGTERM)
        while (last := systemd.recv(100)) == b"WATCHDOG=1":
            pass
    assert sorted(first) == [b"READY=1", *[b"WATCHDOG=1"] * 3]
    assert last == b"STOPPING=1"
