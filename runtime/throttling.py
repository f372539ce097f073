"""Why a Raspberry Pi slows itself down: bad power, or heat."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armlet.runtime.kernel_files import read_text

REASONS = ("under-voltage", "frequency capped", "throttled", "soft temperature limit")
"""Bits 0 to 3: now; the same 16 bits higher: at some time since the board was started."""
_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Throttling:
    """What the firmware says; empty means that nothing holds the board back."""

    now: Sequence[str]
    """Of ``REASONS``."""
    since_boot: Sequence[str]
    """Of ``REASONS``; where only the kernel tells, since somebody asked it last."""

    @property
    def advice(self) -> str | None:
        """What to do about it; None: it is nothing to worry about."""
        reasons = {*self.now, *self.since_boot}
        if not reasons:
            return None
        # Bad power also caps and throttles, so it comes first.
        return (
            "use a stronger power supply and cable"
            if REASONS[0] in reasons
            else "cool the board"
        )

    def to_json(self) -> dict[str, Any]:
        """Both lists as a JSON object."""
        return {"now": list(self.now), "since_boot": list(self.since_boot)}


def read_throttling(root: Path, vcgencmd: str | None) -> Throttling | None:
    """Ask the firmware, or the kernel where its tool isn't installed.

    Args:
        root: What stands for ``/``.
        vcgencmd: What ``ask_vcgencmd`` returned.

    Returns:
        None where neither tells, as on anything but a Raspberry Pi.
    """
    _, _, told = (vcgencmd or "").partition("=")
    files = (root / "sys/devices/platform").glob("soc*/soc*:firmware/get_throttled")
    for text in (told, *map(read_text, files)):
        try:
            return decode(int(text or "", 16))
        except ValueError:
            continue
    return None


def ask_vcgencmd() -> str | None:
    """What the firmware's own tool prints, such as ``throttled=0x50000``."""
    if not any(os.path.exists(f"{folder}/vcgencmd") for folder in os.get_exec_path()):
        return None
    import subprocess  # which takes longer to import than all else here

    try:
        done = subprocess.run(
            ["vcgencmd", "get_throttled"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()


def decode(bits: int) -> Throttling:
    """Name the bits of the firmware's answer."""
    return Throttling(
        now=[reason for bit, reason in enumerate(REASONS) if bits >> bit & 1],
        since_boot=[reason for bit, reason in enumerate(REASONS, 16) if bits >> bit & 1],
    )
