"""Push, measure, fetch: a bundle becomes the active one of a device, once it has proved itself.

The steps, in their order; a kill between any two leaves the device with what was active:

    connect, look     what the device is and has            agent.py
    resolve           which wheels it needs                 wheels.py, armlet_wheel.py
    send              what it lacks                         sending.py
    install, release  by hard links, in folders of their own
    verify            the new release, on the new runtime
    switch            both are active; what was becomes the previous release
    measure, fetch    doctor and what else was asked for    measuring.py
    clean             what neither release needs
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import armlet
from armlet.command import progress
from armlet.device_scripts.connection import Connection, Host, connected
from armlet.device_scripts.device import Device, read_device
from armlet.device_scripts.installing import Runtime, choose_runtime, command_of
from armlet.device_scripts.measuring import Finding, find_out, let_rest
from armlet.device_scripts.release import Release, read_release
from armlet.device_scripts.sending import Transfer, plan, send
from armlet.errors import ArmletError, DeviceBusy, DeviceError, OutputError, RefusedRelease

HOME = "armlet"
RESERVE = 20_000_000
"""Bytes that stay free on a device."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What was asked for."""

    host: Host
    home: str = HOME
    """Armlet's folder on the device; relative to the user's home there."""
    wheelhouse: Path | None = None
    """Where wheels come from; None: the package index."""
    output: Path | None = None
    """Where what the device says is kept; None: deployed/HOST."""
    tune: bool = False
    bench: bool = False
    profile: bool = False
    rest: float = 180
    """Seconds that a busy device may have to calm down before it measures."""
    dry_run: bool = False

    @property
    def folder(self) -> Path:
        """Where what the device says is kept."""
        return self.output or Path("deployed") / self.host.folder_name


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a deploy did, or in a dry run would do."""

    host: Host
    home: str
    """As it was given."""
    dry_run: bool
    device: Device
    runtime: Runtime
    """That which it shall run, already or from now on."""
    release: Release
    wheels: Transfer
    bundle: Transfer
    findings: Sequence[Finding] = ()
    """What the device said of itself, the verification first."""
    problem: ArmletError | None = None
    """Why it is no success."""

    @property
    def refused(self) -> bool:
        """Whether the release wasn't made active."""
        return isinstance(self.problem, RefusedRelease)


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """What a rollback did, or would do."""

    host: Host
    home: str
    dry_run: bool
    active: str
    """The release that is active now."""
    previous: str
    """And that which was."""


def deploy(job: Job, bundle: Path) -> Outcome:
    """Make a bundle the active one of a device.

    Returns:
        What was done; its ``problem`` says whether the release was refused, or something that
        was asked for after the switch failed.

    Raises:
        BundleError: The bundle is damaged; nothing was sent.
        ConnectionFailed: The device can't be reached, or not any more.
        DeviceError: It can't take armlet.
        DeviceBusy: Somebody else is deploying to it.
        WheelError: What it needs can't be had.
        OutputError: Something can't be written here.
    """
    release = read_release(bundle)
    if not job.dry_run:
        _check_output(job.folder)
    with connected(job.host) as connection:
        progress(f"connecting to {job.host.name}")
        device = read_device(job.host.name, connection.begin(job.home))
        if not job.dry_run:
            _lock(connection)
        runtime = choose_runtime(connection, device, job.wheelhouse)
        wanted = [file.sha256 for file in (*runtime.wheels, *release.files)]
        arrived = connection.ask("look", files=wanted)["files"]
        outcome = Outcome(
            host=job.host,
            home=job.home,
            dry_run=job.dry_run,
            device=device,
            runtime=runtime,
            release=release,
            wheels=plan(runtime.wheels, arrived),
            bundle=plan(release.files, arrived),
        )
        _check_room(outcome)
        return outcome if job.dry_run else _carry_out(connection, job, outcome)


