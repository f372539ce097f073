"""Pages that tests look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.web.serving import TOKEN, Shown, serving


@pytest.fixture
def shown() -> Iterator[Shown]:
    """On loopback, for everybody there."""
    with serving() as one:
        yield one


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"  {TOKEN}\n", "utf-8")
    return path


@pytest.fixture
def guarded(token_file: Path) -> Iterator[Shown]:
    """On loopback, for those who know the token."""
    with serving(token_file=token_file) as one:
        yield one
