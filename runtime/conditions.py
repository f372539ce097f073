"""The conditions of a measurement: a time means little without clock, heat and load."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armlet.runtime.kernel_files import in_order, read_number, read_table, read_text
from armlet.runtime.others import Work, read_work, share_of_others
from armlet.runtime.throttling import Throttling, ask_vcgencmd, read_throttling

MIXED = "mixed"
NOTHING_TOLD = "the machine tells no clock or temperature"

# What stands for the processor, best first. Others (acpitz, a charger, the radio) say nothing
# of it, and some of them stand still at 27.8 °C for ever.
_ZONES = (
    r"cpu[-_]thermal|x86_pkg_temp",
    r"(big|little|cpu|cluster|package).*",
    r"soc.*",
)
_SENSORS = frozenset({"coretemp", "cpu_thermal", "k10temp"})
_FEW = 4


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Cores that share one clock."""

    cores: str
    """Their numbers, as the kernel writes them: ``0 1 2 3``."""
    mhz: float | None
    """Clock at this moment, in MHz."""
    max_mhz: float | None
    """The highest clock of this hardware, in MHz."""

    def to_json(self) -> dict[str, Any]:
        """The cluster as a JSON object."""
        return {"cores": self.cores, "mhz": self.mhz, "max_mhz": self.max_mhz}


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """How a machine is at one moment; None stands for what it doesn't tell."""

    governor: str | None
    """How the kernel chooses the clock; ``mixed``: not alike for all cores."""
    clusters: Sequence[Cluster]
    """Empty where the machine tells no clock."""
    celsius: float | None
    """The processor's temperature in degrees Celsius."""
    throttling: Throttling | None
    """Told by Raspberry Pis only."""
    load: float | None
    """Processes that ran or waited to, on average over the last minute."""
    cores: int | None
    """How many this process may use."""
    work: Work | None = None
    """What they have done so far."""

    @property
    def mhz(self) -> Sequence[float]:
        """The clock of each cluster that tells it, in MHz."""
        return [one.mhz for one in self.clusters if one.mhz is not None]

    def to_json(self) -> dict[str, Any]:
        """Everything as a JSON object."""
        return {
            "governor": self.governor,
            "clusters": [one.to_json() for one in self.clusters],
            **_moment(self),
            "cores": self.cores,
        }


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Under which conditions something was measured."""

    threads: int
    """How many the runtime was given."""
    before: Conditions
    after: Conditions

    @property
    def others(self) -> float | None:
        """Part of the cores' time that other processes took, 0 to 1; None: nobody tells."""
        return share_of_others(self.before.work, self.after.work)

    def to_json(self) -> dict[str, Any]:
        """The pair as a JSON object; ``mhz`` has a number for each cluster of cores."""
        return {
            "threads": self.threads,
            "governor": _governor([self.before, self.after]),
            "before": _moment(self.before),
            "after": _moment(self.after),
            "others": None if self.others is None else round(self.others, 3),
        }


def read_conditions(
    root: Path = Path("/"), vcgencmd: Callable[[], str | None] = ask_vcgencmd
) -> Conditions:
    """Look at the machine now.

    Args:
        root: What stands for ``/``.
        vcgencmd: Asks a Raspberry Pi's firmware, as ``throttling.ask_vcgencmd`` does.
    """
    policies = in_order(root / "sys/devices/system/cpu/cpufreq", "policy[0-9]*")
    governors = {read_text(policy / "scaling_governor") for policy in policies} - {None}
    status = dict(read_table(root / "proc/self/status"))
    cores = _numbers(status.get("Cpus_allowed_list", ""))
    return Conditions(
        governor=governors.pop() if len(governors) == 1 else MIXED if governors else None,
        clusters=[_cluster(policy) for policy in policies],
        celsius=_celsius(root),
        throttling=read_throttling(root, vcgencmd()),
        load=_load(read_text(root / "proc/loadavg")),
        cores=len(cores) or None,
        work=read_work(root, cores),
    )


