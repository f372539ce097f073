import os
import subprocess
import sys
from pathlib import Path

import pytest

from armlet.runtime.cameras.holders import who_has
from tests.runtime.boards import lay_out

HOLD = "import sys, time; held = open(sys.argv[1]); print('open', flush=True); time.sleep(60)"


def test_process_that_has_it_open(tmp_path: Path) -> None:
    device = tmp_path / "video0"
    device.touch()
    link = tmp_path / "by-id"
    link.symlink_to(device)
    assert who_has(str(device)).seen == []
    command = [sys.executable, "-c", HOLD, str(device)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        (holder,) = who_has(str(link)).seen
        process.kill()
    assert holder.pid == process.pid
    assert holder.name.startswith("python")
    assert str(holder) == f"{holder.name} (process {process.pid})"


def test_processes_of_others_are_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path, {"proc/1/comm": "init\n", "proc/77/comm": "motion\n"})
    (tmp_path / "proc/77/fd").mkdir()
    (tmp_path / "proc/77/fd/5").symlink_to("/dev/video0")
    real = os.listdir

    def refuse(path: Path) -> list[str]:  # root may look into all
        if path.parent.name == "1":
            raise PermissionError
        return real(path)

    monkeypatch.setattr(os, "listdir", refuse)
    found = who_has("/dev/video0", tmp_path)
    assert (str(found), found.hidden) == ("motion (process 77)", True)


def test_process_that_ends_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "proc/5").mkdir(parents=True)
    found = who_has("/dev/video0", tmp_path)
    assert (found.seen, found.hidden) == ([], False)
