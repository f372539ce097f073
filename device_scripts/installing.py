"""Which armlet a device shall run, and whether it does already."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import armlet
from armlet.command import progress
from armlet.device_scripts.armlet_wheel import armlet_wheel
from armlet.device_scripts.connection import Connection
from armlet.device_scripts.device import Device
from armlet.device_scripts.files import SentFile
from armlet.device_scripts.wheels import resolve_wheels, runtime_name

VENV = "venv"
"""What the name of a runtime that setup.sh makes begins with."""
# What is in its own folder comes before all else that this Python may find, and nothing that a
# user has set or installed comes in between; nor in what edge-run starts itself.
_COMMAND = """\
#!{interpreter} -I
import os, sys
site = os.path.join(os.path.dirname(os.path.realpath(__file__)), "site")
sys.path.insert(0, site)
os.environ.update(PYTHONPATH=site, PYTHONNOUSERSITE="1")
from armlet.runtime.entry import run
run()
"""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """An armlet for a device, with what it needs."""

    name: str
    """Of its folder there."""
    digests: Sequence[str] = ()
    """SHA-256 of all its wheels; none where setup.sh made it."""
    wheels: Sequence[SentFile] = ()
    """Those that aren't unpacked there."""
    to_install: bool = False

    @property
    def unpacked_bytes(self) -> int:
        """What the wheels to unpack take."""
        total = 0
        for wheel in self.wheels:
            with zipfile.ZipFile(wheel.path) as archive:
                total += sum(entry.file_size for entry in archive.infolist())
        return total


def choose_runtime(connection: Connection, device: Device, wheelhouse: Path | None) -> Runtime:
    """Find out what the device shall run.

    Args:
        connection: To it.
        device: What it is.
        wheelhouse: Folder of wheels; None: the package index.

    Raises:
        WheelError: What it needs can't be had.
        ConnectionFailed, DeviceError: As for ``Connection.ask``.
    """
    wanted = f"version {armlet.__version__}"
    there = device.runtime or ""
    by_setup = there.startswith(VENV) and device.version == f"{armlet.__version__} {there}"
    if by_setup and wanted in connection.ask("state", runtime=there)["version"]:
        return Runtime(name=there)
    progress(f"resolving wheels for {device.target}")
    wheels = [*resolve_wheels(device.target, wheelhouse), armlet_wheel()]
    name = runtime_name(wheels)
    state = connection.ask("state", runtime=name)
    if wanted in state["version"]:
        return Runtime(name=name, digests=[one.sha256 for one in wheels])
    # Where a runtime is there and doesn't run, what it was made of isn't trusted either.
    unpacked = () if state["there"] else state["wheels"]
    return Runtime(
        name=name,
        digests=[one.sha256 for one in wheels],
        wheels=[one for one in wheels if one.sha256 not in unpacked],
        to_install=True,
    )


def command_of(device: Device) -> str:
    """The text of ``runtime/edge-run`` for a device."""
    return _COMMAND.format(interpreter=device.interpreter)
