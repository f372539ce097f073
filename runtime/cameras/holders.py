"""Which processes have a device open."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from armlet.runtime.kernel_files import in_order, read_text


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A process that has a device open."""

    pid: int
    name: str
    """Of its program, as the kernel shortens it."""

    def __str__(self) -> str:
        """For messages."""
        return f"{self.name} (process {self.pid})"


@dataclass(frozen=True, kw_only=True)
class Holders:
    """All that could be seen."""

    seen: Sequence[Holder]
    hidden: bool
    """Whether there are processes of other users, which only root can look into."""

    def __str__(self) -> str:
        """For messages."""
        return ", ".join(map(str, self.seen))


def who_has(device: str, root: Path = Path("/")) -> Holders:
    """Look at what each process has open.

    Args:
        device: Its node, or a link to that.
        root: What stands for ``/``.
    """
    wanted = os.path.realpath(device)
    seen = []
    hidden = False
    for process in in_order(root / "proc", "[0-9]*"):
        try:
            files = os.listdir(process / "fd")
        except PermissionError:
            hidden = True
            continue
        except OSError:  # it has just ended
            continue
        if any(_leads_to(process / "fd" / one, wanted) for one in files):
            name = read_text(process / "comm") or "a program"
            seen.append(Holder(pid=int(process.name), name=name))
    return Holders(seen=seen, hidden=hidden)


def _leads_to(link: Path, wanted: str) -> bool:
    try:
        return os.readlink(link) == wanted
    except OSError:
        return False
