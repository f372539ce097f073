"""A folder with all that a device needs, to be carried there on a card or a stick."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType

from armlet.device_scripts.armlet_wheel import armlet_wheel
from armlet.device_scripts.device import Target
from armlet.device_scripts.release import read_release
from armlet.device_scripts.wheels import resolve_wheels
from armlet.storage import check_target, staged_folder

SYSTEMS: Mapping[str, Target] = MappingProxyType(
    {
        "bookworm": Target(lock="64bit", architecture="aarch64", python=(3, 11), glibc=36),
        "trixie": Target(lock="64bit", architecture="aarch64", python=(3, 13), glibc=41),
        "bookworm-32": Target(lock="32bit", architecture="armv7l", python=(3, 11), glibc=36),
    }
)
"""What wheels must fit, by release of Debian; Raspberry Pi OS calls its own the same."""
WHEELS, BUNDLE = "wheels", "bundle"
MARKER = "kit.txt"
"""What the kit is for: setup.sh reads it. Only kits have it."""


@dataclass(frozen=True, kw_only=True)
class Kit:
    """What was put together."""

    folder: Path
    wheels: int
    """How many."""
    bytes: int
    """Of all files."""


def write_kit(
    system: str, target: Path, bundle: Path | None = None, wheelhouse: Path | None = None
) -> Kit:
    """Put the scripts and all wheels for a system into a folder.

    Args:
        system: One of ``SYSTEMS``.
        target: The folder; an earlier kit is replaced.
        bundle: What setup.sh shall make active.
        wheelhouse: Folder of wheels to take them from; None: the package index.

    Raises:
        BundleError: The bundle is damaged.
        WheelError: The wheels can't be had.
        OutputError: The folder holds something else, or can't be written to.
    """
    check_target(target, MARKER)
    bundle_files = read_release(bundle).files if bundle else []
    wheels = [*resolve_wheels(SYSTEMS[system], wheelhouse), armlet_wheel()]
    fits = SYSTEMS[system]
    with (
        staged_folder(target, MARKER) as stage,
        as_file(files("armlet.device_scripts")) as scripts,
    ):
        for script in sorted(scripts.glob("*.sh")):
            shutil.copy(script, stage)
        for folder in ("locks", "fleet"):
            shutil.copytree(scripts / folder, stage / folder)
        about = {
            "system": system,
            "architecture": fits.architecture,
            "python": f"{fits.python[0]}.{fits.python[1]}",
        }
        lines = [f"{name} {value}\n" for name, value in about.items()]
        (stage / MARKER).write_text("".join(lines), "ascii")
        for file in bundle_files:
            place = stage / BUNDLE / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.path, place)
        (stage / WHEELS).mkdir()
        for wheel in wheels:
            shutil.copyfile(wheel.path, stage / WHEELS / wheel.name)
        total = sum(path.stat().st_size for path in stage.rglob("*") if path.is_file())
    return Kit(folder=target, wheels=len(wheels), bytes=total)
