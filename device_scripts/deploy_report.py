"""What ``edge-export deploy`` prints."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import armlet
from armlet.device_scripts.connection import Host
from armlet.device_scripts.deploy import Outcome, Rollback
from armlet.device_scripts.measuring import Finding
from armlet.device_scripts.sending import Transfer

Lines = Sequence[str]
_WIDTH = 9
_LAYERS = 3
"""Of a profile, the heaviest."""


def summary(outcome: Outcome) -> Lines:
    """What was done and found, a line each, and what to try next."""
    device, active = outcome.device, outcome.device.active
    pairs = [
        ("device", ", ".join(filter(None, (device.model, str(device.target))))),
        ("armlet", _armlet(outcome)),
        ("bundle", _sending(outcome.bundle, len(outcome.release.files), outcome.dry_run)),
        *(line for one in outcome.findings for line in _found(one)),
    ]
    release = outcome.release.name
    if outcome.dry_run:
        pairs.append(("active", f"{active or 'nothing'}, would be {release} if it verifies"))
        return [*_aligned(pairs), "", "nothing was changed there"]
    if outcome.refused:
        return _aligned(pairs)
    before = device.previous if active == release else active
    kept = f", --rollback leads to {before}" if before else ""
    pairs.append(("active", f"{release}{kept}"))
    paths = [one.path for one in outcome.findings if one.path]
    pairs.append(("kept", f"{paths[0].parent}: {', '.join(path.name for path in paths)}"))
    return [*_aligned(pairs), "", _next(outcome.host, outcome.home)]


def rolled_back(done: Rollback) -> Lines:
    """What a rollback did."""
    would = "would be" if done.dry_run else "is"
    lines = _aligned(
        [("active", f"{done.active} {would} active again, {done.previous} the one before")]
    )
    if done.dry_run:
        return [*lines, "", "nothing was changed there"]
    return [*lines, "", _next(done.host, done.home)]


def as_json(outcome: Outcome) -> Mapping[str, Any]:
    """All of it."""
    problem = outcome.problem
    changed = not (outcome.dry_run or outcome.refused)
    device = outcome.device
    active = outcome.release.name if changed else device.active
    previous = device.active if active != device.active else device.previous
    verified = next((one for one in outcome.findings if one.name == "verify"), None)
    return {
        "host": outcome.host.name,
        "dry_run": outcome.dry_run,
        "device": device.to_json(),
        "armlet": {
            "version": armlet.__version__,
            "runtime": outcome.runtime.name,
            "installed": outcome.runtime.to_install,
            **_transfer(outcome.wheels),
        },
        "bundle": {
            "network": outcome.release.network,
            "release": outcome.release.name,
            "files": [file.name for file in outcome.release.files],
            **_transfer(outcome.bundle),
        },
        "verified": None if verified is None else verified.problem is None,
        "active": active,
        "previous": previous,
        "findings": {one.name: one.record for one in outcome.findings},
        "problems": {one.name: list(one.lines) for one in outcome.findings if one.problem},
        "fetched": {one.name: str(one.path) for one in outcome.findings if one.path},
        "problem": str(problem) if problem else None,
    }


def rolled_back_json(done: Rollback) -> Mapping[str, Any]:
    """The same of a rollback."""
    return {
        "host": done.host.name,
        "dry_run": done.dry_run,
        "active": done.active if not done.dry_run else done.previous,
        "previous": done.previous if not done.dry_run else done.active,
    }


def size(count: int) -> str:
    """Bytes, for people."""
    if count < 10**6:
        return f"{-(-count // 1000)} KB"
    return f"{count / 10**6:.1f} MB" if count < 10**8 else f"{count / 10**6:.0f} MB"


def _transfer(transfer: Transfer) -> Mapping[str, Any]:
    return {
        "sent": [file.name for file in transfer.files],
        "sent_bytes": transfer.bytes,
        "there": transfer.there,
    }


def _armlet(outcome: Outcome) -> str:
    version, runtime = armlet.__version__, outcome.runtime
    if not runtime.to_install:
        return f"{version} is there"
    verb = "would install" if outcome.dry_run else "installed"
    transfer = outcome.wheels
    reused = len(runtime.digests) - len(transfer.files)
    there = f", {reused} were there" if reused else ""
    count = len(transfer.files)
    wheels = "1 wheel" if count == 1 else f"{count} wheels"
    return f"{verb} {version}: {wheels}, {size(transfer.bytes)}{there}"


def _sending(transfer: Transfer, count: int, dry_run: bool) -> str:
    if not transfer.files:
        return f"all {count} files were there"
    verb = "would send" if dry_run else "sent"
    names = [file.name for file in transfer.files]
    there = f"; {transfer.there} were there" if transfer.there else ""
    which = f" ({', '.join(names)})" if len(names) <= _LAYERS else ""
    amount = f"{len(names)} of {count} files, {size(transfer.bytes)}"
    return f"{verb} {amount}{there}{which}"


def _found(finding: Finding) -> Sequence[tuple[str, str]]:
    if finding.record is None or (finding.problem and finding.name in ("verify", "doctor")):
        lines = finding.lines or [finding.problem or ""]
        return [(finding.name, f"FAILED: {lines[0]}"), *(("", line) for line in lines[1:])]
    try:
        lines = _SHOWN[finding.name](finding.record)
    except (KeyError, TypeError, ValueError, IndexError):  # another version's, as setup.sh may
        lines = ["see the file"]  # have installed
    if finding.problem:
        lines = [*lines, f"FAILED: {finding.problem}"]
    return [(finding.name if not index else "", line) for index, line in enumerate(lines)]


def _verify(record: Mapping[str, Any]) -> Lines:
    run = [one for one in record["files"] if one["backend"]]
    exact = sum(one["identical"] == one["pictures"] for one in run)
    return [
        f"{len(run)} of {len(record['files'])} files answer as on the workstation, "
        f"{exact} of them bit for bit"
    ]


def _doctor(record: Mapping[str, Any]) -> Lines:
    runtimes = [f"{one['name']} {one['version']}" for one in record["runtimes"] if one["works"]]
    return [f"{', '.join(runtimes)}: {record['support']['tier']}"]


def _tune(record: Mapping[str, Any]) -> Lines:
    return [f"{record['file']} on {record['backend']}, threads: {record['threads']}"]


def _bench(record: Mapping[str, Any]) -> Lines:
    best = min(record["rows"], key=lambda row: float(row["p50_ms"]))
    lines = [
        f"{best['p50_ms']:.3g} ms: {best['file']} on {best['backend']}, "
        f"threads: {best['threads']}"
    ]
    return lines if record["valid"] else [*lines, f"NOT VALID: {'; '.join(record['reasons'])}"]


def _profile(record: Mapping[str, Any]) -> Lines:
    heaviest = sorted(record["layers"], key=lambda one: -float(one["share"]))[:_LAYERS]
    return [
        f"{record['file']} on {record['backend']}, heaviest layers:",
        *(f"  {100 * one['share']:.0f} % {one['name']}" for one in heaviest),
    ]


_SHOWN = {
    "verify": _verify,
    "doctor": _doctor,
    "tune": _tune,
    "bench": _bench,
    "profile": _profile,
}


def _aligned(pairs: Sequence[tuple[str, str]]) -> Lines:
    return [f"{title:{_WIDTH}}{text}".rstrip() for title, text in pairs]


def _next(host: Host, home: str) -> str:
    # The rest of the line is the device's shell's.
    program, bundle = shlex.quote(f"{home}/bin/edge-run"), shlex.quote(f"{home}/bundle")
    return f"next: {shlex.join(host.ssh)} {program} classify {bundle} photo.jpg"
