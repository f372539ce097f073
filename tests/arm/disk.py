"""What an emulated machine boots: a Debian with its kernel, unpacked into a folder.

    disk-KEY/recipe.txt     what it is made of
    disk-KEY/root/          Debian's files; nothing of them was run to make it
    disk-KEY/initrd         kernel modules to mount that with

There is no armlet in it and none of the wheels: how these come onto a device is what is tested.
"""

import compileall
import os
import py_compile
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from armlet.command import progress
from armlet.storage import write_file
from tests.arm import initrd
from tests.arm.cached import made
from tests.arm.tools import call

PACKAGES = (
    "busybox-static",
    "ca-certificates",
    "kmod",
    "libstdc++6",
    "linux-image-arm64",
    "openssh-server",
    "python3",
    "v4l-utils",
)
"""Besides those that Debian calls essential."""
RECIPE = 1
"""Goes up when this module or initrd.py makes something else of the same packages."""

_ACCOUNTS = {
    "etc/passwd": (
        "root:x:0:0:root:/root:/bin/bash\n"
        "sshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n"
        "pi:x:1000:1000:pi:/home/pi:/bin/bash\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    ),
    "etc/group": (
        "root:x:0:\nadm:x:4:\ntty:x:5:\nvideo:x:44:pi\nusers:x:100:\npi:x:1000:\n"
        "nogroup:x:65534:\n"
    ),
    "etc/shadow": "root:*:1::::::\nsshd:*:1::::::\npi:*:1::::::\n",
    "etc/hosts": "127.0.0.1 localhost\n",
    "etc/ssh/sshd_config": (
        "UsePAM no\nUseDNS no\nHostKey /etc/ssh/ssh_host_ed25519_key\n"
        "Subsystem sftp internal-sftp\n"
    ),
}
"""What Debian's packages would write when they are configured."""


@dataclass(frozen=True, kw_only=True)
class Disk:
    """What a machine boots."""

    kernel: Path
    initrd: Path
    """Of ``initrd.base``."""
    root: Path
    """A folder that the machine sees with what it writes in memory, or an ext4 image, of which
    it writes to a copy that goes away with it."""
    init: str = "/start"
    """The first program there: boot/start.sh, or another if that is installed."""


def make(suite: str = "bookworm", packages: Sequence[str] = PACKAGES) -> Disk:
    """A Debian of these packages, made if it isn't there.

    Raises:
        ArmError: Something that it takes is missing, or fails.
    """
    recipe = [str(RECIPE), suite, *packages, *_ACCOUNTS.values()]
    folder = made("disk", recipe, lambda stage: _fill(stage, suite, packages))
    return Disk(
        kernel=next((folder / "root/boot").glob("vmlinuz-*")),
        initrd=folder / "initrd",
        root=folder / "root",
    )


def _fill(stage: Path, suite: str, packages: Sequence[str]) -> None:
    root = stage / "root"
    progress(f"unpacking Debian {suite} for arm64")
    call(
        *("mmdebstrap", "--quiet", "--architectures=arm64", "--variant=extract"),
        *("--include=?essential", f"--include={','.join(packages)}", suite, root),
    )
    for name, text in _ACCOUNTS.items():
        (root / name).write_text(text, "ascii")
    compile_python(root)
    write_file(stage / "initrd", initrd.base(root))


def compile_python(root: Path) -> None:
    """Compile Debian's Python modules, which takes an emulated machine long.

    Only the same Python can; without it, programs start slower.
    """
    for folder in sorted((root / "usr/lib").glob("python3.*")):
        progress("compiling Python")
        folders = [folder, root / "usr/lib/python3"]
        if folder.name == f"python{sys.version_info[0]}.{sys.version_info[1]}":
            for one in folders:
                compileall.compile_dir(
                    one,
                    quiet=2,
                    stripdir=root,
                    prependdir="/",
                    workers=os.cpu_count() or 1,
                    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
                )
