import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from armlet.device_scripts.kit import SYSTEMS

EDGE_EXPORT = Path(sys.executable).parent / "edge-export"


def kit(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [EDGE_EXPORT, "kit", *arguments]
    return subprocess.run([str(one) for one in command], capture_output=True, text=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For 32 bits, which has the fewest wheels."""
    target = tmp_path_factory.mktemp("kit") / "kit"
    done = kit("--system", "bookworm-32", "-o", target)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{target}: 3 wheels, ")
    assert done.stderr == "next, on the device: sh kit/setup.sh\n"
    return target


def test_it_holds_scripts_locks_and_wheels(folder: Path) -> None:
    assert {one.name for one in folder.glob("*.sh")} >= {"setup.sh", "install-service.sh"}
    assert (folder / "locks/32bit.txt").exists()
    assert (folder / "fleet/roles/armlet/tasks/main.yml").exists()
    names = {one.name.split("-")[0] for one in (folder / "wheels").iterdir()}
    assert names == {"armlet", "click_default_group", "tflite_runtime"}


def test_armlet_on_a_device_has_no_export(folder: Path) -> None:
    (wheel,) = (folder / "wheels").glob("armlet-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "armlet/runtime/cli.py" in names
    assert not [name for name in names if name.startswith(("armlet/export", "armlet/quantize"))]


def test_setup_takes_it(folder: Path, tmp_path: Path) -> None:
    command = ["sh", folder / "setup.sh", "--wheelhouse", folder / "wheels", "--dry-run"]
    done = subprocess.run(
        [str(one) for one in [*command, "--home", tmp_path / "armlet"]],
        capture_output=True,
        text=True,
    )
    # On the machine of the tests, which may lack Debian's venv module.
    assert f"--find-links={folder}/wheels" in done.stdout or "python3-venv" in done.stderr


def test_another_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    (tmp_path / "setup.sh").touch()
    done = kit("--system", "bookworm-32", "-o", tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith("choose a new or empty folder with -o\n")


def test_the_command_knows_all_systems() -> None:
    listed = kit("--help").stdout
    assert all(system in listed for system in SYSTEMS)
