from dataclasses import replace
from typing import Any

import pytest

from armlet.runtime.backends import BACKENDS
from armlet.runtime.support import INSTALL_32, INSTALL_64, WHEELS, Target, Tier, judge

PI_OS = Target(
    system="linux",
    architecture="aarch64",
    implementation="CPython",
    python=(3, 11),
    libc="glibc",
    libc_version=(2, 36),
)
PI_OS_32 = replace(PI_OS, architecture="armv7l")


@pytest.mark.parametrize(
    ("target", "changes", "tier", "words"),
    [
        (PI_OS, {}, "supported", INSTALL_64),
        (PI_OS, {"architecture": "x86_64", "python": (3, 13)}, "supported", INSTALL_64),
        (PI_OS, {"libc_version": (2, 27)}, "supported", INSTALL_64),
        (PI_OS, {"python": (3, 14)}, "untested", INSTALL_64),
        (PI_OS, {"libc": None, "libc_version": None}, "untested", INSTALL_64),
        (PI_OS, {"python": (3, 9), "libc_version": (2, 31)}, "unsupported", "Debian 12"),
        (PI_OS, {"python": (3, 15)}, "unsupported", "use Python 3.11, 3.12 or 3.13"),
        (PI_OS, {"libc_version": (2, 24)}, "unsupported", "Debian 11"),
        (PI_OS, {"libc": "musl", "libc_version": None}, "unsupported", "with glibc"),
        (PI_OS, {"implementation": "PyPy"}, "unsupported", "use CPython"),
        (PI_OS, {"system": "darwin"}, "unsupported", "use a Linux machine"),
        (PI_OS, {"architecture": "riscv64"}, "unsupported", "64-bit Raspberry Pi OS"),
        (PI_OS_32, {}, "limited", INSTALL_32),
        (PI_OS_32, {"libc_version": (2, 34)}, "limited", INSTALL_32),
        (PI_OS_32, {"python": (3, 13)}, "unsupported", "Debian 12 with its Python 3.11"),
        (PI_OS_32, {"libc_version": (2, 31)}, "unsupported", "use Debian 12"),
        (PI_OS_32, {"architecture": "armv6l"}, "unsupported", "64-bit Raspberry Pi OS"),
        (PI_OS_32, {"architecture": "i686"}, "unsupported", "64-bit system"),
    ],
)
def test_table(target: Target, changes: dict[str, Any], tier: Tier, words: str) -> None:
    support = judge(replace(target, **changes))
    assert support.tier == tier
    assert words in support.advice
    assert support.reason
    # What can be installed and the verdict must not contradict each other.
    assert any(one.fits for one in support.runtimes) == (tier != "unsupported")


def test_reason_names_what_was_found() -> None:
    assert judge(PI_OS).reason == "aarch64, Python 3.11, glibc 2.36"
    old = judge(replace(PI_OS_32, libc_version=(2, 31)))
    assert old.reason == "tflite-runtime needs glibc 2.34, this is glibc 2.31"


FITS = (True, "")
UP_TO_3_11 = (False, "wheels for Python up to 3.11")
ONLY_64 = (False, "wheels for 64-bit only")
NO_MUSL = (False, "wheels for glibc only, not musl")
TOO_OLD = (False, "armlet needs Python 3.11")


@pytest.mark.parametrize(
    ("target", "changes", "litert", "onnx", "tflite_runtime"),
    [
        (PI_OS, {}, FITS, FITS, FITS),  # Debian 12, 64-bit
        (PI_OS, {"python": (3, 13), "libc_version": (2, 41)}, FITS, FITS, UP_TO_3_11),
        # Raspberry Pi OS of 2021, 64-bit, with its own Python and with a newer one
        (PI_OS, {"python": (3, 9), "libc_version": (2, 31)}, TOO_OLD, TOO_OLD, TOO_OLD),
        (
            *(PI_OS, {"libc_version": (2, 31)}, FITS, FITS),
            (False, "wheels for glibc 2.34 or later"),
        ),
        (PI_OS_32, {}, ONLY_64, ONLY_64, (True, "with Debian's numpy and OpenCV")),
        (PI_OS_32, {"python": (3, 13), "libc_version": (2, 41)}, ONLY_64, ONLY_64, UP_TO_3_11),
        (PI_OS, {"libc": "musl", "libc_version": None}, NO_MUSL, NO_MUSL, NO_MUSL),
        (PI_OS, {"architecture": "riscv64"}, *[(False, "no wheels for riscv64")] * 3),
        (
            PI_OS,
            {"python": (3, 15)},
            *[(False, "wheels for Python up to 3.14")] * 2,
            UP_TO_3_11,
        ),
    ],
)
def test_each_runtime_fits_or_says_why_not(
    target: Target,
    changes: dict[str, Any],
    litert: tuple[bool, str],
    onnx: tuple[bool, str],
    tflite_runtime: tuple[bool, str],
) -> None:
    found = {
        one.runtime: (one.fits, one.reason)
        for one in judge(replace(target, **changes)).runtimes
    }
    assert found == {"litert": litert, "onnx": onnx, "tflite-runtime": tflite_runtime}


def test_every_backend_is_judged() -> None:
    assert list(WHEELS) == list(BACKENDS)
