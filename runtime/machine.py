"""What edge-run runs on: Python, operating system, board, processor, memory."""

import os
import platform
import re
import struct
import sys
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from armlet.runtime.kernel_files import read_table, read_text
from armlet.runtime.processor import name_processor
from armlet.runtime.support import Target

# What decides which kernels a runtime picks: on 64-bit ARM, 32-bit ARM, x86.
FEATURES = (
    *("asimd", "asimddp", "fphp", "asimdhp", "i8mm", "bf16", "sve", "sme"),
    *("neon", "vfpv4"),
    *("avx2", "avx_vnni", "avx512f", "avx512_vnni", "amx_int8"),
)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A computer, without anything that names it or its owner; None: it doesn't tell."""

    target: Target
    """What wheels must fit: architecture of the programs, Python, C library."""
    python: str
    """Implementation and version, such as ``CPython 3.11.2``."""
    bits: int
    """Of an address in this Python, 32 or 64."""
    kernel: str
    """The kernel's architecture, which may be 64-bit while all programs are 32-bit."""
    os: str | None
    board: str | None
    cpu: str | None
    """Names of its kinds of core."""
    features: tuple[str, ...]
    """Of ``FEATURES``, those that the processor has."""
    memory_mib: int | None
    """All, in MiB."""
    available_mib: int | None
    """What programs may still take, in MiB."""
    page_bytes: int
    """16,384 on some systems for the Raspberry Pi 5, where others have 4,096."""

    def to_json(self) -> dict[str, Any]:
        """The machine as a JSON object."""
        return {**asdict(self), "target": self.target.to_json()}


def read_machine(root: Path = Path("/")) -> Machine:
    """Look at this machine.

    Args:
        root: What stands for ``/``; what Python knows of itself comes from elsewhere.
    """
    release = read_text(root / "etc/os-release") or read_text(root / "usr/lib/os-release") or ""
    name = re.search(r'^PRETTY_NAME="?(.*?)"?$', release, re.MULTILINE)
    lines = read_table(root / "proc/cpuinfo")
    memory = dict(read_table(root / "proc/meminfo"))
    has = {
        word for key, value in lines if key in ("Features", "flags") for word in value.split()
    }
    return Machine(
        target=read_target(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        bits=_bits(),
        kernel=platform.machine(),
        os=name[1] if name else None,
        board=read_text(root / "proc/device-tree/model"),
        cpu=name_processor(lines),
        features=tuple(one for one in FEATURES if one in has),
        memory_mib=_mib(memory.get("MemTotal")),
        available_mib=_mib(memory.get("MemAvailable")),
        page_bytes=os.sysconf("SC_PAGE_SIZE"),
    )


def read_target() -> Target:
    """What this Python was built for."""
    libc, version = _libc()
    return Target(
        system=sys.platform,
        architecture=userland(platform.machine(), _bits()),
        implementation=platform.python_implementation(),
        python=sys.version_info[:2],
        libc=libc,
        libc_version=version,
    )


def userland(machine: str, bits: int) -> str:
    """The architecture of the programs, as wheels are named after it.

    Args:
        machine: The kernel's, which is 64-bit on many a board with 32-bit programs.
        bits: Of an address in this Python.
    """
    name = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine.lower(), machine.lower())
    if bits == 32:
        return {"aarch64": "armv7l", "armv8l": "armv7l", "x86_64": "i686"}.get(name, name)
    return name


def _bits() -> int:
    return struct.calcsize("P") * 8


def _libc() -> tuple[str | None, tuple[int, ...] | None]:
    """The C library that Python was built for, and its version here."""
    if "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or ""):
        return "musl", None
    try:
        told = os.confstr("CS_GNU_LIBC_VERSION")  # "glibc 2.36"
    except (AttributeError, OSError, ValueError):
        return None, None
    name, _, version = (told or "").partition(" ")
    return name or None, tuple(int(part) for part in re.findall(r"\d+", version)) or None


def _mib(text: str | None) -> int | None:
    """MiB of a line such as ``3884320 kB``."""
    number, _, unit = (text or "").partition(" ")
    return int(number) // 1024 if unit == "kB" and number.isdigit() else None
