"""edge-export deploy to a booted ARM machine with python3 and no network (make test-arm)."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from armlet.bundle import MANIFEST
from tests.arm.machine import NAME, Machine
from tests.arm.tools import cache
from tests.device_scripts.bundles import (
    CHANGED,
    change_one_model,
    damage,
    expect_other_answers,
)

HOME = "deployed"
"""Beside what other checks put there."""


class Deploying:
    """Deploys to the machine, and says how long that takes."""

    def __init__(self, machine: Machine, output: Path, said: list[str]) -> None:
        self.machine = machine
        self.output = output
        self.said = said
        # The wheels stay from one run to the next.
        self.environment = {**os.environ, "ARMLET_CACHE": str(cache() / "deploy")}

    def command(self, *arguments: object) -> Sequence[str]:
        program = [sys.executable, "-c", "from armlet.export.cli import main; main()", "deploy"]
        options = ["--ssh-config", self.machine.ssh_config, "--home", HOME]
        return [str(one) for one in [*program, *options, "-o", self.output, *arguments]]

    def run(self, *arguments: object, code: int = 0) -> "subprocess.CompletedProcess[str]":
        started = time.monotonic()
        done = subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            timeout=300,
            env=self.environment,
        )
        assert done.returncode == code, done.stdout + done.stderr
        words = " ".join(one.name if isinstance(one, Path) else str(one) for one in arguments)
        self.said.append(f"deploy {words}: {time.monotonic() - started:.1f} s")
        self.said += [f"    {line}" for line in (done.stdout + done.stderr).splitlines()]
        return done

    def told(self, *arguments: object) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(self.run(*arguments, "--json").stdout)
        return record

    def active(self) -> str:
        return self.machine.run(f"basename $(readlink {HOME}/bundle)").strip()


def test_deploy(
    machine: Machine, bundle: Path, photos: Path, tmp_path: Path, said: list[str]
) -> None:
    """One story, since each step needs what the ones before left."""
    device = Deploying(machine, tmp_path / "deployed", said)
    bundles = {name: tmp_path / name for name in ("first", "second", "damaged", "wrong")}
    for folder in bundles.values():
        shutil.copytree(bundle, folder)

    # Killed in the middle of armlet, and run again.
    process = subprocess.Popen(device.command(bundles["first"], NAME), env=device.environment)
    arriving = f"stat -c %s {HOME}/files/*.part 2>/dev/null | sort -n | tail -1"
    arrived, deadline = 0, time.monotonic() + 120
    while arrived < 2_000_000:
        assert process.poll() is None and time.monotonic() < deadline
        arrived = int(machine.run(arriving).strip() or 0)
    process.kill()
    process.wait()
    assert machine.run(f"ls {HOME}/bundle", check=False) == ""

    # A new bundle.
    out = device.run(bundles["first"], NAME).stdout
    assert "aarch64" in out and "sent 14 of 14 files" in out and "8 of 8 files" in out
    first = device.active()
    photo = (photos / "chelsea.png").read_bytes()
    labels = machine.run(
        f"cat > cat.png && {HOME}/bin/edge-run classify {HOME}/bundle cat.png", input=photo
    )
    assert "cat" in labels
    doctor = json.loads((device.output / "doctor.json").read_text())
    assert doctor["works"]
    assert doctor["machine"]["target"]["architecture"] == "aarch64"

    # A changed one: only what changed is sent.
    change_one_model(bundles["second"], "second")
    told = device.run(bundles["second"], NAME).stdout
    size = sum((bundles["second"] / name).stat().st_size for name in (CHANGED, MANIFEST))
    assert f"sent 2 of 14 files, {-(-size // 1000)} KB; 12 were there" in told
    assert "is there" in told
    second = device.active()
    assert second != first

    # Broken ones: the active one stays.
    damage(bundles["damaged"])
    assert "is damaged" in device.run(bundles["damaged"], NAME, code=1).stderr
    expect_other_answers(bundles["wrong"])
    refused = device.run(bundles["wrong"], NAME, code=1)
    assert f"{second} is still active" in refused.stderr
    assert f"FAILED: {CHANGED} on onnx gives other logits" in refused.stdout
    assert device.active() == second

    # And back.
    device.run(NAME, "--rollback")
    assert device.active() == first
    verified = json.loads(machine.run(f"{HOME}/bin/edge-run verify {HOME}/bundle --json"))
    assert verified["verified"]


@pytest.fixture(autouse=True)
def removed(machine: Machine) -> Any:
    """What is written there takes the machine's memory."""
    yield
    machine.run(f"rm -rf {HOME} cat.png")
