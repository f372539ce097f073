"""Commands that go on, in processes of their own, for tests."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EDGE_RUN = Path(sys.executable).parent / "edge-run"
Process = subprocess.Popen[str]
AT_ONCE_S = 5.0
"""Within a second, said for a machine that is busy with other tests too."""


@contextmanager
def edge_run(*arguments: object, **environment: str) -> Iterator[Process]:
    """One that runs meanwhile."""
    running = subprocess.Popen(
        [str(one) for one in (EDGE_RUN, *arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    with running:
        try:
            yield running
        finally:
            running.kill()


def line(running: Process) -> str:
    """The next one on stdout."""
    assert running.stdout
    return running.stdout.readline()


def record(running: Process) -> Mapping[str, Any]:
    """The next object on stdout."""
    found: Mapping[str, Any] = json.loads(line(running))
    return found


def stopped(running: Process, number: signal.Signals) -> tuple[str, str]:
    """The rest of stdout and stderr of one that is told to stop, and does so soon and well."""
    running.send_signal(number)
    rest = running.communicate(timeout=AT_ONCE_S)
    assert running.returncode == 0, rest
    return rest


def ended(pid: int) -> bool:
    """Whether it is gone, or a zombie that its new parent hasn't looked after yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
