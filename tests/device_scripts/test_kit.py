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
    assert done.stdout.startswith(f"{target}: 4 wheels, ")
    assert done.stderr == "next, on the device: sh kit/setup.sh\n"
    return target


def test_it_holds_scripts_locks_and_wheels(folder: Path) -> None:
    assert {one.name for one in folder.glob("*.sh")} >= {"setup.sh", "install-service.sh"}
    assert (folder / "locks/32bit.txt").exists()
    assert (folder / "fleet/roles/armlet/tasks/main.yml").exists()
    names = {one.name.split("-")[0] for one in (folder / "wheels").iterdir()}
    assert names == {"armlet", "click_default_group", "paho_mqtt", "tflite_runtime"}


def test_armlet_on_a_device_has_no_export(folder: Path) -> None:
    (wheel,) = (folder / "wheels").glob("armlet-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "armlet/runtime/cli.py" in names
    assert not [name for name in names if name.startswith(("armlet/export", "armlet/quantize"))]


def test_setup_knows_what_it_is_for(folder: Path, tmp_path: Path) -> None:
    command = ["sh", folder / "setup.sh", "--dry-run", "--home", tmp_path / "armlet"]
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True)
    assert done.returncode == 1
    assert "this kit is for bookworm-32 (armv7l, Python 3.11)" in done.stderr


def test_a_bundle_may_be_in_it(bundle: Path, tmp_path: Path) -> None:
    target = tmp_path / "kit"
    kit("--system", "bookworm-32", "--bundle", bundle, "-o", target)
    there = {one.relative_to(bundle) for one in bundle.rglob("*") if one.is_file()}
    assert {
        one.relative_to(target / "bundle")
        for one in (target / "bundle").rglob("*")
        if one.is_file()
    } == there


def test_another_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    (tmp_path / "setup.sh").touch()
    done = kit("--system", "bookworm-32", "-o", tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith("choose a new or empty folder with -o\n")


def test_the_command_knows_all_systems() -> None:
    listed = kit("--help").stdout
    assert all(system in listed for system in SYSTEMS)
