"""A 32-bit Debian in a folder, with what a 32-bit device installs; see root.py.

There, numpy, OpenCV and click are Debian's, and all that runs models is tflite-runtime.
"""

import sys
from pathlib import Path

from armlet.command import progress
from tests.arm.cached import made
from tests.arm.root import Root
from tests.arm.tools import ROOT, call, require

PROCESSOR = "cortex-a15"
LOCK = ROOT / "device_scripts/locks/32bit.txt"
PACKAGES = ("libstdc++6", "python3", "python3-click", "python3-numpy", "python3-opencv")
RECIPE = 1
"""Goes up when this module makes something else of the same packages."""
_CPUINFO = """processor\t: 0
model name\t: ARMv7 Processor rev 4 (v7l)
Features\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae
CPU implementer\t: 0x41
CPU architecture: 7
CPU variant\t: 0x2
CPU part\t: 0xc0f
CPU revision\t: 4
"""
# QEMU doesn't redirect every call of a 32-bit program, so Python must look for its modules
# where they are on this machine.
_LAUNCHER = f"""#!/bin/sh
place=${{0%/*}}
export PYTHONHOME="$place/usr"
exec qemu-arm -0 "$0" -L "$place" -cpu {PROCESSOR} "$place/usr/bin/python3" "$@"
"""


def make() -> Root:
    """The root for the present lock, made if it isn't there; ``emulator`` runs it.

    Raises:
        ArmError: Something that it takes is missing, or fails.
    """
    require("qemu-arm")
    return Root(made("armhf", [str(RECIPE), *PACKAGES, LOCK.read_text("utf-8")], _fill))


def _fill(stage: Path) -> None:
    progress("unpacking Debian for 32-bit ARM")
    call(
        *("mmdebstrap", "--quiet", "--architectures=armhf", "--variant=extract"),
        # Emulated for a moment, it needs no mending; one index less that may be out of step.
        """--setup-hook=sed -i /security/d "$1/etc/apt/sources.list" """,
        *(f"--include={','.join(PACKAGES)}", "bookworm", stage / "system"),
    )
    progress("installing wheels for 32-bit ARM")
    call(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-compile", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("--implementation=cp", "--python-version=3.11", "--platform=manylinux_2_34_armv7l"),
        *(f"--requirement={LOCK}", f"--target={stage / 'site'}"),
    )
    # Debian would make these links when it is installed.
    libraries = stage / "system/usr/lib/arm-linux-gnueabihf"
    for name in ("blas", "lapack"):
        (libraries / f"lib{name}.so.3").symlink_to(f"{name}/lib{name}.so.3")
    seen = stage / PROCESSOR
    (seen / "proc").mkdir(parents=True)
    (seen / "proc/cpuinfo").write_text(_CPUINFO, encoding="ascii")
    for shared in ("etc", "lib", "usr"):
        (seen / shared).symlink_to(Path("..") / "system" / shared)
    (seen / "python").write_text(_LAUNCHER, encoding="ascii")
    (seen / "python").chmod(0o755)
