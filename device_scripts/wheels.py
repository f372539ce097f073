"""The wheels that a device needs, resolved and fetched on the workstation.

They are those of ``locks``, for the device's processor and Python; pip checks their hashes.
They stay in armlet's cache: the next device like it takes no network.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from armlet.bundle import sha256
from armlet.cache import cache_folder
from armlet.device_scripts.device import Target
from armlet.device_scripts.files import DIGITS, SentFile
from armlet.errors import WheelError
from armlet.storage import staged_folder, write_json

HASHES = "sha256.json"


def runtime_name(wheels: Sequence[SentFile]) -> str:
    """What a runtime made of these is called on a device."""
    return sha256("\n".join(sorted(one.sha256 for one in wheels)).encode())[:DIGITS]


def resolve_wheels(target: Target, wheelhouse: Path | None = None) -> Sequence[SentFile]:
    """The locked wheels for a device, fetched unless they are here already.

    Args:
        target: What they must fit.
        wheelhouse: Folder of wheels to take them from, without a network.

    Raises:
        WheelError: They can't be fetched, or aren't the locked ones.
        OutputError: The cache can't be written to.
    """
    if wheelhouse and not wheelhouse.is_dir():
        raise WheelError(f"there is no folder {wheelhouse}", "check --wheelhouse")
    lock = files("armlet.device_scripts").joinpath("locks", f"{target.lock}.txt").read_text()
    key = sha256(f"{target}\n{lock}".encode())[:DIGITS]
    folder = cache_folder() / "wheels" / f"{target.architecture}-{key}"
    wheels = _kept(folder)
    if wheels is None:
        with staged_folder(folder, HASHES) as stage:
            requirements = stage / "lock.txt"
            requirements.write_text(lock, encoding="utf-8")
            _download(target, requirements, wheelhouse, stage)
            requirements.unlink()
            hashes = {one.name: sha256(one.read_bytes()) for one in sorted(stage.iterdir())}
            write_json(stage / HASHES, hashes)
        wheels = _kept(folder) or ()
    return wheels


def _kept(folder: Path) -> Sequence[SentFile] | None:
    try:
        hashes: Mapping[str, str] = json.loads((folder / HASHES).read_text(encoding="utf-8"))
        if any(sha256((folder / one).read_bytes()) != hashes[one] for one in hashes):
            return None  # storage decays on workstations, too
        return [
            SentFile(
                name=name,
                path=folder / name,
                sha256=digest,
                bytes=(folder / name).stat().st_size,
            )
            for name, digest in hashes.items()
        ]
    except (OSError, ValueError, AttributeError):
        return None


def _download(
    target: Target, requirements: Path, wheelhouse: Path | None, folder: Path
) -> None:
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--implementation=cp"]
    command += [f"--python-version={target.python[0]}.{target.python[1]}"]
    command += [f"--platform={name}" for name in target.platforms]
    command += [f"--requirement={requirements}", f"--dest={folder}", "--quiet"]
    if wheelhouse:
        command += ["--no-index", f"--find-links={wheelhouse}"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    if done.returncode == 0:
        return
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    if "No module named pip" in done.stderr:
        raise WheelError("this Python has no pip", f"run {sys.executable} -m ensurepip")
    said = (errors or done.stderr.strip().splitlines() or ["pip says nothing"])[0]
    where = f"the folder {wheelhouse}" if wheelhouse else "the package index"
    raise WheelError(
        f"no wheels for {target} from {where} ({said.removeprefix('ERROR: ')})",
        f"put all of device_scripts/locks/{target.lock}.txt there"
        if wheelhouse
        else "see that this machine is online, or give a folder of wheels with --wheelhouse",
    )
