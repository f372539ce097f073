import pytest

from armlet.runtime import monitor
from armlet.runtime.conditions import Conditions, read_conditions


def test_machine_is_asked_only_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Conditions] = []

    def read() -> Conditions:
        asked.append(read_conditions())
        return asked[-1]

    now = 10.0
    monkeypatch.setattr(monitor, "read_conditions", read)
    watched = monitor.Monitor(3, lambda: now)
    before = watched.now()
    now += monitor.SECONDS - 0.1
    assert watched.since(before).after is before
    assert len(asked) == 1
    now += 0.2
    measured = watched.since(before)
    assert (measured.threads, measured.before, measured.after) == (3, before, asked[1])
    assert len(asked) == 2
