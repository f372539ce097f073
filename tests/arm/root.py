"""An arm64 Debian in a folder, with what a device installs; nothing of it is run to make it.

    root-KEY/pins.txt       what is installed, with versions where they are pinned
    root-KEY/system/        Debian's files; the wheels are in opt/device and opt/peers
    root-KEY/cortex-a72/    the same by links, with that processor's proc/cpuinfo; and so on

Wheels are resolved by the workstation's pip, for the same release of Python that Debian has.
"""

import compileall
import configparser
import hashlib
import os
import py_compile
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from armlet.command import progress
from armlet.storage import staged_folder, write_file
from tests.arm.processors import PROCESSORS
from tests.arm.tools import ROOT, ArmError, cache, require

SUITE, PYTHON, GLIBC = "bookworm", (3, 11), 36
PACKAGES = ("python3", "libstdc++6", "ca-certificates")
EXTRAS = ("litert", "onnx")
PEERS = ("MNN", "ncnn")
"""Other runtimes, without what their wheels ask for: numpy is there, the rest is for downloads
of theirs."""
RUNTIMES = (*PEERS, "ai-edge-litert", "onnxruntime")
SHARED = ("etc", "lib", "usr")
"""Of Debian's folders, what a program finds there instead of the workstation's own."""
MARKER = "pins.txt"
RECIPE = 1
"""Goes up when this module makes something else of the same pins."""


@dataclass(frozen=True)
class Root:
    """An arm64 Debian, unpacked."""

    folder: Path

    def seen_by(self, processor: str) -> Path:
        """The folder that a program on this processor shall take for /."""
        return self.folder / processor

    @property
    def site(self) -> Sequence[Path]:
        """Where its Python packages are."""
        return [self.folder / "system/opt" / name for name in ("device", "peers")]

    def versions(self) -> Mapping[str, str]:
        """Of the runtimes."""
        installed = {
            one.name.lower(): one.version
            for one in distributions(path=[str(folder) for folder in self.site])
        }
        return {name: installed[name.lower()] for name in sorted(RUNTIMES, key=str.lower)}


def requirements() -> Sequence[str]:
    """What armlet with its runtimes asks for, as setup.cfg has it."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lists = [config["options"]["install_requires"]]
    lists += [config["options.extras_require"][extra] for extra in EXTRAS]
    lines = (line.strip() for text in lists for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def make() -> Root:
    """The root for the present pins, made if it isn't there.

    Raises:
        ArmError: Something that it takes is missing, or fails.
    """
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    recipe = [str(RECIPE), SUITE, *PACKAGES, *requirements(), *PEERS, constraints]
    pins = "\n".join(recipe)
    key = hashlib.sha256(pins.encode()).hexdigest()[:12]
    target = cache() / f"root-{key}"
    if not target.exists():
        require("mmdebstrap")
        if sys.version_info[:2] != PYTHON:
            raise ArmError(
                f"Debian {SUITE} has Python {PYTHON[0]}.{PYTHON[1]}, and this is another",
                "run it with that one",
            )
        with staged_folder(target, MARKER) as stage:
            _fill(stage)
            write_file(stage / MARKER, pins.encode())
    return Root(target)


def _fill(stage: Path) -> None:
    system = stage / "system"
    progress(f"unpacking Debian {SUITE} for arm64")
    _call(
        ["mmdebstrap", "--quiet", "--architectures=arm64", "--variant=extract"]
        + [f"--include={','.join(PACKAGES)}", SUITE, str(system)]
    )
    progress("installing wheels for aarch64")
    _install(requirements(), system / "opt/device")
    _install(["--no-deps", *PEERS], system / "opt/peers")
    progress("compiling Python")  # emulated, it would take longer at every start
    for folder in ("usr/lib/python3", f"usr/lib/python{PYTHON[0]}.{PYTHON[1]}", "opt"):
        compileall.compile_dir(
            system / folder,
            quiet=2,
            workers=os.cpu_count() or 1,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    for name, processor in PROCESSORS.items():
        seen = stage / name
        (seen / "proc").mkdir(parents=True)
        (seen / "proc/cpuinfo").write_text(processor.cpuinfo, encoding="ascii")
        for shared in SHARED:
            (seen / shared).symlink_to(Path("..") / system.name / shared)


def _install(requirements: Sequence[str], target: Path) -> None:
    tags = ["manylinux2014", *(f"manylinux_2_{minor}" for minor in range(17, GLIBC + 1))]
    version = f"{PYTHON[0]}.{PYTHON[1]}"
    _call(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        + ["--no-compile", "--only-binary=:all:", "--implementation=cp"]
        + [f"--python-version={version}", *(f"--platform={tag}_aarch64" for tag in tags)]
        + [f"--constraint={ROOT / 'constraints.txt'}", f"--target={target}", *requirements]
    )


def _call(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise ArmError(f"{command[0]} failed ({said})", "see that this machine is online")
