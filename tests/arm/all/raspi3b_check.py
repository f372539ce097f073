"""edge-run on an emulated Raspberry Pi 3 (make test-arm-all)."""

import json
from pathlib import Path

from tests.arm import disk, raspberry
from tests.arm.installing import install
from tests.arm.root import Root


def test_a_raspberry_pi_is_known_and_gives_the_golden_answers(root: Root, bundle: Path) -> None:
    with raspberry.booted(disk.make()) as machine:
        edge_run = install(machine, root.site[0], bundle)
        doctor = json.loads(machine.run(f"{edge_run} doctor --json", timeout_s=300))
        assert "Raspberry Pi 3 Model B" in json.dumps(doctor)
        said = machine.run(
            f"{edge_run} verify armlet/bundle --backend litert 2>&1", timeout_s=300
        )
        print(said)
