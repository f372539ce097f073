"""How the process of ``edge-run`` ends: with all of its output and the right exit code."""

import subprocess
import sys
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
