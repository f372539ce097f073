"""What emulation takes, made once for each recipe."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from armlet.storage import staged_folder, write_file
from tests.arm.tools import cache

MARKER = "recipe.txt"


def made(name: str, recipe: Sequence[str], fill: Callable[[Path], None]) -> Path:
    """The folder of a recipe, filled if it isn't there.

    Args:
        name: What it begins with.
        recipe: Whatever what is in it depends on.
        fill: Fills an empty folder, which may stand elsewhere meanwhile.

    Raises:
        ArmError: It can't be filled.
    """
    text = "\n".join(recipe).encode()
    folder = cache() / f"{name}-{hashlib.sha256(text).hexdigest()[:12]}"
    if not folder.exists():
        with staged_folder(folder, MARKER) as stage:
            fill(stage)
            write_file(stage / MARKER, text)
    return folder
