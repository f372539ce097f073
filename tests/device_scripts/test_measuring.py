from typing import Any, cast

import pytest

from armlet.device_scripts.connection import Connection
from armlet.device_scripts.measuring import let_rest

LONGEST_S = 180


class Busy:
    """A device whose load halves every ten seconds, down to some, and a clock to wait with."""

    def __init__(self, load: float, least: float = 0.0) -> None:
        self.load = load
        self.least = least
        self.now = 0.0

    def ask(self, do: str) -> dict[str, Any]:
        assert do == "load"
        return {"load": max(self.load * 0.5 ** (self.now / 10), self.least), "cores": 4}

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("load", "least", "seconds"),
    [(1.5, 0.0, 0), (6.4, 0.0, 22), (9.0, 4.0, LONGEST_S)],
    ids=["idle", "after an install", "with work of its own"],
)
def test_a_device_may_rest_before_it_is_measured(
    load: float, least: float, seconds: float
) -> None:
    device = Busy(load, least)
    let_rest(cast(Connection, device), LONGEST_S, lambda: device.now, device.sleep)
    assert device.now == pytest.approx(seconds, abs=2)
