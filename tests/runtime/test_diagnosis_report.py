"""The page, of machines that are not this one."""

from dataclasses import replace
from pathlib import Path

from armlet.runtime.advice import Finding
from armlet.runtime.cameras.finding import find_cameras
from armlet.runtime.conditions import read_conditions
from armlet.runtime.diagnosis import Diagnosis
from armlet.runtime.diagnosis_report import page
from armlet.runtime.machine import read_machine
from armlet.runtime.probe import Probe
from armlet.runtime.support import Target, judge
from tests.runtime.boards import PI_4, lay_out

TARGET = Target(
    system="linux",
    architecture="armv7l",
    implementation="CPython",
    python=(3, 13),
    libc="glibc",
    libc_version=(2, 41),
)
FINDING = Finding(problem="crashes (SIGSEGV)", advice="do something else")


def tried(name: str, works: bool) -> Probe:
    finding = None if works else FINDING
    return Probe(name=name, installed=True, version="2.3.0", works=works, finding=finding)


def pi_4(root: Path, target: Target, works: bool) -> Diagnosis:
    lay_out(root, PI_4)
    machine = replace(read_machine(root), target=target, bits=32, kernel="aarch64")
    return Diagnosis(
        machine=replace(machine, python="CPython 3.13.5"),
        conditions=read_conditions(root, lambda: None),
        cameras=find_cameras(root, which=lambda tool: None),
        libraries=[tried("numpy", True), tried("OpenCV", True)],
        runtimes=[tried("litert", works)],
        support=judge(target),
    )


def test_board_with_bad_power_and_nothing_that_fits(tmp_path: Path) -> None:
    diagnosis = pi_4(tmp_path, TARGET, works=False)
    assert (
        page(diagnosis)[1:]
        == """
machine
  board           Raspberry Pi 4 Model B Rev 1.4
  system          Debian GNU/Linux 12 (bookworm), glibc 2.41
  Python          CPython 3.13.5, 32-bit, armv7l, kernel aarch64
  processor       Cortex-A72, usable cores: 4
  features        asimd
  memory          3,793 MiB, 3,200 MiB available

now
                  governor ondemand, 1500 MHz, 48.3 °C, load 0.4
                  slowed down now: under-voltage, throttled
                  slowed down since it was started: under-voltage, throttled
                  -> use a stronger power supply and cable

cameras
                  none found

libraries
  numpy           2.3.0, works
  OpenCV          2.3.0, works

runtimes
  litert          2.3.0, crashes (SIGSEGV)
                  -> do something else

support
  unsupported     32-bit ARM has a runtime for Python 3.11 only, this is Python 3.13
  litert          doesn't fit: wheels for 64-bit only
  onnx            doesn't fit: wheels for 64-bit only
  tflite-runtime  doesn't fit: wheels for Python up to 3.11
                  -> use a 64-bit system, such as 64-bit Raspberry Pi OS (on a Pi 3, a Zero 2 \
or later), or Debian 12 with its Python 3.11""".splitlines()
    )
    assert diagnosis.next_step == "do something else"


def test_what_works_gets_no_remedy(tmp_path: Path) -> None:
    target = replace(TARGET, architecture="aarch64")
    diagnosis = pi_4(tmp_path, target, works=True)
    *_, last = page(diagnosis)
    assert last.endswith("to install a runtime: pip install 'armlet[litert]' or 'armlet[onnx]'")
    assert diagnosis.works
