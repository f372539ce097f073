"""edge-run on an emulated Raspberry Pi 3 (make test-arm-all)."""

import json
from pathlib import Path

from tests.arm import disk, raspberry
from tests.arm.root import Root
from tests.arm.tools import ROOT

EDGE_RUN = (
    "PYTHONPATH=/opt/site:/opt/src python3 -c 'from armlet.runtime.entry import run; run()'"
)


def test_a_raspberry_pi_is_known_and_reproduces_the_workstation(
    root: Root, bundle: Path
) -> None:
    files = {
        "opt/site": root.site[0],
        "opt/src/armlet": ROOT / "src/armlet",
        "opt/bundle": bundle,
    }
    with raspberry.booted(disk.make(), files) as machine:
        found = json.loads(machine.run(f"{EDGE_RUN} doctor --json", timeout_s=300))
        assert found["machine"]["board"].startswith("Raspberry Pi 3 Model B")
        assert found["support"]["tier"] == "supported"
        proof = json.loads(
            machine.run(f"{EDGE_RUN} verify /opt/bundle --backend litert --json", timeout_s=300)
        )
        assert proof["verified"], proof
