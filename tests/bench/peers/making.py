"""Makes the files that are to be timed, each in the environment that its tools need."""

import subprocess
from collections.abc import Mapping, Sequence
from json import loads
from pathlib import Path

import click

from tests.bench.peers.catalogue import (
    CONVERSIONS,
    MAIN,
    ROOT,
    RUNNERS,
    Conversion,
    advice,
    interpreter,
)
from tests.bench.peers.convert import VERSIONS
from tests.bench.peers.driver import environment


def make_files(network: Path, conversions: Sequence[Conversion] = CONVERSIONS) -> Sequence[str]:
    """Make what a network's folder lacks; armlet's own files, always.

    Args:
        network: The folder, named as the network.
        conversions: Those of interest.

    Returns:
        A line for each conversion that failed.
    """
    if not (network / "pictures.npz").exists():
        problem = _run(network, "given", MAIN, str(network))
        if problem:
            return [f"{network.name}: {problem}"]
    failed = []
    for one in conversions:
        made = (network / one.name / VERSIONS).exists() and one.name != "armlet"
        if made or interpreter(one.environment) is None:
            continue
        problem = _run(network, "convert", one.environment, one.name, str(network))
        if problem:
            failed.append(f"{network.name}/{one.name}: {problem}")
    return failed


def missing() -> Sequence[str]:
    """A line for each environment that nobody has made."""
    names = dict.fromkeys(one.environment for one in (*CONVERSIONS, *RUNNERS))
    return [f"{name}: run {advice(name)}" for name in names if interpreter(name) is None]


def versions(network: Path) -> Mapping[str, str]:
    """By package: the versions of what made a network's files."""
    found: dict[str, str] = {}
    for path in sorted(network.glob(f"*/{VERSIONS}")):
        found |= loads(path.read_text(encoding="utf-8"))
    return found


def _run(network: Path, module: str, where: str, *arguments: str) -> str | None:
    """Run a module of the benchmark, which may say much; what went wrong, if anything did."""
    log = (
        network.parent / f"{network.name}.{arguments[0] if len(arguments) > 1 else module}.log"
    )
    log.parent.mkdir(parents=True, exist_ok=True)
    click.echo(f"making {log.stem}")
    with log.open("wb") as file:
        ended = subprocess.run(
            [str(interpreter(where)), "-m", f"tests.bench.peers.{module}", *arguments],
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=environment(),
            check=False,
        )
    return f"failed, see {log}" if ended.returncode else None
