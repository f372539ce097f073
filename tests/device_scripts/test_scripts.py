"""The scripts for a device, as far as a workstation can run them; the rest is in tests/arm."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "device_scripts"
COMMANDS = ("setup.sh", "install-service.sh", "bench.sh")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with something that looks like armlet's."""
    for name in ("armlet/bin/edge-run", "armlet/releases/one/manifest.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.touch(0o755)
    for link, target in (("bundle", "releases/one"), ("runtime", "runtimes/none")):
        (tmp_path / "armlet" / link).symlink_to(target)
    return tmp_path


def run(home: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", str(SCRIPTS / command[0]), *command[1:]],
        capture_output=True,
        text=True,
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        timeout=60,
    )


def tree(folder: Path) -> list[tuple[str, float]]:
    return sorted((str(path), path.lstat().st_mtime) for path in folder.rglob("*"))


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.sh")))
def test_shellcheck_finds_nothing(script: str) -> None:
    assert shutil.which("shellcheck"), "apt-get install shellcheck"
    done = subprocess.run(
        ["shellcheck", "--shell=sh", script], cwd=SCRIPTS, capture_output=True, text=True
    )
    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.parametrize("script", COMMANDS)
def test_help_says_how(home: Path, script: str) -> None:
    done = run(home, script, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: {script} ")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        (["setup.sh", "--armlet", "LICENSE"], ["python3 -m venv", "--require-hashes"]),
        (["install-service.sh", "camera"], ["systemctl enable", "--source 0 --json"]),
        (["install-service.sh", "watch"], ["armlet-watch.service", "-m 2775"]),
        (["install-service.sh", "uninstall"], ["rm -rf /var/lib/armlet", "daemon-reload"]),
        (["bench.sh", "--output", "out", "--", "--runs", "1"], ["--json --runs 1", "mkdir"]),
    ],
    ids=lambda value: " ".join(value[:2]),
)
def test_a_dry_run_prints_commands_and_changes_nothing(
    home: Path, command: list[str], printed: list[str]
) -> None:
    command = [str(SCRIPTS.parent / one) if one == "LICENSE" else one for one in command]
    before = tree(home)
    done = run(home, command[0], "--dry-run", *command[1:])
    assert done.returncode == 0, done.stderr
    for part in printed:
        assert part in done.stdout
    assert tree(home) == before


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["setup.sh", "--hoem", "x"], "what is '--hoem'"),
        (["setup.sh", "--home"], "--home needs a value"),
        (["setup.sh", "--wheelhouse", "/nowhere"], "there is no folder /nowhere"),
        (["install-service.sh"], "camera, watch or uninstall"),
        (["install-service.sh", "camera", "--folder", "x"], "--folder is for watch"),
        (["install-service.sh", "camera", "--source", "a b"], "means something to systemd"),
        (["install-service.sh", "camera", "--home", "/no"], "there is no /no/bin/edge-run"),
        (["bench.sh", "--runs", "1"], "edge-run's own options come after --"),
        (["bench.sh", "--below", "hot"], "'hot' is not a whole number"),
        (["bench.sh", "--home", "/no"], "there is no /no/bin/edge-run"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line(home: Path, command: list[str], said: str) -> None:
    before = tree(home)
    done = run(home, command[0], "--dry-run", *command[1:])
    assert done.returncode != 0
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert tree(home) == before
