"""The scripts for a device, on an emulated machine with systemd (make test-arm-all).

The checks use one machine, in this order: what the first installs, the others use.
"""

import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from armlet.device_scripts.kit import write_kit
from tests.arm import systemd
from tests.arm.camera import DEVICE, HEIGHT, WIDTH, Camera, Picture
from tests.arm.machine import Machine, booted
from tests.arm.tools import ArmError

SETUP = "sh kit/setup.sh"
SERVICE = "sh armlet/runtime/scripts/install-service.sh"
BENCH = "sh armlet/runtime/scripts/bench.sh"
LIMIT_S = 900
"""Installing takes an emulated machine minutes."""


@pytest.fixture(scope="module")
def machine(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with systemd, without network; the kit lies in pi's home folder."""
    kit = write_kit("bookworm", tmp_path_factory.mktemp("kit") / "kit", bundle)
    with booted(systemd.make(), may_reboot=True, timeout_s=300) as machine:
        _send(machine, ".", [kit.folder])
        yield machine


@pytest.fixture(scope="module")
def camera(machine: Machine) -> Camera:
    return Camera(machine)


@pytest.fixture(scope="module")
def cat(photos: Path) -> Picture:
    return _picture(photos / "chelsea.png")


@pytest.fixture(scope="module")
def rocket(photos: Path) -> Picture:
    return _picture(photos / "rocket.jpg")


def test_a_dry_run_changes_nothing(machine: Machine) -> None:
    machine.run("touch mark; sleep 1")
    said = machine.run(f"{SETUP} --dry-run")
    assert "sudo usermod --append --groups video pi" in said
    assert "python3 -m venv" in said
    assert machine.run("find . -newer mark -not -name .ssh -not -path .") == ""
    assert "video" not in machine.run("id -nG pi")


def test_setup_makes_edge_run_work_and_may_be_repeated(machine: Machine, bundle: Path) -> None:
    first = machine.run(f"PIP_NO_COMPILE=1 {SETUP}", timeout_s=LIMIT_S)
    runtimes = [line.split() for line in first.splitlines() if " works" in line]
    assert {line[0] for line in runtimes} >= {"litert", "onnx"}
    assert "video" in machine.run("id -nG pi")
    assert machine.run("cat armlet/runtime/version").split()[1].startswith("venv-")
    assert machine.run("readlink armlet/bundle").startswith("releases/kit-")  # so it verified

    again = machine.run(f"PIP_NO_COMPILE=1 {SETUP} 2>&1", timeout_s=LIMIT_S)
    assert "making a virtual environment" not in again

    _send(machine, "armlet/releases/one", sorted(bundle.iterdir()))
    _send(machine, "armlet/releases/two", sorted(bundle.iterdir()))
    machine.run("ln -sfn releases/one armlet/bundle")


def test_the_camera_runs_from_boot_on(machine: Machine, camera: Camera, cat: Picture) -> None:
    camera.plug(cat)
    machine.run(f"{SERVICE} camera", timeout_s=300)
    wait_for(machine, camera_says(machine, "cat"))
    files = "/etc/systemd/system/armlet-*"
    assert machine.run(f"sudo systemd-analyze verify {files} 2>&1") == ""

    boot = "cat /proc/sys/kernel/random/boot_id"
    before = machine.run(boot)
    machine.run("sudo systemctl reboot", check=False)
    wait_for(machine, lambda: machine.run(boot, check=False) not in ("", before))
    camera.plug(cat)  # until then, it is tried again and again
    wait_for(machine, camera_says(machine, "cat"))


def test_the_camera_survives(machine: Machine, camera: Camera, rocket: Picture) -> None:
    process = _process(machine)
    machine.run(f"sudo kill -KILL {process}")
    wait_for(machine, lambda: _process(machine) not in ("0", process))
    camera.show(rocket)
    wait_for(machine, camera_says(machine, "ship"))

    process = _process(machine)
    camera.unplug()
    wait_for(machine, lambda: f"{DEVICE} is gone" in _journal(machine, "camera", 20))
    camera.plug(rocket)
    wait_for(machine, lambda: f"{DEVICE} is back" in _journal(machine, "camera", 200))
    wait_for(machine, camera_says(machine, "ship"))
    assert _process(machine) == process


@pytest.mark.parametrize(
    "switch",
    [
        "ln -s releases/two new && mv -T new bundle",
        "ln -s releases/one previous && python3 -c 'import ctypes;"
        ' ctypes.CDLL(None).renameat2(-100, b"bundle", -100, b"previous", 2)\'',
    ],
    ids=["replaced", "exchanged"],
)
def test_a_new_bundle_is_taken_up(machine: Machine, switch: str) -> None:
    process = _process(machine)
    machine.run(f"cd armlet && {switch}")
    wait_for(machine, lambda: _process(machine) not in ("0", process))


def test_a_broken_bundle_is_in_the_journal(machine: Machine) -> None:
    machine.run("sudo systemctl stop armlet-camera")
    start = "sudo systemctl start armlet-verify"
    machine.run(start, timeout_s=LIMIT_S)
    assert "this device reproduces the workstation" in _journal(machine, "verify", 30)
    weights = "armlet/bundle/model.int8.tflite"
    machine.run(f"cp {weights} kept && printf x | dd of={weights} bs=1 seek=9000 conv=notrunc")
    machine.run(start, timeout_s=LIMIT_S, check=False)
    machine.run(f"cp kept {weights}")
    assert "model.int8.tflite" in _journal(machine, "verify", 5)
    assert machine.run("systemctl is-failed armlet-verify") == "failed\n"


def test_a_picture_in_the_folder_is_labelled(machine: Machine, photos: Path) -> None:
    machine.run(f"{SERVICE} watch", timeout_s=300)
    # A login of its own: this one has the groups of before.
    machine.run(
        "sudo -u pi sh -c 'cat >/var/lib/armlet/pictures/cat.png'",
        input=(photos / "chelsea.png").read_bytes(),
    )
    wait_for(machine, lambda: '"label": "cat"' in _journal(machine, "watch", 5))


def test_the_service_leaves_nothing(machine: Machine) -> None:
    machine.run(f"{SERVICE} uninstall", timeout_s=300)
    assert machine.run("getent passwd armlet; getent group armlet", check=False) == ""
    assert machine.run("systemctl list-units --all --plain --no-legend 'armlet*'") == ""
    left = machine.run("sudo find / -xdev -iname '*armlet*' -not -path '/home/*'")
    assert left == ""


def test_the_governor_comes_back(machine: Machine) -> None:
    machine.run(_GOVERNORS, user="root")
    options = "--precision int8 --backend litert --threads 1"
    governor = "cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
    assert machine.run(f"{BENCH} --dry-run; {governor}").endswith("\nschedutil\n")

    machine.run(f"{BENCH} --output out -- --runs 1 {options}", timeout_s=300)
    conditions = json.loads(machine.run("cat out/conditions.json"))
    assert conditions["governor"] == {"before": "schedutil", "during": "performance"}
    assert conditions["celsius"] == {"before": 48, "after": 48}
    measured = json.loads(machine.run("cat out/bench.json"))
    assert measured["conditions"]["governor"] == "performance"
    assert machine.run(governor) == "schedutil\n"

    for signal in ("TERM", "INT"):
        # setsid --wait: a shell ignores SIGINT for what it starts in the background.
        process = machine.run(
            "python3 -c 'import subprocess, sys; print(subprocess.Popen(sys.argv[1:],"
            " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)'"
            f" {BENCH} -- --runs 1000 {options}"
        ).strip()
        wait_for(machine, lambda: machine.run(governor) == "performance\n")
        machine.run(f"kill -{signal} {process}")
        wait_for(machine, lambda: machine.run(governor) == "schedutil\n")
        wait_for(machine, lambda: machine.run("pgrep -f 'edge-run bench'", check=False) == "")


# QEMU has neither clocks nor thermometers to set.
_GOVERNORS = """
set -e
cpu=/sys/devices/system/cpu
mkdir /tmp/cpu0
cp -r $cpu/cpu0/topology /tmp/cpu0/ 2>/dev/null || true
mount -t tmpfs tmpfs $cpu/cpu0
cp -r /tmp/cpu0/* $cpu/cpu0/
mkdir $cpu/cpu0/cpufreq
echo schedutil >$cpu/cpu0/cpufreq/scaling_governor
mount -t tmpfs tmpfs $cpu/cpufreq
ln -s ../cpu0/cpufreq $cpu/cpufreq/policy0
mount -t tmpfs tmpfs /sys/class/thermal
mkdir /sys/class/thermal/thermal_zone0
echo cpu-thermal >/sys/class/thermal/thermal_zone0/type
echo 48000 >/sys/class/thermal/thermal_zone0/temp
"""


def wait_for(machine: Machine, so: Callable[[], bool], timeout_s: float = 120) -> None:
    """Return when something is so."""
    end = time.monotonic() + timeout_s
    while not so():
        if time.monotonic() > end:
            said = machine.run(
                "sudo journalctl --boot --unit 'armlet-*' --output cat --lines 20", check=False
            )
            raise ArmError(f"it isn't so within {timeout_s:.0f} s", f"the journal says: {said}")
        time.sleep(1)


def camera_says(machine: Machine, label: str) -> Callable[[], bool]:
    """Whether the newest line tells of a label; lines are only written when it changes."""
    return lambda: f'"label": "{label}"' in _journal(machine, "camera", 1)


def _journal(machine: Machine, service: str, newest: int) -> str:
    return machine.run(
        f"sudo journalctl --boot --unit armlet-{service} --output cat --lines {newest}",
        check=False,
    )


def _process(machine: Machine) -> str:
    return machine.run("systemctl show --value --property MainPID armlet-camera").strip()


def _picture(path: Path) -> Picture:
    photo = cv2.imread(str(path))
    assert photo is not None
    return np.asarray(
        cv2.resize(photo, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8
    )


def _send(machine: Machine, folder: str, paths: Sequence[Path]) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path in paths:
            tar.add(path, path.name)
    machine.run(
        f"mkdir -p {folder} && tar -C {folder} -xf -", input=packed.getvalue(), timeout_s=300
    )
