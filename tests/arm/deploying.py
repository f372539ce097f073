"""edge-export deploy to an emulated machine."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.arm.machine import Machine
from tests.arm.tools import cache

HOME = "armlet"
"""On the machine, in the home folder of pi."""


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
