"""edge-run as it stands in this clone, here and on emulated processors."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.arm import emulator
from tests.arm.processors import PROCESSORS
from tests.arm.root import Root
from tests.arm.tools import ROOT, ArmError

_PROGRAM = ("-c", "from armlet.runtime.entry import run; run()")
_PATIENCE_S = 300.0


def on(
    root: Root,
    processor: str,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] = emulator.NOTHING,
    folder: Path | None = None,
) -> str:
    """What it prints on a processor.

    Raises:
        ArmError: It fails there.
    """
    done = emulator.attempt(
        root,
        processor,
        [*_PROGRAM, *arguments],
        environment=environment,
        folder=folder,
        timeout_s=_PATIENCE_S,
    )
    return _output(done, arguments, processor)


def everywhere(root: Root, *arguments: str | Path) -> tuple[str, Mapping[str, str]]:
    """What it prints here, and by processor what it prints there; those at the same time.

    Raises:
        ArmError: It fails somewhere.
    """
    words = [str(one) for one in arguments]
    with ThreadPoolExecutor(len(PROCESSORS)) as pool:
        there = pool.map(lambda processor: on(root, processor, words), PROCESSORS)
        path = os.pathsep.join(map(str, [ROOT / "src", *filter(None, sys.path)]))
        done = subprocess.run(
            [sys.executable, *_PROGRAM, *words],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        return _output(done, words, "x86"), dict(zip(PROCESSORS, there, strict=True))


def records(output: str) -> list[dict[str, Any]]:
    """What it printed as JSON, one object a line."""
    return [json.loads(line) for line in output.splitlines()]


def _output(
    done: "subprocess.CompletedProcess[str]", arguments: Sequence[str], where: str
) -> str:
    if done.returncode:
        said = done.stderr.strip() or f"exit code {done.returncode}"
        raise ArmError(f"edge-run {arguments[0]} failed on {where} ({said})", "mend it")
    return done.stdout
