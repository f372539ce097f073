"""The file in which ``edge-run tune`` leaves what is best on this device.

One small file, read whenever a tuned model is opened; no runtime is imported for it. Whatever
is wrong with it is no reason to fail, since there are defaults.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from armlet.bundle import ModelFile
from armlet.errors import OutputError
from armlet.reading import read_file
from armlet.records import Precision
from armlet.runtime.backends import BACKENDS
from armlet.runtime.device import Device, read_device
from armlet.runtime.identity import prepared_path, tuning_path
from armlet.runtime.options import MOST_THREADS

SCHEMA = 2


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a tuning found best."""

    file: str
    """The model file's name; of a bare file, that which it had."""
    backend: str
    precision: Precision
    threads: int


@dataclass(frozen=True, kw_only=True)
class PreparedFile:
    """A model file in the form that its runtime opens quickest here, see ``preparing.py``."""

    path: Path
    sha256: str
    """Of it, as it was written."""
    source: str
    """SHA-256 of the model file that it was made of."""
    backend: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What became of looking for a tuning."""

    setting: Setting | None = None
    """None: there is none, or none that holds here."""
    prepared: PreparedFile | None = None
    """Likewise."""
    ignored: str | None = None
    """Why the one that is there is ignored, in words."""


NOTHING_FOUND = Found()


def find_setting(
    identity: str,
    files: Sequence[ModelFile] | None = None,
    look: Callable[[], Device] = read_device,
) -> Found:
    """What is best for a model on this device, if somebody has tuned it.

    Args:
        identity: Of the model.
        files: Of a bundle, one of which it must be for; None: it isn't one.
        look: Tells what this device is; only asked where there is a tuning.
    """
    try:
        path = tuning_path(identity)
        text = read_file(path)
    except (FileNotFoundError, NotADirectoryError, OutputError):
        return NOTHING_FOUND
    except OSError as error:
        return _ignored(f"{path} can't be read ({error.strerror})")
    try:
        record = json.loads(text)
        if record["schema"] != SCHEMA:
            return _ignored(f"{path} is of another armlet")
        setting = _setting(record)
        device = _device(record["device"])
        prepared = _prepared(record, identity)
        if files is not None and not any(_is_for(setting, file) for file in files):
            return _ignored(f"{path} is damaged")
        if record["model"] != identity:
            return _ignored(f"{path} is of another model")
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return _ignored(f"{path} is damaged")
    here = look()
    if difference := _difference(device, here):
        return _ignored(f"it is for {difference}")
    usable = device.features is not None and device.features == here.features
    return Found(setting=setting, prepared=prepared if usable else None)


def _setting(record: Mapping[str, Any]) -> Setting:
    """Check and keep what matters.

    Raises:
        KeyError, TypeError, ValueError: It can't have been written by armlet.
    """
    names = ("file", "backend", "precision", "threads")
    file, backend, precision, threads = (record[name] for name in names)
    if not isinstance(file, str):
        raise TypeError(f"a file {file}")
    if backend not in BACKENDS or precision not in get_args(Precision):
        raise ValueError(f"{backend} {precision}")
    if type(threads) is not int or not 1 <= threads <= MOST_THREADS:
        raise ValueError(f"{threads} threads")
    return Setting(file=file, backend=backend, precision=precision, threads=threads)


def _is_for(setting: Setting, file: ModelFile) -> bool:
    kind = BACKENDS[setting.backend].format, setting.precision
    return file.path == setting.file and (file.format, file.precision) == kind


def _prepared(record: Mapping[str, Any], identity: str) -> PreparedFile | None:
    """Likewise; None: there is none."""
    told = record.get("prepared")
    if told is None:
        return None
    return PreparedFile(
        path=prepared_path(identity),
        sha256=told["sha256"],
        source=told["source"],
        backend=record["backend"],
    )


def _device(record: Mapping[str, Any]) -> Device:
    """Likewise."""
    return Device(
        cpu=record["cpu"],
        cores=record["cores"],
        runtimes=dict(record["runtimes"].items()),
        features=record.get("features"),
    )


def _difference(then: Device, now: Device) -> str | None:
    """What has changed since, in words; None: nothing that matters."""
    if then.cpu != now.cpu:
        return f"another processor ({then.cpu})"
    if then.cores != now.cores:
        return f"{then.cores} cores, not for {now.cores}"
    if then.runtimes != now.runtimes:
        return f"other runtimes ({', '.join(f'{k} {v}' for k, v in then.runtimes.items())})"
    return None


def _ignored(reason: str) -> Found:
    return Found(ignored=f"the tuning is ignored, {reason}; run edge-run tune again")
