"""Deploying to Debian 13, with its Python 3.13 and its kernel (make test-arm-all)."""

import json
from pathlib import Path

from tests.arm import disk
from tests.arm.deploying import Deploying
from tests.arm.machine import NAME, booted


def test_debian_13_is_supported_and_reproduces_the_workstation(
    bundle: Path, tmp_path: Path, said: list[str]
) -> None:
    with booted(disk.make("trixie"), "cortex-a76") as machine:
        Deploying(machine, tmp_path, said).run(bundle, NAME)
    doctor = json.loads((tmp_path / "doctor.json").read_text("utf-8"))
    proof = json.loads((tmp_path / "verify.json").read_text("utf-8"))
    assert doctor["machine"]["target"]["python"] == "3.13"
    assert doctor["support"]["tier"] == "supported"
    assert proof["verified"], proof
