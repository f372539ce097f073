"""The scripts for a device, as far as a workstation can run them; the rest is in tests/arm."""

import fcntl
import getpass
import hashlib
import os
import platform
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import armlet
from tests.device_scripts.bundles import damage, edit_manifest

SCRIPTS = Path(__file__).parents[2] / "device_scripts"
ROOT = SCRIPTS.parent
PYTHON = subprocess.run(
    ["python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
    capture_output=True,
    text=True,
    check=True,
).stdout.strip()
"""What the scripts find, which may be another than that of the tests."""
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


@pytest.fixture
def kit(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Path:
    """A kit for this machine, whose only wheel is none."""
    folder = tmp_path_factory.mktemp("kit")
    shutil.copytree(SCRIPTS, folder, dirs_exist_ok=True)
    shutil.copytree(bundle, folder / "bundle")
    (folder / "wheels").mkdir()
    (folder / "wheels/armlet-0-py3-none-any.whl").touch()
    say_fits(folder, platform.machine(), PYTHON)
    return folder


def say_fits(kit: Path, architecture: str, python: str) -> None:
    lines = ("system bookworm", f"architecture {architecture}", f"python {python}")
    (kit / "kit.txt").write_text("".join(f"{line}\n" for line in lines))


def environment(home: Path | None) -> dict[str, str]:
    path = {"PATH": os.environ["PATH"]}
    return path if home is None else {**path, "HOME": str(home)}


def run(
    home: Path | None, *command: str, scripts: Path = SCRIPTS
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", str(scripts / command[0]), *command[1:]],
        capture_output=True,
        text=True,
        env=environment(home),
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
        (
            ["install-service.sh", "camera"],
            ["systemctl enable", "bundle --json --changes", "PrivateNetwork=yes"],
        ),
        (["install-service.sh", "camera", "--source", "0"], ['--source "0" --json']),
        (
            ["install-service.sh", "camera", "--source", "rtsp://u:p%40w@cam/s?channel=1&x=$y"],
            ['--source "rtsp://u:p%%40w@cam/s?channel=1&x=$$y"', "AF_UNIX AF_INET"],
        ),
        (
            ["install-service.sh", "camera", "--web", "0.0.0.0:8080"],
            ["--web 0.0.0.0:8080 --token-file /var/lib/armlet/token", "AF_UNIX AF_INET"],
        ),
        (
            ["install-service.sh", "camera", "--publish", "mqtt://broker/cam"],
            ['--publish "mqtt://broker/cam"', "AF_UNIX AF_INET"],
        ),
        (["install-service.sh", "camera", "--source", "csi"], ["char-media rw", "AF_NETLINK"]),
        (["install-service.sh", "watch"], ["armlet-watch.service", "-m 2775"]),
        (["bench.sh", "--output", "out", "--", "--runs", "1"], ["--json --runs 1", "mkdir"]),
    ],
    ids=lambda value: " ".join(value[:2]),
)
def test_a_dry_run_prints_commands_and_changes_nothing(
    home: Path, command: list[str], printed: list[str]
) -> None:
    command = [str(ROOT / one) if one == "LICENSE" else one for one in command]
    before = tree(home)
    done = run(home, command[0], "--dry-run", *command[1:])
    assert done.returncode == 0, done.stderr
    for part in printed:
        assert part in done.stdout
    assert tree(home) == before


def test_to_uninstall_a_service_that_is_not_there_changes_nothing(home: Path) -> None:
    before = tree(home)
    done = run(home, "install-service.sh", "uninstall", "--dry-run")
    assert done.returncode == 0, done.stderr
    # On the machine of the tests, which may be one that runs it.
    assert "nothing to do" in done.stderr or "rm -rf /var/lib/armlet" in done.stdout
    assert tree(home) == before


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["setup.sh", "--hoem", "x"], "what is '--hoem'"),
        (["setup.sh", "--home"], "--home needs a value"),
        (["setup.sh", "--wheelhouse", "/nowhere"], "there is no folder /nowhere"),
        (["install-service.sh"], "camera, watch or uninstall"),
        (["install-service.sh", "camera", "--folder", "x"], "--folder is for watch"),
        (["install-service.sh", "watch", "--web", "8080"], "--publish are for camera"),
        (["install-service.sh", "camera", "--source", "a b"], "--source has a space"),
        (["install-service.sh", "camera", "--source", "-x"], "--source -x is no source"),
        (["install-service.sh", "camera", "--web", "80"], "--web 80 is no [HOST:]PORT"),
        (
            ["install-service.sh", "camera", "--web", "nonsense"],
            "--web nonsense is no [",
        ),
        (["install-service.sh", "camera", "--publish", "host"], "is no mqtt://BROKER/TOPIC"),
        (["install-service.sh", "camera", "--publish", "mqtt://u:p@h/t"], "ARMLET_MQTT_USER"),
        (["install-service.sh", "watch", "--folder", "a b"], "means something to systemd"),
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


