"""What a device is, as the agent found it, and which wheels run there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from armlet.errors import DeviceError

Lock = Literal["64bit", "32bit"]
OLDEST, NEWEST = (3, 11), (3, 14)
OLDEST_GLIBC: Mapping[Lock, int] = {"64bit": 28, "32bit": 34}
"""2.28 and 2.34: below, numpy, OpenCV or a runtime has no wheels."""
SYSTEM_64 = "install a 64-bit system, such as 64-bit Raspberry Pi OS"
LINKS = ("runtime", "bundle", "previous")
NAMES = frozenset({"bin", "cache", "files", "lock", "releases", "runtimes", "wheels", *LINKS})
"""What armlet has in its folder, the links among it; while it changes, with .part or .new."""
DEBIAN = {"numpy": "python3-numpy", "cv2": "python3-opencv", "click": "python3-click"}


@dataclass(frozen=True, kw_only=True)
class Target:
    """What wheels must fit."""

    lock: Lock
    architecture: str
    """aarch64, armv7l or x86_64."""
    python: tuple[int, int]
    glibc: int
    """Its minor version; the major one is 2."""

    @property
    def platforms(self) -> Sequence[str]:
        """What runs there in pip's names, the best first."""
        newest_first = [f"manylinux_2_{minor}" for minor in range(self.glibc, 16, -1)]
        return [f"{name}_{self.architecture}" for name in (*newest_first, "manylinux2014")]

    def __str__(self) -> str:
        """For people."""
        version = f"{self.python[0]}.{self.python[1]}"
        return f"{self.architecture}, Python {version}, glibc 2.{self.glibc}"


@dataclass(frozen=True, kw_only=True)
class Device:
    """A device, and what armlet has there."""

    model: str
    """What the board calls itself; empty: it doesn't tell."""
    target: Target
    home: str
    """Armlet's folder there."""
    interpreter: str
    """Its python3."""
    free_bytes: int
    version: str
    """Of the armlet that runs there, with the name of its runtime; empty: there is none."""
    runtime: str | None
    """The folder that it runs from; None: armlet isn't there."""
    active: str | None
    """Name of the active release; None: there is none."""
    previous: str | None
    """Likewise of the one before."""

    def to_json(self) -> dict[str, Any]:
        """What a deploy tells of it."""
        target = self.target
        return {
            "model": self.model or None,
            "architecture": target.architecture,
            "python": f"{target.python[0]}.{target.python[1]}",
            "glibc": f"2.{target.glibc}",
            "home": self.home,
            "free_bytes": self.free_bytes,
            "armlet": self.version or None,
            "active": self.active,
            "previous": self.previous,
        }


def read_device(host: str, found: Mapping[str, Any]) -> Device:
    """Read what the agent says first.

    Args:
        host: What messages call it.
        found: As ``agent.probe`` gives it.

    Raises:
        DeviceError: armlet can't run there.
    """
    if not found["writable"]:
        raise DeviceError(
            f"{host}: {found['home']} can't be written to", "choose another folder with --home"
        )
    names = {name.removesuffix(".part").removesuffix(".new") for name in found["names"]}
    foreign = sorted(names - NAMES) or [
        name for name in LINKS if name in names and name not in found["links"]
    ]
    if foreign:
        raise DeviceError(
            f"{host}: {found['home']} holds {foreign[0]}, which isn't armlet's",
            "choose a new or empty folder with --home",
        )
    return Device(
        model=found["model"],
        target=_target(host, found),
        home=found["home"],
        interpreter=found["executable"],
        free_bytes=found["free_bytes"],
        version=found["version"],
        runtime=found["runtime"],
        active=found["active"],
        previous=found["previous"],
    )


def _target(host: str, found: Mapping[str, Any]) -> Target:
    """What wheels must fit; the first rule that it breaks is the one to be told."""
    architecture = _architecture(found["machine"], found["bits"])
    python = (found["python"][0], found["python"][1])
    dotted = f"Python {python[0]}.{python[1]}"
    if found["system"] != "linux":
        raise DeviceError(f"{host} runs {found['system']}", "use a device with Linux")
    if architecture is None:
        kind = f"{found['machine']}, {found['bits']}-bit"
        raise DeviceError(f"{host} is {kind}: no runtime has wheels for that", SYSTEM_64)
    if found["implementation"] != "CPython":
        raise DeviceError(
            f"{host} runs {found['implementation']}, for which no runtime has wheels",
            "make its python3 CPython",
        )
    if not found["libc"].startswith("glibc 2."):
        raise DeviceError(
            f"{host} has no glibc but musl or the like, for which no runtime has wheels",
            "install a system with glibc, such as Debian or Raspberry Pi OS",
        )
    glibc = int(found["libc"].split(".")[1])
    lock: Lock = "32bit" if architecture == "armv7l" else "64bit"
    if lock == "32bit" and python != OLDEST:
        raise DeviceError(
            f"{host} is 32-bit with {dotted}, for which no runtime has wheels",
            SYSTEM_64 + ", or Debian 12 with its Python 3.11",
        )
    if not OLDEST <= python <= NEWEST:
        raise DeviceError(
            f"{host} has {dotted}, armlet needs 3.11 to 3.14",
            "install a system with one of them, such as Debian 12 or later",
        )
    if glibc < OLDEST_GLIBC[lock]:
        raise DeviceError(
            f"{host} has glibc 2.{glibc}, the wheels need 2.{OLDEST_GLIBC[lock]}",
            "install a later system, such as Debian 12",
        )
    missing = [DEBIAN[name] for name in DEBIAN if name not in found["modules"]]
    if lock == "32bit" and missing:
        raise DeviceError(
            f"{host} is 32-bit, for which PyPI has no numpy and OpenCV: Debian's are needed",
            f"run there sudo apt install {' '.join(missing)}",
        )
    return Target(lock=lock, architecture=architecture, python=python, glibc=glibc)


def _architecture(machine: str, bits: int) -> str | None:
    """What its programs are for; the kernel may be a 64-bit one below 32-bit programs."""
    if bits == 64:
        return machine if machine in ("aarch64", "x86_64") else None
    return "armv7l" if machine in ("aarch64", "armv8l", "armv7l") else None