def roll_back(job: Job) -> Rollback:
    """Let the active and the previous release of a device change places.

    Raises:
        ConnectionFailed, DeviceError, DeviceBusy: As for ``deploy``.
        RefusedRelease: There is no previous release.
    """
    with connected(job.host) as connection:
        device = read_device(job.host.name, connection.begin(job.home))
        if device.active is None or device.previous is None:
            raise RefusedRelease(
                f"{job.host.name} has no previous bundle in {device.home}", "deploy one first"
            )
        if not job.dry_run:
            _lock(connection)
            connection.ask("rollback")
    return Rollback(
        host=job.host,
        home=job.home,
        dry_run=job.dry_run,
        active=device.previous,
        previous=device.active,
    )


def _check_output(folder: Path) -> None:
    """Say early that what the device says can't be kept."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}", "choose another with -o") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{folder} can't be written to", "choose another with -o")


def _lock(connection: Connection) -> None:
    if connection.ask("lock")["busy"]:
        raise DeviceBusy(
            f"somebody else is deploying to {connection.host.name}",
            "wait for that to end, then run this again",
        )


def _check_room(outcome: Outcome) -> None:
    wheels = outcome.wheels.bytes + outcome.runtime.unpacked_bytes
    needed = wheels + outcome.bundle.bytes + RESERVE
    free = outcome.device.free_bytes
    if needed > free:
        raise DeviceError(
            f"{outcome.host.name} has {free // 10**6} MB left, this needs {needed // 10**6} MB",
            "make room there",
        )


def _carry_out(connection: Connection, job: Job, outcome: Outcome) -> Outcome:
    runtime, release = outcome.runtime, outcome.release
    if runtime.to_install:
        send(connection, outcome.wheels, "sending armlet")
        progress("unpacking armlet")
        connection.ask("unpack", wheels=[wheel.sha256 for wheel in runtime.wheels])
        connection.ask(
            "install",
            runtime=runtime.name,
            version=armlet.__version__,
            wheels=runtime.digests,
            command=command_of(outcome.device),
        )
    send(connection, outcome.bundle, "sending the bundle")
    connection.ask("release", release=release.name, files=release.digests)
    verified = _verify(connection, job, outcome)
    outcome = replace(outcome, findings=[verified])
    if verified.problem:
        connection.ask("drop", release=release.name)
        return replace(outcome, problem=_refusal(outcome, verified))
    launcher = files("armlet.device_scripts").joinpath("launcher.sh").read_text("utf-8")
    connection.ask("switch", runtime=runtime.name, release=release.name, launcher=launcher)
    outcome = replace(outcome, findings=[verified, *_measure(connection, job)])
    connection.ask("clean", keep=outcome.device.runtime)
    failed = [one for one in outcome.findings if one.problem]
    if failed:
        names = " and ".join(one.name for one in failed)
        problem = DeviceError(
            f"{release.name} is active on {job.host.name}, but {names} failed "
            f"({failed[0].problem})",
            "mend that and run this again",
        )
        return replace(outcome, problem=problem)
    return outcome


def _verify(connection: Connection, job: Job, outcome: Outcome) -> Finding:
    progress("verifying the new bundle on the device")
    command = f"runtimes/{outcome.runtime.name}/edge-run"
    arguments = ["verify", f"releases/{outcome.release.name}", "--json"]
    return find_out(connection, "verify", [command, *arguments], job.folder)


def _refusal(outcome: Outcome, verified: Finding) -> RefusedRelease:
    active = outcome.device.active
    still = f"{active} is still active" if active else "nothing is active"
    return RefusedRelease(
        f"{outcome.host.name} refuses this bundle ({verified.problem}), {still}",
        "export it again with edge-export, or see "
        f"{verified.path or 'edge-run doctor on the device'}",
    )


def _measure(connection: Connection, job: Job) -> Sequence[Finding]:
    # What tune finds is what bench and profile then use.
    wanted = {"tune": job.tune, "bench": job.bench, "profile": job.profile}
    commands = {"doctor": ["doctor", "--json"]}
    commands |= {name: [name, "bundle", "--json"] for name in wanted if wanted[name]}
    findings = []
    for name, arguments in commands.items():
        if name in ("tune", "bench"):  # which say no to a busy device
            let_rest(connection, job.rest)
        progress(f"running edge-run {name} on the device")
        findings.append(find_out(connection, name, ["bin/edge-run", *arguments], job.folder))
    return findings
