"""Which machines armlet supports, and what to install there.

After the wheels on PyPI in November 2026: numpy, OpenCV, LiteRT and ONNX Runtime have them for
64-bit ARM and x86-64 only, and tflite-runtime, which has some for 32-bit ARM, stops at
Python 3.11.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

Tier = Literal["supported", "limited", "untested", "unsupported"]

INSTALL_64 = "run pip install 'armlet[litert]' or 'armlet[onnx]'"
# numpy and OpenCV have no 32-bit wheels, and tflite-runtime needs numpy 1: Debian's fit.
INSTALL_32 = (
    "run sudo apt install python3-numpy python3-opencv python3-click python3-venv && "
    "python3 -m venv --system-site-packages .venv && "
    ".venv/bin/pip install --no-deps armlet click-default-group tflite-runtime"
)
SYSTEM_64 = "a 64-bit system, such as 64-bit Raspberry Pi OS (on a Pi 3, a Zero 2 or later)"

_WHEELS_64 = frozenset({"aarch64", "x86_64"})
_ARCHITECTURES_32 = frozenset({"armv6l", "armv7l", "i686"})
_TESTED = ((3, 11), (3, 13))
_NEWEST = (3, 14)
_GLIBC_64 = (2, 27)
_GLIBC_32 = (2, 34)


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a wheel must fit."""

    system: str
    """As ``sys.platform``."""
    architecture: str
    """Of the programs, not the kernel: aarch64, x86_64, armv7l, ..."""
    implementation: str
    """As ``platform.python_implementation``."""
    python: tuple[int, int]
    libc: str | None
    """glibc or musl; None: it doesn't tell."""
    libc_version: tuple[int, ...] | None

    def to_json(self) -> dict[str, Any]:
        """The target as a JSON object; versions as text."""
        libc = self.libc_version
        return {
            **asdict(self),
            "python": _dotted(self.python),
            "libc_version": _dotted(libc) if libc else None,
        }


@dataclass(frozen=True, kw_only=True)
class Wheels:
    """What a runtime has wheels for."""

    pythons: tuple[tuple[int, int], tuple[int, int]]
    """The oldest release of Python, of those that armlet runs on, and the newest."""
    glibc: Mapping[str, tuple[int, int]]
    """By architecture, the oldest glibc."""


_64 = MappingProxyType({"aarch64": (2, 27), "x86_64": (2, 27)})
WHEELS: Mapping[str, Wheels] = MappingProxyType(
    {
        "litert": Wheels(pythons=((3, 11), (3, 14)), glibc=_64),
        "onnx": Wheels(pythons=((3, 11), (3, 14)), glibc=_64),
        "tflite-runtime": Wheels(
            pythons=((3, 11), (3, 11)),
            glibc=MappingProxyType({"aarch64": (2, 34), "armv7l": (2, 34), "x86_64": (2, 17)}),
        ),
    }
)
"""By backend, in their order."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Whether a runtime can be installed on a target."""

    runtime: str
    """The backend's name."""
    fits: bool
    reason: str
    """What its wheels are for that the target isn't, or what it needs besides; may be empty."""


@dataclass(frozen=True, kw_only=True)
class Support:
    """What can be expected of armlet on a target, and what to do for it."""

    tier: Tier
    reason: str
    """Why, without a full stop."""
    advice: str
    """An imperative: which command installs a runtime, or what to change first."""
    runtimes: tuple[Fit, ...] = ()
    """One for each that there is."""

    def to_json(self) -> dict[str, Any]:
        """The verdict as a JSON object."""
        return asdict(self)


def judge(target: Target) -> Support:
    """What armlet can do on a target, and which runtimes fit it."""
    return replace(_judge(target), runtimes=tuple(fit(name, target) for name in WHEELS))


