"""Runs Python on an emulated ARM processor: qemu-aarch64 with an unpacked Debian beneath."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from tests.arm.root import Root
from tests.arm.tools import ROOT, ArmError, require

# One thread, since the plugin counts without locks; and nothing that differs between runs.
CALM: Mapping[str, str] = {
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}
NOTHING: Mapping[str, str] = MappingProxyType({})


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
    done = attempt(
        root,
        processor,
        arguments,
        environment={"QEMU_PLUGIN": plugin} if plugin else {},
        timeout_s=timeout_s,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ArmError(f"{Path(arguments[0]).name} failed on {processor} ({said})", "mend it")
    return done.stdout


def attempt(
    root: Root,
    processor: str,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] = NOTHING,
    folder: Path | None = None,
    timeout_s: float = 600,
) -> "subprocess.CompletedProcess[str]":
    """The same for a program that may fail.

    Args:
        root: As for ``run``, as what isn't listed here.
        processor: Likewise.
        arguments: Likewise.
        environment: Variables, besides those that are always set.
        folder: Where the program runs; None: where this one does.
        timeout_s: Likewise.

    Returns:
        How it ended.

    Raises:
        ArmError: QEMU is missing, or there is no end.
    """
    require("qemu-aarch64")
    path = os.pathsep.join(map(str, [ROOT / "src", ROOT, *root.site]))
    try:
        return subprocess.run(
            [root.python(processor), *arguments],
            capture_output=True,
            text=True,
            cwd=folder,
            env={**CALM, "PATH": os.environ["PATH"], "PYTHONPATH": path, **environment},
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired as error:
        raise ArmError(
            f"no answer on {processor} within {timeout_s:.0f} s", "try again"
        ) from error
