"""A device for the tests: this machine, by way of its own OpenSSH server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.device_scripts.server import Server, serving

EDGE_EXPORT = Path(sys.executable).parent / "edge-export"


@dataclass(frozen=True)
class Device:
    """Armlet's folder on the device, and how to deploy to it."""

    server: Server
    home: Path
    cache: Path
    output: Path

    def command(self, *arguments: object) -> list[str]:
        options = ["--ssh-config", self.server.ssh_config, "--home", self.home]
        words = [EDGE_EXPORT, "deploy", *options, "-o", self.output, *arguments]
        return [str(word) for word in words]

    def environment(self, **variables: object) -> dict[str, str]:
        ours = {"ARMLET_CACHE": self.cache, **variables}
        return {**os.environ, **{name: str(value) for name, value in ours.items()}}

    def run(
        self, *arguments: object, code: int = 0, **variables: object
    ) -> "subprocess.CompletedProcess[str]":
        """Deploy in a process of its own, which must end with this exit code."""
        done = subprocess.run(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            env=self.environment(**variables),
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def told(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        """What it prints as JSON."""
        record: dict[str, Any] = json.loads(self.run(*arguments, "--json", code=code).stdout)
        return record

    def refused(self, *arguments: object, **variables: object) -> str:
        """The one line that it prints when it fails."""
        done = self.run(*arguments, code=1, **variables)
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        return lines[0]

    @property
    def active(self) -> str | None:
        link = self.home / "bundle"
        return os.path.basename(os.readlink(link)) if link.is_symlink() else None

    @property
    def previous(self) -> str | None:
        link = self.home / "previous"
        return os.path.basename(os.readlink(link)) if link.is_symlink() else None

    def edge_run(self, *arguments: object) -> str:
        """What the device's edge-run prints."""
        return subprocess.run(
            [self.home / "bin/edge-run", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    # Not the environment of the tests, which has all that a device must be brought.
    bare = Path(sys.executable).resolve().parent
    assert (bare / "python3").exists()
    path = os.pathsep.join([str(bare), os.defpath])
    with serving(folder, path) as running:
        yield running


@pytest.fixture(scope="session")
def installed(
    server: Server, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Device, dict[str, Any]]:
    """A device to which one bundle was deployed, and what was told of that."""
    folder = tmp_path_factory.mktemp("device")
    device = Device(server, folder / "armlet", folder / "cache", folder / "deployed")
    return device, device.told(bundle, "device")


@pytest.fixture
def device(installed: tuple[Device, dict[str, Any]], tmp_path: Path) -> Device:
    """A device of the test's own, with armlet and the bundle."""
    first, _ = installed
    home = tmp_path / "armlet"
    home.mkdir()
    big = {"wheels", "runtimes"}
    own = {one.name for one in first.home.iterdir()} - big
    for flags, names in (("-al", big), ("-a", own)):
        sources = [first.home / name for name in sorted(names)]
        subprocess.run(["cp", flags, *sources, home], check=True)
    return Device(first.server, home, first.cache, tmp_path / "deployed")


@pytest.fixture
def bare(device: Device) -> Device:
    """The same without a bundle."""
    (device.home / "bundle").unlink()
    for name in ("files", "releases"):
        shutil.rmtree(device.home / name)
    return device
