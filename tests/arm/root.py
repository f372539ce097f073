"""An arm64 Debian in a folder, with what a device installs; nothing of it is run to make it.

    root-KEY/recipe.txt         what it was made of
    root-KEY/system/            Debian's files
    root-KEY/site/              the wheels of device_scripts/locks, as a device has them
    root-KEY/cortex-a72/        Debian's files by links, with that processor's proc/cpuinfo, and
                     /python    which runs Python on that processor; and so on
    peers-KEY/                  other runtimes' wheels, for those who want them

Wheels are resolved by the workstation's pip, for the same release of Python that Debian has.
"""

import compileall
import os
import py_compile
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import distributions
from pathlib import Path

from armlet.command import progress
from tests.arm.cached import made
from tests.arm.processors import PROCESSORS
from tests.arm.tools import ROOT, ArmError, call

SUITE, PYTHON, GLIBC = "bookworm", (3, 11), 36
_VERSION = ".".join(map(str, PYTHON))
PACKAGES = ("python3", "libstdc++6", "ca-certificates")
LOCK = ROOT / "device_scripts/locks/64bit.txt"
PEERS = ("MNN", "ncnn")
"""Other runtimes, without what their wheels ask for: numpy is there, the rest is for downloads
of theirs."""
RUNTIMES = ("ai-edge-litert", "onnxruntime")
SHARED = ("etc", "lib", "usr")
"""Of Debian's folders, what a program finds there instead of the workstation's own."""
LAUNCHER = "python"
# Python finds itself by -0, so what it starts as sys.executable is emulated too.
_LAUNCHER = """#!/bin/sh
place=${{0%/*}}
exec qemu-aarch64 -0 "$0" -L "$place" -cpu {processor} "$place/usr/bin/python3" "$@"
"""
RECIPE = 2
"""Goes up when this module makes something else of the same pins."""


@dataclass(frozen=True)
class Root:
    """An arm64 Debian, unpacked."""

    folder: Path
    peers: Path | None = None
    """Where other runtimes are, if they were asked for."""

    def python(self, processor: str) -> Path:
        """What runs Python on a processor; the processes that it starts run there, too."""
        return self.folder / processor / LAUNCHER

    @property
    def site(self) -> Sequence[Path]:
        """Where its Python packages are."""
        own = self.folder / "site"
        return [own, self.peers] if self.peers else [own]

    def versions(self) -> Mapping[str, str]:
        """Of the runtimes."""
        installed = {
            one.name.lower(): one.version
            for one in distributions(path=[str(folder) for folder in self.site])
        }
        names = (*RUNTIMES, *PEERS) if self.peers else RUNTIMES
        return {name: installed[name.lower()] for name in sorted(names, key=str.lower)}


def make() -> Root:
    """The root for the present lock, made if it isn't there.

    Raises:
        ArmError: Something that it takes is missing, or fails.
    """
    wheels = [str(RECIPE), SUITE, *PACKAGES, LOCK.read_text(encoding="utf-8")]
    return Root(made("root", wheels, _fill))


def make_with_peers() -> Root:
    """The same, with the other runtimes beside."""
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return replace(
        make(), peers=made("peers", [str(RECIPE), SUITE, *PEERS, constraints], _fill_peers)
    )


def _fill(stage: Path) -> None:
    system, site = stage / "system", stage / "site"
    progress("installing wheels for aarch64")
    with ThreadPoolExecutor() as pool:  # one waits for the network while the other unpacks
        debian = pool.submit(_unpack_debian, system)
        _install(site, "--require-hashes", f"--requirement={LOCK}")
        debian.result()
    _compile(system / "usr/lib/python3", system / f"usr/lib/python{_VERSION}", site)
    for name, processor in PROCESSORS.items():
        seen = stage / name
        (seen / "proc").mkdir(parents=True)
        (seen / "proc/cpuinfo").write_text(processor.cpuinfo, encoding="ascii")
        for shared in SHARED:
            (seen / shared).symlink_to(Path("..") / system.name / shared)
        (seen / LAUNCHER).write_text(_LAUNCHER.format(processor=name), encoding="ascii")
        (seen / LAUNCHER).chmod(0o755)


def _fill_peers(stage: Path) -> None:
    progress("installing other runtimes' wheels for aarch64")
    _install(stage, f"--constraint={ROOT / 'constraints.txt'}", *PEERS)
    _compile(stage)


def _unpack_debian(target: Path) -> None:
    call(
        *("mmdebstrap", "--quiet", "--architectures=arm64", "--variant=extract"),
        *(f"--include={','.join(PACKAGES)}", SUITE, target),
    )


def _install(target: Path, *wanted: str) -> None:
    """Install wheels for the root's Python, which need not be the workstation's."""
    if sys.version_info[:2] != PYTHON:
        raise ArmError(
            f"Debian {SUITE} has Python {_VERSION}, and this is another",
            "run it with that one",
        )
    tags = ["manylinux2014", *(f"manylinux_2_{minor}" for minor in range(17, GLIBC + 1))]
    call(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-compile", "--no-deps", "--only-binary=:all:", "--implementation=cp"),
        *(f"--python-version={_VERSION}", *(f"--platform={tag}_aarch64" for tag in tags)),
        *(f"--target={target}", *wanted),
    )


def _compile(*folders: Path) -> None:
    """Compile Python's files: emulated, that would take longer at every start."""
    for folder in folders:
        compileall.compile_dir(
            folder,
            quiet=2,
            workers=os.cpu_count() or 1,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
