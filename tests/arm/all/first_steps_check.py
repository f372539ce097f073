"""The page that the owner of a Pi needs: README's commands up to labels (make test-arm-all).

The board is an emulated machine with systemd, called as in the README.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.arm import systemd
from tests.arm.camera import HEIGHT, WIDTH, Camera
from tests.arm.machine import NAME, Machine, booted
from tests.arm.tools import ROOT, cache

BOARD = "raspberrypi.local"
SECTION = re.compile(r"^## From SD card to labels\n(.*?)^## ", re.MULTILINE | re.DOTALL)
LIMIT_S = 600


BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sessions() -> list[list[str]]:
    """The commands of each block."""
    (section,) = SECTION.findall((ROOT / "README.md").read_text("utf-8"))
    return [
        [line[2:] for line in block.splitlines() if line.startswith("$ ")]
        for block in BLOCK.findall(section)
    ]


@pytest.fixture(scope="module")
def board(photos: Path) -> Iterator[Machine]:
    """With a camera that sees a cat."""
    with booted(systemd.make(), timeout_s=300) as machine:
        photo = cv2.imread(str(photos / "chelsea.png"))
        assert photo is not None
        small = cv2.resize(photo, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        machine.run("usermod --append --groups video pi", user="root")  # as on Raspberry Pi OS
        Camera(machine).plug(np.asarray(small, np.uint8))
        yield machine


@pytest.fixture(scope="module")
def environment(board: Machine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """In which ssh finds the board under its name in the README."""
    folder = tmp_path_factory.mktemp("bin")
    config = board.ssh_config.read_text("utf-8").replace(f"Host {NAME} ", f"Host {BOARD} ")
    (folder / "config").write_text(config, "utf-8")
    ssh = folder / "ssh"
    ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n', "utf-8")
    ssh.chmod(0o755)
    path = os.pathsep.join([str(folder), str(ROOT / ".venv/bin"), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "ARMLET_CACHE": str(cache() / "deploy")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """On the workstation, for all commands."""
    return tmp_path_factory.mktemp("workstation")


def run(command: str, folder: Path, environment: dict[str, str], said: list[str]) -> str:
    started = time.monotonic()
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_S,
    )
    said.append(f"$ {command}    ({time.monotonic() - started:.0f} s)")
    said += done.stdout.splitlines()
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_five_commands_lead_to_labels(
    environment: dict[str, str], folder: Path, said: list[str]
) -> None:
    first, _, _ = sessions()
    assert len(first) == 5
    last = [run(command, folder, environment, said) for command in first][-1]
    assert '"label": "cat"' in last


# Runs on the board, as a browser would.
OPEN = """
import json, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
page = opener.open(sys.argv[1], timeout=60).read()
print(len(page), json.load(opener.open("http://localhost:8080/api/state", timeout=60)))
"""


def test_the_page(
    board: Machine, environment: dict[str, str], folder: Path, said: list[str]
) -> None:
    """The one on the terminal, until that is closed, and the one of the service."""
    _, (cameras, watch, service), _ = sessions()
    board.run("sudo systemctl stop armlet-camera")
    assert "/dev/video0" in run(cameras, folder, environment, said)
    with subprocess.Popen(
        watch,
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as terminal:
        try:
            assert terminal.stdout
            told = re.compile(r"watch at http://[^/]+(/\?token=\S+)")
            path = next(found[1] for line in terminal.stdout if (found := told.search(line)))
            wait_for_cat(board, path)
        finally:
            os.killpg(terminal.pid, signal.SIGTERM)
    said.append(f"$ {watch}    (until it is stopped)")
    found = told.search(run(service, folder, environment, said))
    assert found
    wait_for_cat(board, found[1])


def wait_for_cat(board: Machine, path: str) -> None:
    """Return when the page at this path shows one."""
    end = time.monotonic() + LIMIT_S
    command = f"python3 - http://localhost:8080{path}"
    while "'label': 'cat'" not in (
        shown := board.run(command, input=OPEN.encode(), check=False)
    ):
        assert time.monotonic() < end, shown
        time.sleep(1)


def test_another_bundle_and_back(
    environment: dict[str, str], folder: Path, said: list[str]
) -> None:
    _, _, later = sessions()
    for command in later:
        run(command, folder, environment, said)
    assert (folder / "deployed/pi@raspberrypi.local/profile.json").exists()
