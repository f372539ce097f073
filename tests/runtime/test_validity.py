from dataclasses import replace

import pytest

from armlet.runtime.conditions import Cluster, Conditions, Measured
from armlet.runtime.others import Work
from armlet.runtime.throttling import decode
from armlet.runtime.validity import doubts

QUIET = Conditions(
    governor="ondemand",
    clusters=[
        Cluster(cores="0 1", mhz=1800.0, max_mhz=1800.0),
        Cluster(cores="2 3", mhz=2400.0, max_mhz=2400.0),
    ],
    celsius=50.0,
    throttling=decode(0),
    load=0.4,
    cores=4,
)
SILENT = Conditions(
    governor=None, clusters=[], celsius=None, throttling=None, load=None, cores=None
)


def found(before: Conditions, after: Conditions) -> list[str]:
    return list(doubts(Measured(threads=4, before=before, after=after)))


def clocked(*mhz: float) -> Conditions:
    clusters = [Cluster(cores=str(at), mhz=one, max_mhz=None) for at, one in enumerate(mhz)]
    return replace(QUIET, clusters=clusters)


def test_resting_device_is_believed() -> None:
    # The measurement's own load, and what happened before it, count for nothing.
    old = replace(QUIET, throttling=decode(0x50000))
    assert found(QUIET, replace(QUIET, load=3.9, celsius=79.0)) == []
    assert found(old, old) == []


def test_device_that_tells_nothing_is_believed() -> None:
    assert found(SILENT, SILENT) == []


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        (0x4, 0x0, "throttled"),
        (0x0, 0x50005, "under-voltage, throttled"),
        (0x10000, 0x30000, "frequency capped"),
    ],
)
def test_throttling(before: int, after: int, reasons: str) -> None:
    first, last = (replace(QUIET, throttling=decode(bits)) for bits in (before, after))
    assert found(first, last) == [f"the board slowed itself down ({reasons})"]


def test_clock_of_the_fastest_cluster() -> None:
    assert found(clocked(1800, 2400), clocked(600, 2300)) == []
    assert found(clocked(1800, 2400), clocked(1800, 1800)) == [
        "the clock went from 2400 to 1800 MHz"
    ]
    assert found(clocked(600), clocked(1500)) == ["the clock went from 600 to 1500 MHz"]


@pytest.mark.parametrize(
    ("load", "cores", "reasons"),
    [
        (2.0, 4, []),
        (2.1, 4, ["the device was busy (load 2.1 before it, 4 cores)"]),
        (0.6, 1, ["the device was busy (load 0.6 before it, 1 core)"]),
        (9.0, None, []),
    ],
)
def test_load(load: float, cores: int | None, reasons: list[str]) -> None:
    assert found(replace(QUIET, load=load, cores=cores), QUIET) == reasons


@pytest.mark.parametrize(
    ("busy", "reasons"),
    [
        (10.0, []),
        (13.9, []),
        (19.0, ["others took 22% of the cores' time during it"]),
    ],
)
def test_others_meanwhile(busy: float, reasons: list[str]) -> None:
    start = Work(wall_s=0.0, busy_s=0.0, own_s=0.0, cores=4)
    end = Work(wall_s=10.0, busy_s=busy, own_s=10.0, cores=4)
    assert found(replace(QUIET, work=start), replace(QUIET, work=end)) == reasons
