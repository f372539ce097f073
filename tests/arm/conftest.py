"""What checks on emulated processors share: the root, a machine, and lines for the log."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.arm import disk
from tests.arm import root as roots
from tests.arm.machine import NAME, Machine, booted
from tests.arm.tools import ROOT, require

_SAID = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SAID] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """What was measured stands in the log, whether or not it passed."""
    if config.stash[_SAID]:
        terminalreporter.section("on emulated processors")
        for line in config.stash[_SAID]:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def said(request: pytest.FixtureRequest) -> list[str]:
    """Lines that shall be in the log."""
    return request.config.stash[_SAID]


@pytest.fixture(scope="session")
def root() -> roots.Root:
    """An arm64 Debian with armlet's wheels."""
    require("qemu-aarch64", "mmdebstrap", "gcc", "readelf")
    return roots.make()


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """A board with a bare Debian, which all checks share."""
    require("qemu-system-aarch64", "mmdebstrap", "cpio", "depmod", "ssh", "ssh-keygen")
    with booted(disk.make()) as machine:
        yield machine


@pytest.fixture(scope="session")
def edge_run(machine: Machine, root: roots.Root, bundle: Path) -> str:
    """The command edge-run on the machine, with ~/armlet/bundle beside it."""
    (site,) = root.site
    names = sorted(one.name for one in site.iterdir() if not one.name.startswith("onnxruntime"))
    packed = ["tar", "--create", "--dereference"]
    sources = [f"--directory={ROOT / 'src'}", "armlet"]
    wheels = [f"--directory={site}", *names]
    files = [f"--directory={bundle.parent}", bundle.name]
    for folder, what in (("site", [*wheels, *sources]), ("bundle", files)):
        strip = "--strip-components=1" if folder == "bundle" else ""
        with subprocess.Popen([*packed, *what], stdout=subprocess.PIPE) as tar:
            there = f"mkdir -p armlet/{folder} && tar -x {strip} -C armlet/{folder}"
            subprocess.run(
                ["ssh", "-F", machine.ssh_config, NAME, there],
                stdin=tar.stdout,
                check=True,
                timeout=300,
            )
    launcher = (
        "#!/bin/sh\n"
        "export PYTHONPATH=/home/pi/armlet/site\n"
        "exec python3 -c 'from armlet.runtime.entry import run; run()' \"$@\"\n"
    )
    machine.run(
        "mkdir armlet/bin && cat > armlet/bin/edge-run && chmod +x armlet/bin/edge-run",
        input=launcher.encode(),
    )
    return "armlet/bin/edge-run"
