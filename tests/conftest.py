"""What all tests share: which of them need torch, one exported bundle, and photos."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import skimage

TESTS = Path(__file__).parent
NEEDS_TORCH = "pytestmark = pytest.mark.torch"
"""The line that a test module needs if it, or what it tests, imports torch."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bundle",
        type=Path,
        help="use this bundle of the default network, where none can be exported",
    )


def left_out(config: pytest.Config) -> list[Path]:
    """The modules that ``-m "not torch"`` must not even import."""
    if config.getoption("markexpr") != "not torch":
        return []
    modules = sorted(TESTS.rglob("test_*.py"))
    return [path for path in modules if NEEDS_TORCH in path.read_text(encoding="utf-8")]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return collection_path in left_out(config) or None


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"needs torch, left out: {path.relative_to(TESTS)}" for path in left_out(config)]


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the user of this machine has tuned or fetched must neither change nor matter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARMLET_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        yield


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own cache, a folder that isn't there yet."""
    folder = tmp_path.with_name(f"{tmp_path.name}-cache")
    monkeypatch.setenv("ARMLET_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the default network; tests must not change it."""
    given: Path | None = request.config.getoption("--bundle")
    if given is not None:
        return given.resolve()
    folder = tmp_path_factory.mktemp("bundle") / "shufflenet_v2_x0_5"
    command = Path(sys.executable).parent / "edge-export"
    subprocess.run([command, "shufflenet_v2_x0_5", "-o", folder], check=True)
    return folder


@pytest.fixture
def copied(bundle: Path, tmp_path: Path) -> Path:
    """A bundle of the test's own, to be damaged."""
    return Path(shutil.copytree(bundle, tmp_path / "out"))


@pytest.fixture(scope="session")
def photos() -> Path:
    """The folder of photos that scikit-image ships, the cat chelsea.png among them."""
    return Path(skimage.__path__[0]) / "data"
