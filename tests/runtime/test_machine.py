import json
import platform
from pathlib import Path

import pytest

from armlet.runtime.machine import read_machine, read_target, userland
from tests.runtime.boards import LAPTOP, PI_4, PI_5, lay_out


def test_pi_4(tmp_path: Path) -> None:
    machine = read_machine(lay_out(tmp_path, PI_4))
    assert machine.board == "Raspberry Pi 4 Model B Rev 1.4"
    assert machine.os == "Debian GNU/Linux 12 (bookworm)"
    assert (machine.cpu, machine.features) == ("Cortex-A72", ("asimd",))
    assert (machine.memory_mib, machine.available_mib) == (3793, 3200)


def test_pi_5(tmp_path: Path) -> None:
    machine = read_machine(lay_out(tmp_path, PI_5))
    assert machine.cpu == "Cortex-A76"
    assert machine.features == ("asimd", "asimddp", "fphp", "asimdhp")
    assert (machine.board, machine.os, machine.memory_mib) == (None, None, None)


def test_laptop(tmp_path: Path) -> None:
    machine = read_machine(lay_out(tmp_path, LAPTOP))
    assert machine.cpu == "Fast CPU @ 3.00GHz"
    assert machine.features == ("avx2", "avx_vnni")


def test_two_kinds_of_core_and_an_unknown_one(tmp_path: Path) -> None:
    parts = ("0xd05", "0xd05", "0xd0b", "0xfff")
    text = "".join(f"CPU implementer\t: 0x41\nCPU part\t: {part}\n" for part in parts)
    machine = read_machine(lay_out(tmp_path, {"proc/cpuinfo": text}))
    assert machine.cpu == "Cortex-A55, Cortex-A76"


@pytest.mark.parametrize(
    ("machine", "bits", "architecture"),
    [
        ("aarch64", 64, "aarch64"),
        ("aarch64", 32, "armv7l"),
        ("armv8l", 32, "armv7l"),
        ("armv7l", 32, "armv7l"),
        ("armv6l", 32, "armv6l"),
        ("x86_64", 64, "x86_64"),
        ("x86_64", 32, "i686"),
        ("AMD64", 64, "x86_64"),
        ("arm64", 64, "aarch64"),
        ("riscv64", 64, "riscv64"),
    ],
)
def test_programs_may_be_smaller_than_the_kernel(
    machine: str, bits: int, architecture: str
) -> None:
    assert userland(machine, bits) == architecture


def test_this_machine_is_not_named() -> None:
    assert read_target().system == "linux"
    assert platform.node() not in json.dumps(read_machine().to_json()).split('"')
