"""Devices that can't be reached, or can't take armlet: one line each, and no hang."""

import os
import subprocess
from pathlib import Path

from tests.device_scripts.conftest import Device
from tests.device_scripts.server import serving


def configured(device: Device, name: str, **changes: object) -> list[object]:
    return ["--ssh-config", device.server.configure(name, **changes)]


def test_nobody_listens(device: Device, bundle: Path) -> None:
    said = device.refused(bundle, "device", *configured(device, "refused", Port=1))
    assert "takes no SSH connections; enable SSH" in said


def test_no_such_host(device: Device, bundle: Path) -> None:
    said = device.refused(bundle, "pi@nowhere.invalid")
    assert "pi@nowhere.invalid is no known name" in said


def test_wrong_key(device: Device, bundle: Path, tmp_path: Path) -> None:
    key = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    said = device.refused(bundle, "device", *configured(device, "wrong", IdentityFile=key))
    assert "doesn't let us in" in said and "ssh-copy-id device" in said


def test_unknown_host_key(device: Device, bundle: Path, tmp_path: Path) -> None:
    options = configured(device, "unknown", UserKnownHostsFile=tmp_path / "none")
    said = device.refused(bundle, "device", *options)
    assert "device is not known yet; run ssh -F" in said


def test_another_host_key(device: Device, bundle: Path, tmp_path: Path) -> None:
    known = tmp_path / "known"
    ours = (device.server.folder / "key.pub").read_text()
    known.write_text(f"[127.0.0.1]:{device.server.port} {ours}")
    options = configured(device, "changed", UserKnownHostsFile=known)
    said = device.refused(bundle, "device", *options)
    assert "another host key than before" in said and "ssh-keygen -R" in said


def test_no_python(device: Device, bundle: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "sh").symlink_to("/bin/sh")
    folder = tmp_path / "server"
    folder.mkdir()
    with serving(folder, str(programs)) as server:
        said = device.refused(bundle, "device", "--ssh-config", server.ssh_config)
    assert "device has no python3" in said and "sudo apt install python3" in said


def test_a_place_that_cannot_be_written_to(device: Device, bundle: Path) -> None:
    said = device.refused(bundle, "device", "--home", "/proc/armlet")
    assert "/proc/armlet" in said


def test_ssh_urls_are_hosts(device: Device, bundle: Path) -> None:
    port, key = device.server.port, device.server.folder / "key"
    config = device.server.folder / "for_urls"
    config.write_text(
        f"IdentityFile {key}\nUserKnownHostsFile {device.server.folder / 'known_hosts'}\n"
    )
    user = os.environ.get("USER") or subprocess.check_output(["id", "-un"], text=True).strip()
    url = f"ssh://{user}@127.0.0.1:{port}"
    done = device.run(bundle, url, "--ssh-config", config, "--dry-run")
    assert "nothing was changed there" in done.stdout


def test_no_ssh_here(device: Device, bundle: Path, tmp_path: Path) -> None:
    assert "there is no ssh here" in device.refused(bundle, "device", PATH=tmp_path)


def test_what_is_missing_is_named(device: Device, bundle: Path) -> None:
    assert "deploy needs BUNDLE and HOST; see" in device.refused("device")
    assert "deploy needs HOST alone" in device.refused(bundle, "device", "--rollback")
