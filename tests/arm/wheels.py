"""The installed wheels of a root: what they are built for, how their libraries are laid out."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.arm.tools import require

_ELF = b"\x7fELF"


def tags(site: Path) -> Mapping[str, str]:
    """By package, what its wheel says it is for, as in ``2.4.6 cp311-cp311-manylinux_...``."""
    found = {}
    for file in sorted(site.glob("*.dist-info/WHEEL")):
        name, _, version = file.parent.name.removesuffix(".dist-info").partition("-")
        told = re.findall(r"^Tag: (\S+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        found[name] = f"{version} {', '.join(told)}"
    return found


def programs(site: Path) -> Iterator[Path]:
    """Every file with machine code, whatever its name."""
    for path in sorted(site.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(len(_ELF)) == _ELF:
                    yield path


def alignments(path: Path) -> list[int]:
    """Of each part that is mapped into memory, in bytes.

    Raises:
        ArmError: readelf is missing.
    """
    require("readelf")
    shown = subprocess.run(
        ["readelf", "--program-headers", "--wide", path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = [line.split() for line in shown.splitlines()]
    return [int(words[-1], 16) for words in lines if words[:1] == ["LOAD"]]
