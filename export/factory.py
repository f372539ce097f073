"""Anybody's network, by the name of a function that makes it: ``package.module:factory``."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from armlet.errors import NetworkError

FORM = "give package.module:factory, where factory() returns a torch.nn.Module"


def make(factory: str) -> nn.Module:
    """Import a factory, with the current folder importable, and call it with no arguments.

    Args:
        factory: ``package.module:factory``.

    Returns:
        What it made, in eval mode.

    Raises:
        NetworkError: There is no such factory, it fails, or it makes something else.
    """
    module_name, _, name = factory.partition(":")
    if not (module_name and name):
        raise NetworkError(f"{factory!r} names no factory", FORM)
    with _current_folder_importable():
        # SystemExit: a script that parses its arguments when it is imported.
        try:
            module = importlib.import_module(module_name)
        except (Exception, SystemExit) as error:
            raise NetworkError(
                f"{module_name!r} can't be imported ({_first_line(error)})",
                "call from the folder that holds it, and see that it imports in Python",
            ) from error
        if not hasattr(module, name):
            raise NetworkError(f"{module_name!r} has no {name!r}", FORM)
        function = getattr(module, name)
        if not callable(function):
            kind = type(function).__name__
            raise NetworkError(f"{factory!r} can't be called (its type is {kind})", FORM)
        try:
            network = function()
        except (Exception, SystemExit) as error:
            raise NetworkError(f"{factory}() fails ({_first_line(error)})", FORM) from error
    if not isinstance(network, nn.Module):
        raise NetworkError(f"{factory}() returns a {type(network).__name__}", FORM)
    return network.eval()


@contextmanager
def _current_folder_importable() -> Iterator[None]:
    # Only for as long as needed: the folder may hold an onnx.py or the like, which must not
    # stand in the way of what armlet and torch import later.
    before = list(sys.path)
    sys.path.insert(0, os.getcwd())
    try:
        yield
    finally:
        sys.path[:] = before


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
