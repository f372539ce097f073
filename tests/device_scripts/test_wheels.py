"""The wheels that a device gets: the locked ones for it, and armlet's own."""

import base64
import hashlib
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from armlet.device_scripts.armlet_wheel import armlet_wheel
from armlet.device_scripts.device import Target
from armlet.device_scripts.wheels import resolve_wheels, runtime_name
from armlet.errors import WheelError
from tests.device_scripts.conftest import Device

BULLSEYE_32 = Target(lock="32bit", architecture="armv7l", python=(3, 11), glibc=36)


def test_a_wheelhouse_needs_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = resolve_wheels(BULLSEYE_32)
    assert [one.name.split("-")[0] for one in wheels] == [
        "click_default_group",
        "paho_mqtt",
        "tflite_runtime",
    ]
    assert wheels[2].name.endswith("armv7l.whl")
    assert resolve_wheels(BULLSEYE_32) == wheels  # from the cache
    monkeypatch.setenv("ARMLET_CACHE", str(tmp_path / "another"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/")
    again = resolve_wheels(BULLSEYE_32, wheels[0].path.parent)
    assert [one.sha256 for one in again] == [one.sha256 for one in wheels]
    with pytest.raises(WheelError, match="put all of device_scripts/locks/64bit.txt there"):
        resolve_wheels(replace(BULLSEYE_32, lock="64bit"), wheels[0].path.parent)


def test_a_damaged_wheel_is_fetched_again() -> None:
    wheels = resolve_wheels(BULLSEYE_32)
    wheels[0].path.write_bytes(b"")
    assert resolve_wheels(BULLSEYE_32) == wheels
    assert hashlib.sha256(wheels[0].path.read_bytes()).hexdigest() == wheels[0].sha256


def test_no_wheels_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(WheelError, match="give a folder of wheels with --wheelhouse"):
        resolve_wheels(BULLSEYE_32)


def test_each_device_gets_its_own(installed: tuple[Device, dict[str, Any]]) -> None:
    names = installed[1]["armlet"]["sent"]
    version = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    assert any(name.startswith("numpy-") and f"-{version}-" in name for name in names)
    assert all("none-any" in name or "x86_64" in name for name in names)


def test_armlet_makes_the_same_wheel_again() -> None:
    first, second = armlet_wheel(), armlet_wheel()
    assert first == second
    first.path.unlink()
    assert armlet_wheel().sha256 == hashlib.sha256(first.path.read_bytes()).hexdigest()
    assert runtime_name([first]) != runtime_name([first, replace(second, sha256="0" * 64)])


def test_the_wheel_of_armlet_is_whole(tmp_path: Path) -> None:
    wheel = armlet_wheel()
    with zipfile.ZipFile(wheel.path) as archive:
        names = archive.namelist()
        record = archive.read(names[-1]).decode().splitlines()
        for line in record[:-1]:
            name, digest, size = line.rsplit(",", 2)
            data = archive.read(name)
            found = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
            assert (digest, size) == (f"sha256={found.decode()}", str(len(data)))
    assert len(record) == len(names)
    assert "armlet/runtime/tiny.tflite" in names
    assert "armlet/runtime/web/page/index.html" in names
    assert "armlet/device_scripts/locks/64bit.txt" in names
    assert not any(name.startswith(("armlet/export", "armlet/quantize")) for name in names)
    assert not any("__pycache__" in name for name in names)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", tmp_path, wheel.path], check=True)
    said = subprocess.run(
        [sys.executable, tmp_path / "bin/edge-run", "--version"],
        env={"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "0.1.0" in said
