"""Runs Python on an emulated ARM processor: qemu-aarch64 with an unpacked Debian beneath."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.arm.root import Root
from tests.arm.tools import ROOT, ArmError, require

# One thread, since the plugin counts without locks; and nothing that differs between runs.
CALM: Mapping[str, str] = {
    "LC_ALL": "C.UTF-8",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}


def run(
    root: Root,
    processor: str,
    arguments: Sequence[str],
    *,
    plugin: str | None = None,
    timeout_s: float = 600,
) -> str:
    """Run Python with armlet as it stands in this clone.

    Args:
        root: What the program runs on. What isn't there is the workstation's own: give
            absolute paths.
        processor: One of ``PROCESSORS``.
        arguments: Python's.
        plugin: The file of a plugin and its arguments, as QEMU takes them.
        timeout_s: Seconds after which it has failed.

    Returns:
        What it printed.

    Raises:
        ArmError: QEMU is missing, or the program fails.
    """
    require("qemu-aarch64")
    place = root.seen_by(processor)
    command = ["qemu-aarch64", "-L", str(place), "-cpu", processor]
    command += ["-plugin", plugin] if plugin else []
    command += [str(place / "usr/bin/python3"), *arguments]
    path = os.pathsep.join(map(str, [ROOT / "src", ROOT, *root.site]))
    environment = {**CALM, "HOME": "/nonexistent", "PATH": os.defpath, "PYTHONPATH": path}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=timeout_s
        )
    except subprocess.TimeoutExpired as error:
        raise ArmError(
            f"no answer on {processor} within {timeout_s:.0f} s", "try again"
        ) from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ArmError(f"{Path(arguments[0]).name} failed on {processor} ({said})", "mend it")
    return done.stdout
