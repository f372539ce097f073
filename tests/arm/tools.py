"""The programs that emulation needs, and the Debian packages that have them."""

import os
import shutil
from pathlib import Path

from armlet.errors import ArmletError

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "qemu-aarch64": "qemu-user",
    "mmdebstrap": "mmdebstrap",
    "gcc": "gcc",
    "readelf": "binutils",
}


class ArmError(ArmletError):
    """ARM can't be emulated here, or something fails on it."""


def require(*programs: str) -> None:
    """See that programs are there.

    Raises:
        ArmError: Some aren't; it names their packages.
    """
    missing = [one for one in programs if shutil.which(one) is None]
    if missing:
        packages = " ".join(PACKAGES[one] for one in missing)
        raise ArmError(
            f"{', '.join(missing)} not found",
            f"run apt-get install --no-install-recommends {packages}",
        )


def cache() -> Path:
    """Where roots and plugins are kept: ARMLET_ARM_CACHE, or .arm in the clone."""
    return Path(os.environ.get("ARMLET_ARM_CACHE") or ROOT / ".arm").absolute()
