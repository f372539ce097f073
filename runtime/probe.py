"""Whether a library works here, found out in a child process: it may take that one with it."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any

from armlet.runtime.advice import Failure, Finding, explain, telemetry
from armlet.runtime.support import Support

SECONDS = 60.0
"""A small board takes ten for an import from a slow card."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What became of trying a library."""

    name: str
    """A backend's, numpy or OpenCV."""
    installed: bool | None
    """None: nobody could look, since what it needs itself doesn't work."""
    version: str | None
    """None: not installed, or it doesn't tell."""
    works: bool
    finding: Finding | None
    """What is wrong, or worth knowing though it works."""

    def to_json(self) -> dict[str, Any]:
        """The probe as a JSON object."""
        return asdict(self)


def probe(name: str, support: Support, seconds: float = SECONDS) -> Probe:
    """Import a library and use it a little.

    Args:
        name: A name that ``armlet.runtime.trial`` knows.
        support: What this machine is, for the advice.
        seconds: How long that may take.
    """
    # -P: a numpy.py that happens to lie in the current folder is not what edge-run imports.
    command = [sys.executable, "-P", "-m", "armlet.runtime.trial", name]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            output, _ = child.communicate(timeout=seconds)
            code: int | None = child.returncode
        except subprocess.TimeoutExpired:
            child.kill()
            output, _ = child.communicate()
            code = None
        except BaseException:
            child.kill()
            raise
    return _judge(name, _facts(output), code, support, seconds)


def _judge(
    name: str, facts: dict[str, Any], code: int | None, support: Support, seconds: float
) -> Probe:
    version = facts.get("version")
    works = bool(facts.get("works")) and code == 0
    finding = None
    if works and name == "onnx" and version:
        finding = telemetry(version)
    elif not works and facts.get("installed") is not False:
        messages = tuple(facts.get("error", ()))
        failure = Failure(name=name, code=code, messages=messages, seconds=seconds)
        finding = explain(failure, support)
    return Probe(
        name=name,
        installed=facts.get("installed"),
        version=version,
        works=works,
        finding=finding,
    )


def _facts(output: bytes) -> dict[str, Any]:
    """All that the trial said; a crash may have cut its last line."""
    facts: dict[str, Any] = {}
    for line in output.splitlines():
        try:
            facts.update(json.loads(line))
        except ValueError:
            break
    return facts
