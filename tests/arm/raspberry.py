"""An emulated Raspberry Pi 3: the board itself, with its device tree, SD card and USB."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.arm import initrd
from tests.arm.disk import Disk
from tests.arm.machine import Machine, emulated
from tests.arm.tools import cache, call

MODULES = ("bcm2835", "sdhci_iproc", "mmc_block", "dwc2", "usbnet", "cdc_ether", "ext4")
"""For its card and for a network card at its USB."""
_DEVICE_TREE = "usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb"
_CARD = "2G"
"""QEMU takes powers of two."""


@contextmanager
def booted(
    disk: Disk, files: Mapping[str, Path], *, timeout_s: float = 300
) -> Iterator[Machine]:
    """A Raspberry Pi 3 Model B with four cores and 1 GB, until the block ends.

    Args:
        disk: Debian in a folder; it is copied onto a card.
        files: Folders that are on the card besides, by their places there: its network card is
            slow.
        timeout_s: Seconds after which it has failed to boot.

    Raises:
        ArmError: Something is missing, or nobody can log in.
    """
    (tree,) = disk.root.glob(_DEVICE_TREE)
    # In the cache, since only there the links can be made.
    with tempfile.TemporaryDirectory(prefix=".card-", dir=cache()) as folder:
        root, card, first = (Path(folder) / name for name in ("root", "card", "initrd"))
        shutil.copytree(disk.root, root, symlinks=True, copy_function=os.link)
        for place, source in files.items():
            shutil.copytree(source, root / place)
        call("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-d", root, card, _CARD)
        first.write_bytes(initrd.base(disk.root, MODULES))
        arguments = ["-machine=raspi3b", f"-dtb={tree}", f"-drive=if=sd,format=raw,file={card}"]
        arguments += ["-device=usb-net,netdev=net"]
        words = "armlet.root=/dev/mmcblk0"
        with emulated(replace(disk, initrd=first), arguments, words, timeout_s) as machine:
            yield machine
