"""Every command of the README is run: here, or by CI where it is a target of make.

The README is one session: its commands run in their order in one folder, and a later one may
use what an earlier one left. A command that nobody runs fails ``test_every_command_is_run``.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import skimage

from tests.runtime.stand_ins import write_video

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(console|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OURS = ("edge-export ", "edge-run ")
BOARD = "raspberrypi.local"
"""Commands with it are run by tests/arm/all/first_steps_check.py, on an emulated board."""

MYNET = """
import torch
from torch import nn

def make():
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(3, 8, 3, 4, 1), nn.BatchNorm2d(8), nn.ReLU())
    return nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
"""


def commands() -> list[str]:
    """The commands of all blocks: after ``$`` in a console block, every line of a sh block."""
    found = []
    for kind, block in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")):
        lines = block.replace("\\\n", " ").splitlines()
        if kind == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        found += [line for line in lines if line.strip() and not line.startswith("#")]
    return found


def run(command: str, folder: Path) -> str:
    """What a shell command prints; a failure shows all of it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"$ {command}\n{done.stdout}"
    return done.stdout


@pytest.mark.parametrize("command", commands())
def test_every_command_is_run(command: str) -> None:
    if command.startswith("make "):
        # CI adds variables to some: make test-light PYTHON=...
        ci = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
        assert any(line == command or line.startswith(f"{command} ") for line in ci)
    elif command.startswith("pip install "):
        # Names and extras are looked up, and a wrong one warned of, without installing.
        printed = run(f"{command} --dry-run --no-deps --no-build-isolation", ROOT)
        assert "Would install armlet" in printed
        assert "does not provide the extra" not in printed
    else:
        assert command.startswith(OURS) or BOARD in command


PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.torch
def test_commands_of_the_session_run(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    shipped = Path(skimage.__path__[0]) / "data"
    shutil.copy(shipped / "chelsea.png", photos)
    shutil.copy(shipped / "rocket.jpg", photos)
    shutil.copy(shipped / "rocket.jpg", tmp_path / "photo.jpg")
    write_video(tmp_path / "video.avi", [shipped / "chelsea.png"], each=5)
    (tmp_path / "test/Bag").mkdir(parents=True)
    shutil.copy(shipped / "coffee.png", tmp_path / "test/Bag")
    (tmp_path / "mynet.py").write_text(MYNET, encoding="utf-8")
    (tmp_path / "labels.txt").write_text("cat\nrocket\n", encoding="utf-8")
    session = [
        command for command in commands() if command.startswith(OURS) and BOARD not in command
    ]
    assert session
    for command in session:
        run(command, tmp_path)
    (program,) = PYTHON.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(program.strip().splitlines()) <= 11
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    printed = run("python program.py", tmp_path).splitlines()
    assert len(printed) == 3 + 1 + 3
    assert printed[3].endswith((" ms, litert", " ms, onnx"))  # whichever tune found faster
