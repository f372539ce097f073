from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from armlet.runtime.conditions import (
    NOTHING_TOLD,
    Conditions,
    Measured,
    describe,
    describe_moment,
    read_conditions,
)
from armlet.runtime.throttling import Throttling, decode
from tests.runtime.boards import CPU, LAPTOP, PI_4, PI_5, lay_out


def conditions(root: Path, files: Mapping[str, str], vcgencmd: str | None = None) -> Conditions:
    return read_conditions(lay_out(root, files), lambda: vcgencmd)


def test_pi_4(tmp_path: Path) -> None:
    assert conditions(tmp_path, PI_4).to_json() == {
        "governor": "ondemand",
        "clusters": [{"cores": "0 1 2 3", "mhz": 1500.0, "max_mhz": 1800.0}],
        "mhz": [1500.0],
        "celsius": 48.312,
        "throttled": {
            "now": ["under-voltage", "throttled"],
            "since_boot": ["under-voltage", "throttled"],
        },
        "load": 0.42,
        "cores": 4,
    }


def test_pi_5_whose_firmware_tool_is_there(tmp_path: Path) -> None:
    told = conditions(tmp_path, PI_5, "throttled=0x0")
    assert told.throttling == Throttling(now=[], since_boot=[])
    assert told.cores == 3
    assert describe_moment(told) == "governor performance, 2400 MHz, 61.0 °C, load 1.0"


def test_firmware_tool_goes_before_the_kernel(tmp_path: Path) -> None:
    told = conditions(tmp_path, PI_4, "throttled=0x20002")
    assert told.throttling == Throttling(
        now=["frequency capped"], since_boot=["frequency capped"]
    )


def test_firmware_tool_that_fails_is_passed_over(tmp_path: Path) -> None:
    told = conditions(tmp_path, PI_4, "VCHI initialization failed")
    assert told.throttling is not None
    assert told.throttling.now == ["under-voltage", "throttled"]


def test_laptop_with_many_clocks_and_zones(tmp_path: Path) -> None:
    told = conditions(tmp_path, LAPTOP)
    assert told.governor == "mixed"
    assert [one.cores for one in told.clusters] == ["0", "2", "10"]
    assert told.mhz == [400.123, 800.0, 3500.0]
    assert (told.celsius, told.throttling, told.load, told.cores) == (55.0, None, None, None)
    assert describe_moment(told) == "governor mixed, 400/800/3500 MHz, 55.0 °C"


def test_many_clocks_become_a_range(tmp_path: Path) -> None:
    files = {f"{CPU}/policy{n}/scaling_cur_freq": f"{800 + n}000" for n in range(6)}
    assert describe_moment(conditions(tmp_path, files)) == "800..805 MHz"


def test_sensor_where_no_zone_stands_for_the_processor(tmp_path: Path) -> None:
    sensors = {
        "sys/class/thermal/thermal_zone0/type": "acpitz",
        "sys/class/thermal/thermal_zone0/temp": "27800",
        "sys/class/hwmon/hwmon0/name": "nvme",
        "sys/class/hwmon/hwmon0/temp1_input": "70000",
        "sys/class/hwmon/hwmon1/name": "k10temp",
        "sys/class/hwmon/hwmon1/temp1_input": "44125",
    }
    assert conditions(tmp_path, sensors).celsius == 44.125


def test_hottest_of_several_zones(tmp_path: Path) -> None:
    kinds = {"soc-thermal": 90, "bigcore0-thermal": 61, "littlecore-thermal": 52}
    files = {}
    for number, (kind, celsius) in enumerate(kinds.items()):
        files[f"sys/class/thermal/thermal_zone{number}/type"] = kind
        files[f"sys/class/thermal/thermal_zone{number}/temp"] = f"{celsius}000"
    assert conditions(tmp_path, files).celsius == 61.0


def test_machine_that_tells_nothing(tmp_path: Path) -> None:
    told = conditions(tmp_path, {})
    assert told == Conditions(
        governor=None, clusters=[], celsius=None, throttling=None, load=None, cores=None
    )
    assert describe_moment(told) == NOTHING_TOLD
    assert describe(Measured(threads=1, before=told, after=told)) == NOTHING_TOLD


def test_files_that_make_no_sense(tmp_path: Path) -> None:
    nonsense = dict.fromkeys(PI_4, "?")
    told = conditions(tmp_path, nonsense)
    assert (told.mhz, told.celsius, told.throttling) == ([], None, None)
    assert (told.load, told.cores) == (None, None)


def test_measurement(tmp_path: Path) -> None:
    quiet = Throttling(now=[], since_boot=[])
    before = replace(conditions(tmp_path, PI_4), throttling=quiet)
    measured = Measured(
        threads=4, before=before, after=replace(before, celsius=52.06, load=3.9)
    )
    assert describe(measured) == (
        "governor ondemand, 1500 -> 1500 MHz, 48.3 -> 52.1 °C, load 0.4"
    )
    assert measured.to_json() == {
        "threads": 4,
        "governor": "ondemand",
        "before": {
            "mhz": [1500.0],
            "celsius": 48.312,
            "throttled": {"now": [], "since_boot": []},
            "load": 0.42,
        },
        "after": {
            "mhz": [1500.0],
            "celsius": 52.06,
            "throttled": {"now": [], "since_boot": []},
            "load": 3.9,
        },
        "others": None,
    }


def test_work_of_others(tmp_path: Path) -> None:
    stat = "".join(f"cpu{n} 100 0 0 900 0 0 0 0 0 0\n" for n in range(8))
    told = conditions(tmp_path, {**PI_4, "proc/stat": stat})
    assert told.work is not None
    assert told.work.cores == told.cores == 4  # of eight, this process may use four
    after = replace(
        told,
        work=replace(
            told.work,
            wall_s=told.work.wall_s + 10.0,
            busy_s=told.work.busy_s + 25.0,
            own_s=told.work.own_s + 10.0,
        ),
    )
    measured = Measured(threads=1, before=told, after=after)
    assert measured.others == pytest.approx(0.375)
    assert measured.to_json()["others"] == 0.375


def test_what_slowed_the_measurement_down_is_said(tmp_path: Path) -> None:
    before = replace(conditions(tmp_path, PI_5), throttling=decode(0x10000))
    after = replace(before, throttling=decode(0x70000), governor="ondemand")
    said = describe(Measured(threads=1, before=before, after=after))
    assert said.startswith("governor mixed, ")
    assert said.endswith(", slowed down: frequency capped, throttled")
    assert "slowed" not in describe(Measured(threads=1, before=before, after=before))


@pytest.mark.parametrize(
    ("bits", "now", "since_boot"),
    [
        (0, [], []),
        (0x1, ["under-voltage"], []),
        (0x80008, ["soft temperature limit"], ["soft temperature limit"]),
        (0x50000, [], ["under-voltage", "throttled"]),
    ],
)
def test_bits(bits: int, now: Sequence[str], since_boot: Sequence[str]) -> None:
    assert decode(bits) == Throttling(now=now, since_boot=since_boot)


def test_this_machine() -> None:
    told = read_conditions()
    assert told.cores is None or told.cores >= 1
    assert describe_moment(told)
