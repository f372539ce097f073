"""A folder with all that a device needs, to be carried there on a card or a stick."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType

from armlet.device_scripts.armlet_wheel import armlet_wheel
from armlet.device_scripts.device import Target
from armlet.device_scripts.wheels import resolve_wheels
from armlet.storage import staged_folder

SYSTEMS: Mapping[str, Target] = MappingProxyType(
    {
        "bookworm": Target(lock="64bit", architecture="aarch64", python=(3, 11), glibc=36),
        "trixie": Target(lock="64bit", architecture="aarch64", python=(3, 13), glibc=41),
        "bookworm-32": Target(lock="32bit", architecture="armv7l", python=(3, 11), glibc=36),
    }
)
"""What wheels must fit, by release of Debian; Raspberry Pi OS calls its own the same."""
WHEELS = "wheels"
_MARKER = "setup.sh"


@dataclass(frozen=True, kw_only=True)
class Kit:
    """What was put together."""

    folder: Path
    wheels: int
    """How many."""
    bytes: int
    """Of all files."""


def write_kit(system: str, target: Path, wheelhouse: Path | None = None) -> Kit:
    """Put the scripts and all wheels for a system into a folder.

    Args:
        system: One of ``SYSTEMS``.
        target: The folder; an earlier kit is replaced.
        wheelhouse: Folder of wheels to take them from; None: the package index.

    Raises:
        WheelError: The wheels can't be had.
        OutputError: The folder holds something else, or can't be written to.
    """
    wheels = [*resolve_wheels(SYSTEMS[system], wheelhouse), armlet_wheel()]
    with (
        staged_folder(target, _MARKER) as stage,
        as_file(files("armlet.device_scripts")) as scripts,
    ):
        for script in sorted(scripts.glob("*.sh")):
            shutil.copy(script, stage)
        for folder in ("locks", "fleet"):
            shutil.copytree(scripts / folder, stage / folder)
        (stage / WHEELS).mkdir()
        for wheel in wheels:
            shutil.copyfile(wheel.path, stage / WHEELS / wheel.name)
        total = sum(path.stat().st_size for path in stage.rglob("*") if path.is_file())
    return Kit(folder=target, wheels=len(wheels), bytes=total)
