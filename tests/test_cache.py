from pathlib import Path

import pytest

from armlet.cache import cache_folder
from armlet.errors import OutputError


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"ARMLET_CACHE": "/a", "XDG_CACHE_HOME": "/x"}, Path("/a")),
        ({"ARMLET_CACHE": "", "XDG_CACHE_HOME": "/x"}, Path("/x/armlet")),
        ({}, Path.home() / ".cache" / "armlet"),
    ],
)
def test_cache_folder(environment: dict[str, str], folder: Path) -> None:
    assert cache_folder(environment) == folder


def test_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(OutputError, match="set ARMLET_CACHE"):
        cache_folder({})
