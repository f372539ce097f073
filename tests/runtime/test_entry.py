"""How the process of ``edge-run`` ends: with all of its output and the right exit code."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

EDGE_RUN = Path(sys.executable).parent / "edge-run"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--version"], 0), (["classify", "nowhere", "cat.png"], 1), (["classify"], 2)],
)
def test_exit_code_of_the_command_is_that_of_the_process(
    arguments: Sequence[str], code: int
) -> None:
    assert subprocess.run([EDGE_RUN, *arguments], capture_output=True).returncode == code


def test_all_of_the_output_reaches_a_file(bundle: Path, photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "printed"
    with path.open("w") as file:
        subprocess.run([EDGE_RUN, "classify", bundle, photos, "--json"], stdout=file)
    assert path.read_text().endswith("}\n")
    assert len(path.read_text().splitlines()) > 20


def test_full_disk_is_a_failure() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [EDGE_RUN, "--help"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr == "edge-run: stdout: No space left on device\n"


def test_closed_streams_are_no_crash() -> None:
    done = subprocess.run(f"{EDGE_RUN} --version >&- 2>&-", shell=True)
    assert done.returncode == 0


def test_full_disk_behind_stderr_stops_nothing(bundle: Path, photos: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [EDGE_RUN, "classify", bundle, "none.png", photos / "chelsea.png", "--json"],
            stdout=subprocess.PIPE,
            stderr=full,
        )
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_process_leaves_nothing_behind(
    bundle: Path, tmp_path: Path, number: signal.Signals
) -> None:
    running = subprocess.Popen(
        [EDGE_RUN, "profile", bundle, "--backend", "onnx", "--runs", "1000"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while not list(tmp_path.iterdir()):
        time.sleep(0.01)
    running.send_signal(number)
    _, said = running.communicate()
    assert running.returncode in (1, 128 + number)
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
