"""Which devices are taken, and what the others are told."""

from typing import Any

import pytest

from armlet.device_scripts.agent import probe
from armlet.device_scripts.device import read_device
from armlet.errors import DeviceError

PI_4 = {
    "home": "/home/pi/armlet",
    "names": [],
    "links": [],
    "writable": True,
    "free_bytes": 10**10,
    "system": "linux",
    "machine": "aarch64",
    "bits": 64,
    "implementation": "CPython",
    "python": [3, 11, 2],
    "executable": "/usr/bin/python3",
    "libc": "glibc 2.36",
    "model": "Raspberry Pi 4 Model B Rev 1.5",
    "modules": [],
    "version": "",
    "runtime": None,
    "active": None,
    "previous": None,
}
DEBIANS = ["numpy", "cv2", "click"]


def test_this_machine_is_read(tmp_path: Any) -> None:
    found = probe(str(tmp_path / "armlet"))
    assert found.keys() == PI_4.keys()
    assert read_device("here", found).free_bytes > 0


def test_a_pi_4_is_taken() -> None:
    target = read_device("pi", PI_4).target
    assert (target.lock, target.python, target.glibc) == ("64bit", (3, 11), 36)
    platforms = target.platforms
    assert platforms[0] == "manylinux_2_36_aarch64"
    assert {"manylinux_2_17_aarch64", "manylinux2014_aarch64"} < set(platforms)


@pytest.mark.parametrize("machine", ["armv7l", "aarch64"])  # the kernel may be a 64-bit one
def test_a_32_bit_pi_is_taken_with_debians_numpy(machine: str) -> None:
    found = {**PI_4, "machine": machine, "bits": 32, "modules": DEBIANS}
    target = read_device("pi", found).target
    assert (target.lock, target.architecture) == ("32bit", "armv7l")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"machine": "armv6l", "bits": 32}, "install a 64-bit system"),
        ({"machine": "riscv64"}, "no runtime has wheels for that"),
        ({"machine": "armv7l", "bits": 32, "python": [3, 13, 1]}, "Debian 12"),
        (
            {"machine": "armv7l", "bits": 32, "modules": ["numpy"]},
            "sudo apt install python3-opencv python3-click",
        ),
        ({"libc": ""}, "musl"),
        ({"libc": "glibc 2.27"}, "has glibc 2.27, the wheels need 2.28"),
        ({"python": [3, 9, 2]}, "has Python 3.9, armlet needs 3.11 to 3.14"),
        ({"python": [3, 15, 0]}, "has Python 3.15"),
        ({"implementation": "PyPy"}, "PyPy"),
        ({"system": "darwin"}, "darwin"),
        ({"writable": False}, "choose another folder with --home"),
    ],
)
def test_others_are_told_why(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(DeviceError, match=told):
        read_device("pi", {**PI_4, **changes})
