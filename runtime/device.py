"""What a tuning holds for: the processor, its cores and the installed runtimes.

Looked at whenever a tuned model is opened, so by the cheapest means.
"""

import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from armlet.bundle import sha256
from armlet.runtime.backends import BACKENDS
from armlet.runtime.kernel_files import read_table
from armlet.runtime.options import available_cores
from armlet.runtime.processor import identify_processor


@dataclass(frozen=True, kw_only=True)
class Device:
    """A device, without anything that names it or its owner."""

    cpu: str | None
    """Names of its kinds of core; None: it doesn't tell."""
    cores: int
    """How many this process may use; fewer make the best number of threads another one."""
    runtimes: Mapping[str, str]
    """Versions of the installed runtimes, by backend."""
    features: str | None = None
    """Digest of what its cores can do, in the kernel's words; None: it doesn't tell. A tuning
    holds without it, but a prepared file may be for instructions that another core of this
    name lacks, in a virtual machine say."""

    def to_json(self) -> dict[str, Any]:
        """The device as a JSON object."""
        return asdict(self)


def read_device(root: Path = Path("/")) -> Device:
    """Look at this device.

    Args:
        root: What stands for ``/``; cores and runtimes come from elsewhere.
    """
    lines = read_table(root / "proc/cpuinfo")
    return Device(
        cpu=identify_processor(lines),
        cores=available_cores(),
        runtimes=runtime_versions(),
        features=_features(lines),
    )


def runtime_versions() -> Mapping[str, str]:
    """Versions of the installed runtimes, by backend, without importing any of them."""
    found = {}
    for name, entry in BACKENDS.items():
        spec = importlib.util.find_spec(entry.package)
        if spec and spec.submodule_search_locations:
            found[name] = package_version(Path(spec.submodule_search_locations[0]))
    return found


def _features(lines: Sequence[tuple[str, str]]) -> str | None:
    told = {value for key, value in lines if key in ("flags", "Features")}
    return sha256("\n".join(sorted(told)).encode())[:16] if told else None


def package_version(package: Path) -> str:
    """What pip's folder beside a package says of its version.

    ``importlib.metadata`` would say the same and takes 10 ms to import.

    Args:
        package: Its folder, such as ``site-packages/onnxruntime``.

    Returns:
        Such as ``1.28.0``, or ``gpu-1.28.0`` for a package of which there are variants. Where
        somebody installed it otherwise, when it was: anything that changes with the version.
    """
    name = package.name
    versions = sorted(
        entry.removesuffix(".dist-info").removesuffix(".egg-info")[len(name) + 1 :]
        for entry in os.listdir(package.parent)
        if entry.startswith((f"{name}-", f"{name}_")) and entry.endswith("-info")
    )
    return ", ".join(versions) or f"installed at {package.stat().st_mtime_ns}"