def describe_moment(conditions: Conditions) -> str:
    """One line for people about clock, heat and load now; never empty."""
    return _sentence(conditions.governor, [conditions])


def describe(measured: Measured) -> str:
    """One line for people about a measurement's conditions; never empty."""
    pair = [measured.before, measured.after]
    slowed = slowdowns(measured)
    words = [f"slowed down: {', '.join(slowed)}"] if slowed else []
    return ", ".join([_sentence(_governor(pair), pair), *words])


def slowdowns(measured: Measured) -> Sequence[str]:
    """What held the machine back at either end of a measurement, or newly between them.

    Returns:
        Of ``throttling.REASONS``; none where the machine doesn't tell.
    """
    before, after = measured.before.throttling, measured.after.throttling
    if before is None or after is None:
        return []
    between = set(after.since_boot) - set(before.since_boot)
    return list(dict.fromkeys([*before.now, *after.now, *sorted(between)]))


def _sentence(governor: str | None, moments: Sequence[Conditions]) -> str:
    clocks = [_clock(one.mhz) for one in moments if one.mhz]
    degrees = [f"{one.celsius:.1f}" for one in moments if one.celsius is not None]
    load = moments[0].load  # a later one has the measurement itself in it
    parts = [
        f"governor {governor}" if governor else "",
        f"{' -> '.join(clocks)} MHz" if clocks else "",
        f"{' -> '.join(degrees)} °C" if degrees else "",
        f"load {load:.1f}" if load is not None else "",
        "" if clocks or degrees else NOTHING_TOLD,
    ]
    return ", ".join(part for part in parts if part)


def _clock(mhz: Sequence[float]) -> str:
    # A board has up to four clusters; a desktop has one for every core.
    words = [f"{value:.0f}" for value in mhz]
    if len(set(words)) == 1:
        return words[0]
    return "/".join(words) if len(words) <= _FEW else f"{min(mhz):.0f}..{max(mhz):.0f}"


def _governor(moments: Sequence[Conditions]) -> str | None:
    names = {one.governor for one in moments}
    return names.pop() if len(names) == 1 else MIXED


def _moment(conditions: Conditions) -> dict[str, Any]:
    told = conditions.throttling
    return {
        "mhz": list(conditions.mhz) or None,
        "celsius": conditions.celsius,
        "throttled": told.to_json() if told else None,
        "load": conditions.load,
    }


def _cluster(policy: Path) -> Cluster:
    now = read_number(policy / "scaling_cur_freq")
    highest = read_number(policy / "cpuinfo_max_freq")
    return Cluster(
        cores=read_text(policy / "affected_cpus") or policy.name.removeprefix("policy"),
        mhz=None if now is None else now / 1e3,
        max_mhz=None if highest is None else highest / 1e3,
    )


def _celsius(root: Path) -> float | None:
    """The hottest of the zones, or else sensors, that stand for the processor."""
    zones = in_order(root / "sys/class/thermal", "thermal_zone[0-9]*")
    kinds = [(zone / "temp", read_text(zone / "type") or "") for zone in zones]
    sensors = in_order(root / "sys/class/hwmon", "hwmon[0-9]*")
    choices = [
        *([path for path, kind in kinds if re.fullmatch(one, kind, re.I)] for one in _ZONES),
        [one / "temp1_input" for one in sensors if read_text(one / "name") in _SENSORS],
    ]
    for paths in choices:
        told = [value for value in map(read_number, paths) if value is not None]
        if told:
            return max(told) / 1e3
    return None


def _load(text: str | None) -> float | None:
    try:
        return float((text or "").split()[0])
    except (IndexError, ValueError):
        return None


def _numbers(ranges: str) -> Collection[int]:
    """The numbers that ``0-2,5`` means."""
    pairs = re.findall(r"(\d+)(?:-(\d+))?", ranges)
    return {n for first, last in pairs for n in range(int(first), int(last or first) + 1)}
