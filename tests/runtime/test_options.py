import pytest

from armlet.runtime.options import default_threads


def test_default_threads_are_the_cores_but_at_most_four(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert 1 <= default_threads() <= 4
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(64)))
    assert default_threads() == 4
