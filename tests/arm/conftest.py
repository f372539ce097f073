"""What checks on emulated processors share: the root, and lines for the log."""

import pytest

from tests.arm import root as roots
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
