"""edge-run on Debian 13, with its Python 3.13 and its kernel (make test-arm-all)."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.arm import disk
from tests.arm.cached import made
from tests.arm.installing import install
from tests.arm.machine import Machine, booted
from tests.arm.root import LOCK
from tests.arm.tools import call

GLIBC = 41


@pytest.fixture(scope="module")
def trixie() -> Iterator[Machine]:
    with booted(disk.make("trixie"), "cortex-a76") as machine:
        yield machine


@pytest.fixture(scope="module")
def edge_run(trixie: Machine, bundle: Path) -> str:
    """The command there, with wheels for its Python."""
    site = made("site", ["1", "cp313", LOCK.read_text("utf-8")], _fill)
    return install(trixie, site, bundle)


def _fill(stage: Path) -> None:
    tags = ["manylinux2014", *(f"manylinux_2_{minor}" for minor in range(17, GLIBC + 1))]
    call(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-compile", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("--implementation=cp", "--python-version=3.13"),
        *(f"--platform={tag}_aarch64" for tag in tags),
        *(f"--requirement={LOCK}", f"--target={stage}"),
    )


def test_debian_13_is_supported(trixie: Machine, edge_run: str) -> None:
    found = json.loads(trixie.run(f"{edge_run} doctor --json", timeout_s=300))
    assert found["machine"]["target"]["python"] == "3.13"
    assert found["support"]["tier"] == "supported"


def test_it_reproduces_the_workstation(trixie: Machine, edge_run: str) -> None:
    command = f"{edge_run} verify armlet/bundle --backend litert --json"
    proof = json.loads(trixie.run(command, timeout_s=300))
    assert proof["verified"], proof
