"""A diagnosis as a page for people."""

import armlet
from armlet.runtime.cameras.finding import Camera, Cameras
from armlet.runtime.conditions import Conditions, describe_moment
from armlet.runtime.diagnosis import Diagnosis
from armlet.runtime.machine import Machine
from armlet.runtime.probe import Probe

Row = tuple[str, str]
NEXT = "next: edge-run classify out/ photo.jpg"


def page(diagnosis: Diagnosis) -> list[str]:
    """Sections of aligned lines, each problem followed by what to do about it."""
    cores = diagnosis.conditions.cores
    sections = {
        "machine": _machine(diagnosis.machine, cores),
        "now": _now(diagnosis.conditions),
        "cameras": _cameras(diagnosis.cameras),
        "libraries": [row for one in diagnosis.libraries for row in _probe(one)],
        "runtimes": [row for one in diagnosis.runtimes for row in _probe(one)],
        "support": _support(diagnosis),
    }
    rows = [row for section in sections.values() for row in section]
    width = max(len(name) for name, _ in rows)
    lines = [f"armlet {armlet.__version__}"]
    for title, section in sections.items():
        lines += ["", title]
        lines += [f"  {name:{width}}  {text}".rstrip() for name, text in section]
    return lines


def _machine(machine: Machine, cores: int | None) -> list[Row]:
    target = machine.target
    libc = ".".join(map(str, target.libc_version or ()))
    kernel = f", kernel {machine.kernel}" if machine.kernel != target.architecture else ""
    memory = [
        f"{machine.memory_mib:,} MiB" if machine.memory_mib is not None else "",
        f"{machine.available_mib:,} MiB available" if machine.available_mib is not None else "",
    ]
    rows = [
        ("board", machine.board or ""),
        ("system", _joined(machine.os, f"{target.libc} {libc}" if target.libc else None)),
        ("Python", f"{machine.python}, {machine.bits}-bit, {target.architecture}{kernel}"),
        ("processor", _joined(machine.cpu, f"usable cores: {cores}" if cores else None)),
        ("features", " ".join(machine.features)),
        ("memory", _joined(*memory)),
    ]
    return [row for row in rows if row[1]]


def _now(conditions: Conditions) -> list[Row]:
    rows = [("", describe_moment(conditions))]
    told = conditions.throttling
    if told and told.now:
        rows.append(("", f"slowed down now: {', '.join(told.now)}"))
    if told and told.since_boot:
        rows.append(("", f"slowed down since it was started: {', '.join(told.since_boot)}"))
    if told and told.advice:
        rows.append(("", f"-> {told.advice}"))
    return rows


def _cameras(cameras: Cameras) -> list[Row]:
    rows = [
        (one.device, _joined(one.name or "without a name", _use(one)))
        for one in cameras.nodes
        if one.capture is not False
    ]
    if cameras.csi_tool:
        rows.append(("ribbon cable", f"cameras through {cameras.csi_tool}"))
    rows += [("", f"-> {advice}") for advice in cameras.advice]
    return rows or [("", "none found")]


def _use(camera: Camera) -> str:
    if camera.csi:
        return "on the ribbon cable"
    return "may be opened" if camera.allowed else "may not be opened"


def _probe(probe: Probe) -> list[Row]:
    finding = probe.finding
    state = "works" if probe.works else finding.problem if finding else "not installed"
    rows = [(probe.name, _joined(probe.version, state))]
    if finding:
        rows += [("", finding.problem)] if probe.works else []
        rows += [("", f"-> {finding.advice}")]
    return rows


def _support(diagnosis: Diagnosis) -> list[Row]:
    support = diagnosis.support
    advice = f"-> {support.advice}"
    # Where nothing is wrong, nothing must look like a remedy.
    if diagnosis.works and support.advice.startswith("run "):
        advice = f"to install a runtime: {support.advice.removeprefix('run ')}"
    fits = [
        (one.runtime, _joined("fits", one.reason) if one.fits else f"doesn't fit: {one.reason}")
        for one in support.runtimes
    ]
    return [(support.tier, support.reason), *fits, ("", advice)]


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)
