"""edge-export deploy to a booted ARM machine with python3 and no network (make test-arm)."""

import json
import shutil
import subprocess
import time
from pathlib import Path

from armlet.bundle import MANIFEST
from tests.arm.deploying import HOME, Deploying
from tests.arm.machine import NAME, Machine
from tests.device_scripts.bundles import (
    CHANGED,
    change_one_model,
    damage,
    expect_other_answers,
)


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