def fit(runtime: str, target: Target) -> Fit:
    """Whether a runtime has a wheel for a target, and if not, the first thing that is amiss."""
    wheels = WHEELS[runtime]
    amiss = _amiss(wheels, target)
    alone = amiss is None and target.architecture not in _WHEELS_64
    reason = amiss or ("with Debian's numpy and OpenCV" if alone else "")
    return Fit(runtime=runtime, fits=amiss is None, reason=reason)


def _amiss(wheels: Wheels, target: Target) -> str | None:
    oldest, newest = wheels.pythons
    if target.system != "linux":
        return "edge-run is for Linux"
    if target.implementation != "CPython":
        return "wheels for CPython only"
    if target.libc == "musl":
        return "wheels for glibc only, not musl"
    if target.architecture not in wheels.glibc:
        small = target.architecture in _ARCHITECTURES_32
        return "wheels for 64-bit only" if small else f"no wheels for {target.architecture}"
    if target.python > newest:
        return f"wheels for Python up to {_dotted(newest)}"
    if target.python < oldest:
        return f"armlet needs Python {_dotted(oldest)}"
    if _older(target, needed := wheels.glibc[target.architecture]):
        return f"wheels for glibc {_dotted(needed)} or later"
    return None


def _judge(target: Target) -> Support:
    """The first rule that applies."""
    python = f"Python {_dotted(target.python)}"
    if target.system != "linux":
        return _no(f"edge-run is for Linux, this is {target.system}", "use a Linux machine")
    if target.implementation != "CPython":
        return _no(f"no runtime has wheels for {target.implementation}", "use CPython")
    if target.libc == "musl":
        return _no(
            "no runtime has wheels for musl, as on Alpine",
            "use a system or container image with glibc, such as Debian",
        )
    if target.architecture == "armv7l":
        return _judge_32(target, python)
    if target.architecture not in _WHEELS_64:
        return _no(f"no runtime has wheels for {target.architecture}", f"use {SYSTEM_64}")
    if target.python < _TESTED[0]:
        return _no(
            f"armlet needs Python {_dotted(_TESTED[0])}, this is {python}",
            "use Debian 12 or later, or another Python of 3.11, 3.12 or 3.13",
        )
    if target.python > _NEWEST:
        return _no(f"no runtime has wheels for {python}", "use Python 3.11, 3.12 or 3.13")
    if _older(target, _GLIBC_64):
        return _no(
            f"numpy and the runtimes need glibc {_dotted(_GLIBC_64)}, this is {_libc(target)}",
            "use Debian 11 or later, or another system of 2021 or later",
        )
    what = f"{target.architecture}, {python}, {_libc(target)}"
    if target.python > _TESTED[1] or target.libc_version is None:
        return _yes("untested", f"{what}: there are wheels, armlet isn't tested with them")
    return _yes("supported", what)


def _judge_32(target: Target, python: str) -> Support:
    if target.python != (3, 11):
        return _no(
            f"32-bit ARM has a runtime for Python 3.11 only, this is {python}",
            f"use {SYSTEM_64}, or Debian 12 with its Python 3.11",
        )
    if _older(target, _GLIBC_32):
        return _no(
            f"tflite-runtime needs glibc {_dotted(_GLIBC_32)}, this is {_libc(target)}",
            f"use Debian 12 or later, better {SYSTEM_64}",
        )
    return Support(
        tier="limited",
        reason=f"32-bit ARM, {python}, {_libc(target)}: only .tflite files, and only with "
        "Debian's numpy and OpenCV",
        advice=INSTALL_32,
    )


def _yes(tier: Tier, reason: str) -> Support:
    return Support(tier=tier, reason=reason, advice=INSTALL_64)


def _no(reason: str, advice: str) -> Support:
    return Support(tier="unsupported", reason=reason, advice=advice)


def _older(target: Target, version: tuple[int, ...]) -> bool:
    return target.libc_version is not None and target.libc_version < version


def _libc(target: Target) -> str:
    version = _dotted(target.libc_version) if target.libc_version else "of unknown version"
    return f"{target.libc or 'C library'} {version}"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
