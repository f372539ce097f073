"""What ``edge-run`` says on the device, kept here as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armlet.device_scripts.connection import Connection
from armlet.storage import write_json

TIMEOUT_S = 3600


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one command printed on the device."""

    name: str
    """verify, doctor, tune, bench or profile."""
    record: Mapping[str, Any] | None
    """Its JSON; None: it printed none."""
    path: Path | None
    """Where that is kept."""
    problem: str | None
    """Why it failed, in a line; None: it didn't."""
    lines: Sequence[str] = ()
    """All that it said besides."""


def find_out(
    connection: Connection, name: str, command: Sequence[str], folder: Path
) -> Finding:
    """Run a command on the device and keep what it prints.

    Raises:
        ConnectionFailed, DeviceError: As for ``Connection.ask``.
        OutputError: It can't be kept.
    """
    done = connection.ask("run", command=list(command), timeout_s=TIMEOUT_S)
    record = _object(done["stdout"])
    path = folder / f"{name}.json" if record is not None else None
    if path and record:
        write_json(path, record)
    lines = [line.removeprefix("edge-run: ") for line in done["stderr"].splitlines() if line]
    problem = None
    if done["late"]:
        problem = f"no answer within {TIMEOUT_S} s"
    elif done["code"] < 0:
        problem = f"it was killed by signal {-done['code']}"
    elif done["code"]:
        # A traceback ends with what it is about; of our own lines, the first says most.
        last = lines[-1:] if record is None else lines[:1]
        problem = (last or [f"exit code {done['code']}"])[0]
    elif record is None:
        problem = "it printed no JSON"
    return Finding(name=name, record=record, path=path, problem=problem, lines=lines)


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        record = json.loads(text)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
