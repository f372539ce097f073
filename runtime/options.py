"""Options that every command shares which runs a model."""

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from armlet.runtime.backends import BACKENDS

Function = TypeVar("Function", bound=Callable[..., Any])


def default_threads() -> int:
    """All cores that this process may use, but no more than 4."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(cores, 4)


def model_options(command: Function) -> Function:
    """Add ``--backend``, ``--precision`` and ``--threads`` to a command."""
    options = (
        click.option(
            "--backend",
            type=click.Choice(list(BACKENDS)),
            help="Inference runtime; by default the first that is installed and can do it.",
        ),
        click.option(
            "--precision",
            type=click.Choice(["int8", "float32"]),
            help="By default int8 if the bundle has it.",
        ),
        click.option(
            "--threads",
            type=click.IntRange(1, 256),
            default=default_threads,
            show_default="as many as cores, at most 4",
            help="Threads of the runtime.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
