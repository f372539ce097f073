"""A Debian with systemd, configured as on a board, for an emulated machine.

    system-KEY/recipe.txt   what it is made of
    system-KEY/root.ext4    Debian's file system; user pi may sudo
    system-KEY/vmlinuz, initrd

Unlike ``disk``, its packages are configured, which runs their programs: that takes minutes, but
once. There is no armlet in it.
"""

import os
import shutil
from pathlib import Path

from armlet.command import progress
from armlet.storage import write_file
from tests.arm import initrd
from tests.arm.cached import made
from tests.arm.disk import Disk
from tests.arm.tools import ArmError, call, require

PACKAGES = (
    "busybox-static",
    "ca-certificates",
    "dbus",
    "iproute2",
    "kmod",
    "libstdc++6",
    "linux-image-arm64",
    "openssh-server",
    "python3",
    "python3-venv",
    "sudo",
    "systemd",
    "systemd-sysv",
    "udev",
    "v4l-utils",
)
SIZE = "3G"
"""Of the file system; what isn't used takes no space here."""
RECIPE = 1
"""Goes up when this module makes something else of the same packages."""

_FILES = {
    "etc/hosts": "127.0.0.1 localhost arm\n",
    "etc/hostname": "arm\n",
    "etc/resolv.conf": "nameserver 10.0.2.3\n",
    "etc/sudoers.d/pi": "pi ALL=(ALL) NOPASSWD: ALL\n",
    # Where QEMU expects its guest.
    "etc/systemd/network/qemu.network": (
        "[Match]\nName=en* eth*\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n"
    ),
}
_ADDED = {
    "etc/passwd": "pi:x:1000:1000:pi:/home/pi:/bin/bash\n",
    "etc/group": "pi:x:1000:\n",
    "etc/shadow": "pi:*:19000:0:99999:7:::\n",
}


def make(suite: str = "bookworm") -> Disk:
    """The disk, made if it isn't there.

    Raises:
        ArmError: Something that it takes is missing, or fails.
    """
    recipe = [str(RECIPE), suite, SIZE, *PACKAGES, *_FILES.values(), *_ADDED.values()]
    folder = made("system", recipe, lambda stage: _fill(stage, suite))
    return Disk(
        kernel=folder / "vmlinuz",
        initrd=folder / "initrd",
        root=folder / "root.ext4",
        init="/sbin/init",
    )


def _fill(stage: Path, suite: str) -> None:
    require("mmdebstrap", "mke2fs", "qemu-aarch64-static", "unshare")
    if os.geteuid() != 0:
        raise ArmError("configuring a Debian for arm64 takes root", "run it as root")
    root = stage / "root"
    progress(f"installing Debian {suite} with systemd for arm64, which takes minutes")
    call(
        *("unshare", "--mount", "sh", initrd.BOOT / "foreign.sh"),
        # Its own initrd would take long, and hold modules for boards.
        *("env", "INITRD=No", "LC_ALL=C"),
        *("mmdebstrap", "--quiet", "--mode=root", "--skip=check/qemu", "--variant=apt"),
        *("--architectures=arm64", f"--include={','.join(PACKAGES)}", suite, root),
        timeout_s=1800,
    )
    for name, text in _FILES.items():
        (root / name).write_text(text, "ascii")
    for name, text in _ADDED.items():
        with (root / name).open("a", encoding="ascii") as file:
            file.write(text)
    wanted = root / "etc/systemd/system/multi-user.target.wants"
    (wanted / "systemd-networkd.service").symlink_to(
        "/lib/systemd/system/systemd-networkd.service"
    )
    write_file(stage / "initrd", initrd.base(root))
    shutil.copy(next((root / "boot").glob("vmlinuz-*")), stage / "vmlinuz")
    call("mke2fs", "-q", "-t", "ext4", "-d", root, stage / "root.ext4", SIZE)
    shutil.rmtree(root)
