"""Ansible's role for many boards, against two emulated machines (make test-arm-all).

The checks use the same machines, in this order.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.arm import systemd
from tests.arm.machine import Machine, booted
from tests.arm.tools import ROOT, ArmError, cache
from tests.device_scripts.bundles import change_one_model, expect_other_answers

FLEET = ROOT / "device_scripts/fleet"
ANSIBLE = ROOT / ".venv-fleet/bin/ansible-playbook"
BOARDS = ("door", "gate")
LIMIT_S = 1200
PICTURES = "/var/lib/armlet/pictures"


@dataclass(frozen=True)
class Fleet:
    """Two boards, and a workstation's folder with an inventory of them."""

    boards: Mapping[str, Machine]
    folder: Path

    def play(self, bundle: Path, *options: str, code: int = 0) -> Mapping[str, Any]:
        """Run the playbook on both at once.

        Returns:
            By board, how many tasks were ok, changed, failed and so on.
        """
        command = [ANSIBLE, "-i", "inventory.json", FLEET / "playbook.yml"]
        command += ["-e", f"armlet_bundle={bundle}", *options]
        done = subprocess.run(
            [str(one) for one in command],
            cwd=self.folder,
            env={
                **os.environ,
                "PWD": str(self.folder),  # as a shell would
                "ANSIBLE_NOCOLOR": "1",
                "ARMLET_CACHE": str(cache() / "deploy"),
            },
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return _recap(done.stdout)

    def each(self, command: str) -> list[str]:
        """What a command prints on each board."""
        with ThreadPoolExecutor() as pool:
            return list(pool.map(lambda one: one.run(command).strip(), self.boards.values()))


def _recap(said: str) -> Mapping[str, Any]:
    lines = said.partition("PLAY RECAP")[2].splitlines()[1:]
    found = {}
    for line in filter(None, lines):
        name, _, counts = line.partition(":")
        pairs = (pair.split("=") for pair in counts.split())
        found[name.strip()] = {what: int(count) for what, count in pairs}
    return found


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    if not ANSIBLE.exists():
        raise ArmError("Ansible isn't installed", "run make .venv-fleet/made")
    folder = tmp_path_factory.mktemp("fleet")
    with ExitStack() as running:
        boards = {
            name: running.enter_context(booted(systemd.make(), timeout_s=300))
            for name in BOARDS
        }
        hosts = {
            name: {
                # By the port Ansible and ssh tell one board from the other.
                "ansible_host": "127.0.0.1",
                "ansible_port": one.port,
                "ansible_ssh_common_args": f"-F {one.ssh_config}",
                "armlet_ssh_config": str(one.ssh_config),
            }
            for name, one in boards.items()
        }
        shared = {
            "ansible_user": "pi",
            "armlet_edge_export": str(ROOT / ".venv/bin/edge-export"),
            "armlet_measure": [],
            "armlet_service": "watch",
        }
        inventory = {"boards": {"hosts": hosts, "vars": shared}}
        (folder / "inventory.json").write_text(json.dumps(inventory), "utf-8")
        yield Fleet(boards, folder)


@pytest.fixture(scope="module")
def bundles(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    found = {name: folder / name for name in ("first", "second", "wrong")}
    for path in found.values():
        shutil.copytree(bundle, path)
    change_one_model(found["second"], "second")
    expect_other_answers(found["wrong"])
    return found


def active(fleet: Fleet) -> list[str]:
    return fleet.each("readlink armlet/bundle")


def test_a_dry_run_changes_nothing(fleet: Fleet, bundles: Mapping[str, Path]) -> None:
    recap = fleet.play(bundles["first"], "--check", "-e", "armlet_service=keep")
    assert all(recap[name]["changed"] == 2 for name in BOARDS)  # the group and the bundle
    assert fleet.each("ls armlet 2>&1 || true") == 2 * [
        "ls: cannot access 'armlet': No such file or directory"
    ]


def test_all_boards_get_bundle_and_service(
    fleet: Fleet, bundles: Mapping[str, Path], photos: Path
) -> None:
    recap = fleet.play(bundles["first"])
    assert all(recap[name]["changed"] == 3 and not recap[name]["failed"] for name in BOARDS)
    assert fleet.each("systemctl is-active armlet-watch") == 2 * ["active"]
    assert all("video" in groups for groups in fleet.each("id -nG pi"))
    for name, board in fleet.boards.items():
        verified = json.loads((fleet.folder / f"deployed/{name}/verify.json").read_text())
        assert verified["verified"]
        photo = (photos / "chelsea.png").read_bytes()
        board.run(f"sudo -g armlet tee {PICTURES}/{name}.png >/dev/null", input=photo)
        seen = f"sudo journalctl -u armlet-watch | grep -q '{name}.png.*cat'"
        board.run(f"until {seen}; do sleep 1; done", timeout_s=240)


def test_what_is_there_is_left_alone(fleet: Fleet, bundles: Mapping[str, Path]) -> None:
    recap = fleet.play(bundles["first"])
    assert [recap[name]["changed"] for name in BOARDS] == [0, 0]


def test_a_refused_bundle_leaves_the_one_before(
    fleet: Fleet, bundles: Mapping[str, Path]
) -> None:
    before = active(fleet)
    recap = fleet.play(bundles["wrong"], code=2)
    assert all(recap[name]["failed"] == 1 for name in BOARDS)
    assert active(fleet) == before


def test_a_new_bundle_and_back_again(fleet: Fleet, bundles: Mapping[str, Path]) -> None:
    before = active(fleet)
    fleet.play(bundles["second"], "-e", "armlet_service=keep")
    assert active(fleet) != before
    fleet.play(bundles["second"], "-e", "armlet_rollback=true", "-e", "armlet_service=none")
    assert active(fleet) == before
    assert fleet.each("systemctl is-active armlet-watch || true") == 2 * ["inactive"]
