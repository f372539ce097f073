"""The folder in which armlet keeps what it may fetch or measure again."""

import os
from collections.abc import Mapping
from pathlib import Path

from armlet.errors import OutputError


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where it is.

    ``$ARMLET_CACHE``, else ``$XDG_CACHE_HOME/armlet``, else ``~/.cache/armlet``.

    Args:
        environment: The variables.

    Raises:
        OutputError: None of them is set, and the user has no home, as some services.
    """
    if own := environment.get("ARMLET_CACHE"):
        return Path(own)
    if common := environment.get("XDG_CACHE_HOME"):
        return Path(common) / "armlet"
    try:
        return Path.home() / ".cache" / "armlet"
    except RuntimeError as error:
        raise OutputError(
            "there is no home folder", "set ARMLET_CACHE to a folder to write to"
        ) from error
