"""Runs one converter in the environment that it needs.

``python -m tests.bench.peers.convert NAME FOLDER``: the module ``converters.NAME`` turns the
network of FOLDER (see ``given``) into files in FOLDER/NAME, which appears only when it is
complete. Each such module has PACKAGES, whose versions are noted, and ``convert``.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from armlet.storage import staged_folder, write_json

VERSIONS = "versions.json"
"""In each folder of files: the versions of what made them."""


class Converter(Protocol):
    """A module in ``converters``."""

    PACKAGES: Sequence[str]

    def convert(self, network: Path, target: Path) -> None:
        """Write ``float32`` and ``int8`` files.

        Args:
            network: The folder that ``given.make`` filled; its name is the network's.
            target: An empty folder.
        """


def calibration(network: Path) -> NDArray[np.float32]:
    """The pictures to calibrate with, (N, 3, 224, 224)."""
    with np.load(network / "pictures.npz") as arrays:
        return np.asarray(arrays["calibration"], np.float32)


def main() -> None:
    name, network = sys.argv[1], Path(sys.argv[2]).resolve()
    converter = cast(Converter, importlib.import_module(f"tests.bench.peers.converters.{name}"))
    with staged_folder(network / name, VERSIONS) as stage:
        converter.convert(network, stage)
        write_json(stage / VERSIONS, {one: version(one) for one in converter.PACKAGES})


if __name__ == "__main__":
    main()
