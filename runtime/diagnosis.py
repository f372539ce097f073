"""Why edge-run does or doesn't work on this machine; the record behind ``edge-run doctor``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import armlet
from armlet.runtime.advice import Finding, missing
from armlet.runtime.backends import BACKENDS
from armlet.runtime.cameras.finding import Cameras, find_cameras
from armlet.runtime.conditions import Conditions, read_conditions
from armlet.runtime.machine import Machine, read_machine
from armlet.runtime.probe import Probe, probe
from armlet.runtime.support import Support, judge

LIBRARIES = ("numpy", "OpenCV")
"""What every runtime needs."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What was found; nothing in it names the machine or its user."""

    machine: Machine
    conditions: Conditions
    cameras: Cameras
    libraries: Sequence[Probe]
    runtimes: Sequence[Probe]
    """One for each backend, in order of preference."""
    support: Support

    @property
    def works(self) -> bool:
        """Whether edge-run can classify here."""
        return any(one.works for one in self.runtimes)

    @property
    def next_step(self) -> str:
        """What to do where nothing works: repair what is there before installing more."""
        broken = [one for one in (*self.libraries, *self.runtimes) if not one.works]
        found = [one.finding.advice for one in broken if one.finding]
        return found[0] if found else self.support.advice

    def to_json(self) -> dict[str, Any]:
        """Everything as one JSON object, for reports of faults."""
        return {
            "armlet": armlet.__version__,
            "works": self.works,
            "machine": self.machine.to_json(),
            "conditions": self.conditions.to_json(),
            "cameras": self.cameras.to_json(),
            "libraries": [one.to_json() for one in self.libraries],
            "runtimes": [one.to_json() for one in self.runtimes],
            "support": self.support.to_json(),
        }


def diagnose(try_one: Callable[[str, Support], Probe] = probe) -> Diagnosis:
    """Look at everything; takes some seconds for each library.

    Args:
        try_one: Finds out whether a library works, as ``armlet.runtime.probe.probe`` does.
    """
    conditions = read_conditions()  # before the probes put load on the machine
    machine = read_machine()
    support = judge(machine.target)
    libraries = [_needed(try_one(name, support), support) for name in LIBRARIES]
    broken = [one.name for one in libraries if not one.works]
    return Diagnosis(
        machine=machine,
        conditions=conditions,
        cameras=find_cameras(),
        libraries=libraries,
        runtimes=[
            _not_tried(name, broken[0]) if broken else try_one(name, support)
            for name in BACKENDS
        ],
        support=support,
    )


def _needed(probed: Probe, support: Support) -> Probe:
    """A runtime may be missing, since one is enough; these may not."""
    if probed.installed is not False:
        return probed
    return replace(probed, finding=missing(probed.name, support))


def _not_tried(name: str, broken: str) -> Probe:
    """Every backend imports numpy and OpenCV, and would only fail with them."""
    finding = Finding(problem=f"not tried, it needs {broken}", advice=f"repair {broken} first")
    return Probe(name=name, installed=None, version=None, works=False, finding=finding)
