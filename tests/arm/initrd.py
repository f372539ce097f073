"""The first file system of an emulated machine, which mounts its root (see boot/init.sh).

It is two archives that Linux unpacks one over the other: modules of the kernel, which stay the
same, and what is of one boot.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.arm.tools import ArmError, call, require

BOOT = Path(__file__).with_name("boot")
VIRT = ("virtio_pci", "virtio_net", "virtio_rng", "9p", "9pnet_virtio", "overlay")
"""The modules that QEMU's machine of that name takes."""
DISKS = ("virtio_blk", "ext4")
"""What it takes besides if the root is an image."""


def base(root: Path, modules: Sequence[str] = (*VIRT, *DISKS)) -> bytes:
    """The archive with a kernel's modules, in the order in which they are loaded.

    Args:
        root: An unpacked Debian with one kernel and busybox-static; the kernel's modules are
            listed there with depmod, if they aren't yet.
        modules: Which ones; what they depend on comes along.

    Raises:
        ArmError: There is none of that.
    """
    release = kernel_release(root)
    call("depmod", "-b", root, release)
    files: dict[str, None] = {}
    for module in modules:
        listed = call("modprobe", "-d", root, "-S", release, "--show-depends", module)
        files |= dict.fromkeys(
            line.split()[1] for line in listed.splitlines() if line.startswith("insmod ")
        )
    with tempfile.TemporaryDirectory(prefix="armlet-") as folder:
        place = Path(folder)
        for name in ("bin", "modules"):
            (place / name).mkdir()
        shutil.copy(root / "bin/busybox", place / "bin")
        order = []
        for file in map(Path, files):
            plain = place / "modules" / file.name.removesuffix(".xz")
            shutil.copy(file, plain.with_name(file.name))
            if file.suffix == ".xz":  # which busybox can't load
                call("xz", "--decompress", plain.with_name(file.name))
            order.append(plain.name)
        (place / "modules/order").write_text("".join(f"{one}\n" for one in order), "ascii")
        return _archive(place)


def kernel_release(root: Path) -> str:
    """The release of the one kernel that an unpacked Debian has.

    Raises:
        ArmError: It has none, or several.
    """
    found = [path.name for path in (root / "lib/modules").glob("*")]
    if len(found) != 1:
        raise ArmError(f"{root} has {len(found)} kernels", "install linux-image-arm64 there")
    return found[0]


def for_boot(name: str, authorized_keys: str, host_key: Path) -> bytes:
    """The archive of one boot.

    Args:
        name: The machine's.
        authorized_keys: Who may log in as pi and as root, as sshd takes it.
        host_key: The private key that the machine proves itself with; the public one is beside.
    """
    with tempfile.TemporaryDirectory(prefix="armlet-") as folder:
        place = Path(folder)
        keys = place / "keys"
        keys.mkdir()
        (keys / "hostname").write_text(f"{name}\n", "ascii")
        (keys / "authorized_keys").write_text(authorized_keys, "ascii")
        shutil.copy(host_key, keys / "ssh_host_ed25519_key")
        shutil.copy(
            host_key.with_name(f"{host_key.name}.pub"), keys / "ssh_host_ed25519_key.pub"
        )
        for script, target in (("init.sh", "init"), ("start.sh", "start")):
            shutil.copy(BOOT / script, place / target)
            (place / target).chmod(0o755)
        return _archive(place)


def _archive(folder: Path) -> bytes:
    require("cpio")
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    done = subprocess.run(
        ["cpio", "--create", "--format=newc", "--quiet", "--owner=+0:+0"],
        cwd=folder,
        input="".join(f"{name}\n" for name in names).encode(),
        capture_output=True,
        timeout=60,
    )
    if done.returncode:
        raise ArmError(
            f"cpio failed ({done.stderr.decode().strip()})", "see that there is space"
        )
    return done.stdout
