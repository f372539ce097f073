"""What ``edge-run`` says on the device, kept here as JSON."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armlet.command import progress
from armlet.device_scripts.connection import Connection
from armlet.storage import write_json

TIMEOUT_S = 3600
RESTED = 0.4
"""Processes for each core. edge-run believes no time of a device with 0.5 or more."""
_LOOK_S = 2


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


def let_rest(
    connection: Connection,
    longest_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until the device has little to do, for what a deploy did there is load as well.

    Not for ever: it may have other work, of which the measurement then tells.

    Args:
        connection: To it.
        longest_s: Seconds.
        clock: In seconds.
        sleep: Waits for so many.

    Raises:
        ConnectionFailed, DeviceError: As for ``Connection.ask``.
    """
    began, said = clock(), False
    while clock() < began + longest_s:
        found = connection.ask("load")
        if found["load"] < RESTED * found["cores"]:
            return
        if not said:
            said = True
            load = f"load {found['load']:.1f}"
            progress(f"letting the device rest ({load}), for {longest_s:.0f} s at most")
        sleep(_LOOK_S)


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
