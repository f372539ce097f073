"""What checks on emulated processors share: the root, a machine, and lines for the log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.arm import disk
from tests.arm import root as roots
from tests.arm.deploying import HOME, Deploying
from tests.arm.machine import NAME, Machine, booted
from tests.arm.tools import require

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
def edge_run(
    machine: Machine, bundle: Path, tmp_path_factory: pytest.TempPathFactory, said: list[str]
) -> str:
    """The command edge-run on the machine, with ~/armlet/bundle beside it."""
    Deploying(machine, tmp_path_factory.mktemp("deployed"), said).run(bundle, NAME)
    return f"{HOME}/bin/edge-run"