@pytest.mark.parametrize(
    ("architecture", "python"), [("armv6l", PYTHON), (platform.machine(), "3.99")]
)
def test_a_kit_for_another_system_says_so(
    home: Path, kit: Path, architecture: str, python: str
) -> None:
    say_fits(kit, architecture, python)
    done = run(home, "setup.sh", "--dry-run", scripts=kit)
    assert done.returncode == 1 and done.stdout == ""
    said = f"this kit is for bookworm ({architecture}, Python {python}), and this is "
    assert f"{said}{platform.machine()} with Python {PYTHON}; " in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_kit_takes_its_own_wheels(home: Path, kit: Path) -> None:
    done = run(home, "setup.sh", "--dry-run", scripts=kit)
    assert f"--find-links={kit}/wheels" in done.stdout, done.stderr


def install(home: Path, kit: Path) -> "subprocess.CompletedProcess[str]":
    """Set up from a kit, whose runtime is there already: it runs this very armlet."""
    planned = run(home, "setup.sh", "--dry-run", scripts=kit)
    # No test changes the system that it runs on.
    assert "packages are missing" not in planned.stderr, planned.stderr
    assert "usermod" not in planned.stdout, "join the group video, or run this as root"
    (link,) = [line for line in planned.stdout.splitlines() if "ln -sfn runtimes/" in line]
    name = link.split()[2]
    runtime = home / "armlet" / name
    runtime.mkdir(parents=True, exist_ok=True)
    (runtime / "version").write_text(f"{armlet.__version__} {runtime.name}\n")
    code = "from armlet.runtime.entry import run; run()"
    path = f"PYTHONPATH={ROOT / 'src'}"
    (runtime / "edge-run").write_text(f'#!/bin/sh\n{path} {sys.executable} -c "{code}" "$@"\n')
    (runtime / "edge-run").chmod(0o755)
    return run(home, "setup.sh", scripts=kit)


def links(home: Path) -> list[str]:
    return [os.readlink(home / "armlet" / name) for name in ("bundle", "previous")]


def test_the_bundle_of_a_kit_becomes_active_if_it_verifies(home: Path, kit: Path) -> None:
    digest = hashlib.sha256((kit / "bundle/manifest.json").read_bytes()).hexdigest()[:12]
    (home / "armlet/runtimes/venv-older").mkdir(parents=True)
    done = install(home, kit)
    assert done.returncode == 0, done.stderr
    assert links(home) == [f"releases/kit-{digest}", "releases/one"]
    assert "reproduces" in done.stdout
    command, bundle = home / "armlet/bin/edge-run", home / "armlet/bundle"
    assert done.stderr.endswith(f"next: {command} classify {bundle} PICTURE\n")
    assert not (home / "armlet/runtimes/venv-older").exists()

    assert "reproduces" not in install(home, kit).stdout
    assert links(home) == [f"releases/kit-{digest}", "releases/one"]

    edit_manifest(kit / "bundle", lambda record: None)  # other bytes, so another bundle
    damage(kit / "bundle")
    before = tree(home / "armlet/releases")
    done = install(home, kit)
    assert done.returncode == 1
    assert done.stderr.endswith("doesn't verify on this device; export it again\n")
    assert links(home) == [f"releases/kit-{digest}", "releases/one"]
    assert [name for name, _ in tree(home / "armlet/releases")] == [name for name, _ in before]


def test_a_deploy_keeps_setup_out(home: Path) -> None:
    before = tree(home)
    with (home / "armlet/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run(home, "setup.sh", "--armlet", str(ROOT / "LICENSE"))
    assert done.returncode == 1 and done.stdout == ""
    assert f"somebody else is installing or deploying to {home}/armlet;" in done.stderr
    (home / "armlet/lock").unlink()
    assert [name for name, _ in tree(home)] == [name for name, _ in before]


def test_a_home_that_nobody_can_write_to_is_one_line() -> None:
    done = run(None, "setup.sh", "--home", "/proc/armlet", "--armlet", str(ROOT / "LICENSE"))
    assert done.returncode == 1
    assert done.stderr.startswith("setup.sh: /proc/armlet can't be written to; ")
    assert len(done.stderr.splitlines()) == 1


def test_without_a_variable_the_home_folder_is_the_users() -> None:
    done = run(None, "setup.sh", "--dry-run", "--armlet", str(ROOT / "LICENSE"))
    assert done.returncode == 0, done.stderr
    assert f" {pwd.getpwnam(getpass.getuser()).pw_dir}/armlet/bin " in done.stdout


def test_a_killed_measurement_leaves_no_file(home: Path) -> None:
    command = home / "armlet/bin/edge-run"
    command.write_text("#!/bin/sh\nexec sleep 30\n")
    output = home / "out"
    words = ["sh", str(SCRIPTS / "bench.sh"), "--wait", "0", "--output", str(output)]
    with subprocess.Popen(words, env=environment(home), stderr=subprocess.DEVNULL) as bench:
        end = time.monotonic() + 20
        while not (output / "bench.json.new").exists() and time.monotonic() < end:
            time.sleep(0.05)
        assert (output / "bench.json.new").exists()
        bench.send_signal(signal.SIGTERM)
        assert bench.wait(20) == 143
    assert list(output.iterdir()) == []
