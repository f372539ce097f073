"""Brings armlet as it stands in this clone onto an emulated machine, in the plainest way."""

import subprocess
from pathlib import Path

from tests.arm.machine import NAME, Machine
from tests.arm.tools import ROOT, ArmError

EDGE_RUN = "armlet/bin/edge-run"
_LAUNCHER = """#!/bin/sh
export PYTHONPATH=/home/pi/armlet/site
exec python3 -c 'from armlet.runtime.entry import run; run()' "$@"
"""


def install(machine: Machine, site: Path, bundle: Path) -> str:
    """Install wheels, armlet and a bundle for the user pi.

    Args:
        machine: Where to.
        site: A folder with the wheels' packages; onnxruntime stays here, to save minutes.
        bundle: It becomes ~/armlet/bundle.

    Returns:
        The command edge-run, from pi's home folder.

    Raises:
        ArmError: They don't arrive.
    """
    packages = sorted(
        one.name for one in site.iterdir() if not one.name.startswith("onnxruntime")
    )
    _send(machine, "armlet/site", "-C", str(site), *packages, "-C", str(ROOT / "src"), "armlet")
    _send(machine, "armlet/bundle", "-C", str(bundle), ".")
    machine.run(
        f"mkdir armlet/bin && cat > {EDGE_RUN} && chmod +x {EDGE_RUN}",
        input=_LAUNCHER.encode(),
    )
    return EDGE_RUN


def _send(machine: Machine, target: str, *what: str) -> None:
    unpack = f"mkdir -p {target} && tar -x -C {target}"
    with subprocess.Popen(["tar", "-c", "--dereference", *what], stdout=subprocess.PIPE) as tar:
        done = subprocess.run(
            ["ssh", "-F", machine.ssh_config, NAME, unpack], stdin=tar.stdout, timeout=600
        )
    if done.returncode or tar.returncode:
        raise ArmError(f"{target} does not arrive on the machine", "see what ssh says")
