"""The whole of ``edge-export deploy``, against a real OpenSSH server."""

import fcntl
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from armlet.bundle import MANIFEST, sha256
from tests.device_scripts.bundles import (
    CHANGED,
    change_one_model,
    damage,
    expect_other_answers,
)
from tests.device_scripts.conftest import Device

VENV = "venv-0ea506a25d4f"
"""A runtime as setup.sh calls it."""
BREAKING = """#!{python}
import os, subprocess, sys
with subprocess.Popen(["{ssh}", *sys.argv[1:]], stdin=subprocess.PIPE) as child:
    left = {sent_bytes}
    while data := os.read(0, left):
        os.write(child.stdin.fileno(), data)
        left -= len(data)
    os.close(0)
"""
"""An ssh whose connection breaks after so many bytes."""


def tree(folder: Path) -> list[tuple[str, int, int]]:
    found = [folder, *folder.rglob("*")]
    return sorted((str(one), one.lstat().st_mtime_ns, one.lstat().st_ino) for one in found)


def names(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


def test_first_deploy(
    installed: tuple[Device, dict[str, Any]], bundle: Path, photos: Path
) -> None:
    device, told = installed
    assert told["armlet"]["installed"] and len(told["armlet"]["sent"]) > 10
    assert set(told["bundle"]["sent"]) == set(told["bundle"]["files"])
    assert told["bundle"]["sent_bytes"] == sum(
        path.stat().st_size for path in bundle.rglob("*") if path.is_file()
    )
    assert told["verified"] is True and told["problem"] is None
    assert device.active == told["active"] and told["previous"] is None
    assert set(told["fetched"]) == {"verify", "doctor"}
    for name, path in told["fetched"].items():
        assert json.loads(Path(path).read_text()) == told["findings"][name]
    said = device.edge_run("classify", device.home / "bundle", photos / "chelsea.png")
    assert "cat" in said
    # Nothing of it comes from the environment of the tests.
    version = (device.home / "runtime/version").read_text().split()
    assert version == [told["armlet"]["version"], told["armlet"]["runtime"]]
    assert (device.home / "runtime/scripts/launcher.sh").is_file()
    assert names(device.home / "files") == {
        sha256(path.read_bytes()) for path in bundle.rglob("*") if path.is_file()
    }


def test_another_user_may_read_all_of_it(installed: tuple[Device, dict[str, Any]]) -> None:
    device, _ = installed
    for path in (device.home, *device.home.rglob("*")):
        mode = path.stat().st_mode
        needed = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
        assert mode & needed == needed, path


def test_what_is_there_is_not_sent_again(device: Device, copied: Path) -> None:
    first = device.active
    again = device.run(copied, "device").stdout
    assert "0.1.0 is there" in again and "all 14 files were there" in again
    change_one_model(copied, "second")
    said = device.run(copied, "device").stdout
    sizes = [(copied / name).stat().st_size for name in (CHANGED, MANIFEST)]
    assert f"sent 2 of 14 files, {-(-sum(sizes) // 1000)} KB; 12 were there" in said
    assert f"next: ssh -F {device.server.ssh_config} device {device.home}/bin/edge-run" in said
    assert device.previous == first != device.active


def test_only_two_releases_stay(device: Device, copied: Path) -> None:
    releases = [device.active or ""]
    for remark in ("1", "2"):
        change_one_model(copied, remark)
        releases.append(device.told(copied, "device")["active"])
    assert names(device.home / "releases") == set(releases[1:])
    # 12 that both have, and 2 of each.
    assert len(names(device.home / "files")) == 16
    assert (device.active, device.previous) == (releases[2], releases[1])


def test_rollback_and_forward(device: Device, copied: Path) -> None:
    first = device.active
    assert "no previous bundle" in device.refused("device", "--rollback")
    change_one_model(copied, "second")
    second = device.told(copied, "device")["active"]
    assert device.told("device", "--rollback", "--dry-run")["active"] == second
    assert device.active == second
    assert f"{first} is active again" in device.run("device", "--rollback").stdout
    assert (device.active, device.previous) == (first, second)
    assert "model.int8.onnx" in device.edge_run("verify", device.home / "bundle")
    assert device.told("device", "--rollback")["active"] == second
    assert (device.active, device.previous) == (second, first)


def test_a_damaged_bundle_is_not_even_sent(device: Device, copied: Path) -> None:
    damage(copied)
    said = device.refused(copied, "nobody@nowhere.invalid")
    assert f"{CHANGED} is damaged" in said


def test_a_bundle_that_answers_otherwise_is_refused(device: Device, copied: Path) -> None:
    good = device.active
    before = names(device.home / "releases")
    expect_other_answers(copied)
    done = device.run(copied, "device", code=1)
    assert "verify   FAILED: model.int8.onnx on onnx gives other logits" in done.stdout
    assert f"{good} is still active" in done.stderr
    assert device.active == good and device.previous is None
    assert names(device.home / "releases") == before
    assert not json.loads((device.output / "verify.json").read_text())["verified"]
    told = device.told(copied, "device", code=1)
    assert told["verified"] is False and told["active"] == good
    assert f"{CHANGED} on onnx" in told["problems"]["verify"][0]


def test_the_first_one_may_be_refused_too(bare: Device, copied: Path) -> None:
    expect_other_answers(copied)
    assert "nothing is active" in bare.run(copied, "device", code=1).stderr
    assert bare.active is None


def test_dry_run_changes_nothing(device: Device, copied: Path, tmp_path: Path) -> None:
    change_one_model(copied, "second")
    before = tree(device.home)
    said = device.run(copied, "device", "--dry-run").stdout
    assert "would send 2 of 14 files" in said and "nothing was changed there" in said
    assert tree(device.home) == before
    nowhere = Device(device.server, tmp_path / "new/armlet", device.cache, tmp_path / "o")
    told = nowhere.told(copied, "device", "--dry-run")
    assert told["armlet"]["installed"] and told["bundle"]["sent_bytes"] > 10**6
    assert not (tmp_path / "new").exists() and not nowhere.output.exists()


def test_the_second_of_two_at_once_ends(device: Device, bundle: Path) -> None:
    with open(device.home / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "somebody else is deploying" in device.refused(bundle, "device")


def test_an_interrupted_file_continues(bare: Device, bundle: Path) -> None:
    model = (bundle / CHANGED).read_bytes()
    part = bare.home / "files" / f"{sha256(model)}.part"
    part.parent.mkdir()
    part.write_bytes(model[:400_000])
    total = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
    assert bare.told(bundle, "device")["bundle"]["sent_bytes"] == total - 400_000


def test_a_damaged_part_is_sent_anew(bare: Device, bundle: Path) -> None:
    part = bare.home / "files" / f"{sha256((bundle / CHANGED).read_bytes())}.part"
    part.parent.mkdir()
    part.write_bytes(bytes(400_000))
    assert bare.told(bundle, "device")["verified"]


def test_what_somebody_changed_in_place_is_mended(device: Device, bundle: Path) -> None:
    active = device.active
    damage(device.home / "bundle")
    told = device.told(bundle, "device")
    assert told["bundle"]["sent"] == [CHANGED]
    assert told["verified"] and device.active == active


def test_an_armlet_that_does_not_run_is_installed_anew(
    installed: tuple[Device, dict[str, Any]], bundle: Path, tmp_path: Path
) -> None:
    first, _ = installed
    home = tmp_path / "armlet"
    subprocess.run(["cp", "-a", first.home, home], check=True)
    (home / "runtime/site/click/__init__.py").write_text("raise ImportError('gone')\n")
    device = Device(first.server, home, first.cache, tmp_path / "deployed")
    assert device.told(bundle, "device")["armlet"]["installed"]
    assert device.edge_run("--version").startswith("edge-run")


def test_the_runtime_of_setup_stays(device: Device, bundle: Path) -> None:
    (name,) = names(device.home / "runtimes")
    (device.home / "runtimes" / name).rename(device.home / "runtimes" / VENV)
    version = device.home / "runtime/version"
    link = device.home / "runtime"
    link.unlink()
    link.symlink_to(f"runtimes/{VENV}")
    number = version.read_text().split()[0]
    version.unlink()  # it is a hard link to that of other tests
    version.write_text(f"{number} {VENV}\n")
    told = device.told(bundle, "device")
    assert told["armlet"]["runtime"] == VENV and not told["armlet"]["installed"]
    assert names(device.home / "runtimes") == {VENV}


def test_what_fails_after_the_switch_is_told(device: Device, bundle: Path) -> None:
    shutil.rmtree(device.home / "cache")
    (device.home / "cache").symlink_to("/proc/self/fd")  # nobody can keep a file there
    done = device.run(bundle, "device", "--tune", "--rest", 0, code=1)
    assert "but tune failed" in done.stderr
    assert device.active is not None and f"{device.active} is active" in done.stderr


def test_bench_and_profile_are_fetched(device: Device, bundle: Path) -> None:
    done = device.run(bundle, "device", "--bench", "--profile", "--rest", 0)
    assert "bench    " in done.stdout and "heaviest layers" in done.stdout
    assert names(device.output) == {
        f"{name}.json" for name in ("verify", "doctor", "bench", "profile")
    }
    assert json.loads((device.output / "bench.json").read_text())["rows"]


def sound(device: Device, releases: set[str]) -> None:
    """Whatever is active is whole."""
    assert device.active is None or device.active in releases
    if device.active:
        assert "reproduces" in device.edge_run("verify", device.home / "bundle")


@pytest.mark.parametrize("delay_s", [0.3, 0.5, 0.7, 0.9, 1.2])
def test_killed_at_any_moment(device: Device, copied: Path, delay_s: float) -> None:
    first = device.active or ""
    change_one_model(copied, "second")
    second = device.told(copied, "device", "--dry-run")["bundle"]["release"]
    process = subprocess.Popen(
        device.command(copied, "device"),
        stdout=subprocess.DEVNULL,
        env=device.environment(),
    )
    time.sleep(delay_s)
    process.kill()
    process.wait()
    sound(device, {first, second})
    time.sleep(0.3)  # until the server has noticed
    assert device.told(copied, "device")["active"] == second
    assert device.previous in {first, None}
    assert not [path for path in device.home.rglob("*.part")]


@pytest.mark.parametrize("sent_bytes", [1_000, 20_000, 1_500_000, 7_000_000])
def test_a_connection_that_breaks(
    bare: Device, bundle: Path, tmp_path: Path, sent_bytes: int
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    breaking = programs / "ssh"
    breaking.write_text(
        BREAKING.format(python=sys.executable, ssh=shutil.which("ssh"), sent_bytes=sent_bytes)
    )
    breaking.chmod(0o755)
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    said = bare.refused(bundle, "device", PATH=path)
    assert bare.active is None
    told = bare.told(bundle, "device")
    total = sum(one.stat().st_size for one in bundle.rglob("*") if one.is_file())
    agent_bytes = 20_000
    if sent_bytes > agent_bytes:
        assert "the connection to device broke" in said and "run the same command again" in said
        assert told["bundle"]["sent_bytes"] < total - sent_bytes + 2 * agent_bytes
    assert told["verified"]


def test_what_is_not_armlets_stays(device: Device, bundle: Path) -> None:
    (device.home / "files").mkdir(parents=True, exist_ok=True)
    (device.home / "files/thesis.txt").touch()
    device.run(bundle, "device")
    assert (device.home / "files/thesis.txt").exists()


@pytest.mark.parametrize("name", ["thesis.txt", "bundle"])
def test_a_folder_of_somebody_else_is_refused(
    device: Device, bundle: Path, tmp_path: Path, name: str
) -> None:
    home = tmp_path / "project"
    (home / name).mkdir(parents=True)
    before = tree(home)
    said = device.refused(bundle, "device", "--home", home)
    assert said.endswith(
        f"{home} holds {name}, which isn't armlet's; choose a new or empty folder with --home"
    )
    assert tree(home) == before


def test_rollback_measures_nothing(device: Device) -> None:
    assert "--rollback measures nothing" in device.refused("device", "--rollback", "--tune")


def test_an_output_that_cannot_be_written_is_said_at_once(
    device: Device, bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    home = tmp_path / "new"
    said = device.refused(bundle, "device", "-o", tmp_path / "file/deeper", "--home", home)
    assert said.endswith("choose another with -o")
    assert not home.exists()
