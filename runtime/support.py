"""Which machines armlet supports, and what to install there.

After the wheels on PyPI in November 2026: numpy, OpenCV, LiteRT and ONNX Runtime have them for
64-bit ARM and x86-64 only, and tflite-runtime, which has some for 32-bit ARM, stops at
Python 3.11.
"""

from dataclasses import asdict, dataclass
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
class Support:
    """What can be expected of armlet on a target, and what to do for it."""

    tier: Tier
    reason: str
    """Why, without a full stop."""
    advice: str
    """An imperative: which command installs a runtime, or what to change first."""

    def to_json(self) -> dict[str, Any]:
        """The verdict as a JSON object."""
        return asdict(self)


def judge(target: Target) -> Support:
    """What armlet can do on a target; the first rule that applies."""
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
    if target.python < _TESTED[0] or target.python > _NEWEST:
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
    if target.libc_version is None or _older(target, _GLIBC_32):
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
