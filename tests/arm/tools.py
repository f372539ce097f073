"""The programs that emulation needs, and the Debian packages that have them."""

import os
import shutil
import subprocess
from pathlib import Path

from armlet.errors import ArmletError

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "cpio": "cpio",
    "depmod": "kmod",
    "gcc": "gcc",
    "mke2fs": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "modprobe": "kmod",
    "qemu-aarch64": "qemu-user",
    "qemu-aarch64-static": "qemu-user-static",
    "qemu-arm": "qemu-user",
    "qemu-system-aarch64": "qemu-system-arm",
    "readelf": "binutils",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "unshare": "util-linux",
    "xz": "xz-utils",
}
_FOR_ROOT = "/usr/sbin:/sbin"
"""Where Debian has kmod, which isn't in the PATH of users."""


class ArmError(ArmletError):
    """ARM can't be emulated here, or something fails on it."""


def require(*programs: str) -> None:
    """See that programs are there.

    Raises:
        ArmError: Some aren't; it names their packages.
    """
    missing = [one for one in programs if _found(one) is None]
    if missing:
        packages = " ".join(dict.fromkeys(PACKAGES[one] for one in missing))
        raise ArmError(
            f"{', '.join(missing)} not found",
            f"run apt-get install --no-install-recommends {packages}",
        )


def call(*command: str | Path, timeout_s: float = 600) -> str:
    """What a program prints.

    Raises:
        ArmError: It isn't there, fails, or takes longer than that.
    """
    program = str(command[0])
    require(program)
    try:
        done = subprocess.run(
            [_found(program) or program, *map(str, command[1:])],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired as error:
        raise ArmError(f"{program} takes longer than {timeout_s:.0f} s", "try again") from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise ArmError(f"{program} failed ({said})", "see that this machine is online")
    return done.stdout


def _found(program: str) -> str | None:
    path = os.environ.get("PATH", os.defpath)
    return shutil.which(program, path=f"{path}:{_FOR_ROOT}" if path else path)


def cache() -> Path:
    """Where roots and plugins are kept: ARMLET_ARM_CACHE, or .arm in the clone."""
    return Path(os.environ.get("ARMLET_ARM_CACHE") or ROOT / ".arm").absolute()
