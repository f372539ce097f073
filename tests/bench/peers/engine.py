"""What an inference engine is to the benchmark: a module in ``engines`` that loads a file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
"""(1, 3, height, width), as the network takes it."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A loaded file. Only ``run`` is timed: from an array in memory to an array in memory."""

    package: str
    """Whose version is told."""
    prepare: Callable[[Pixels], Any]
    """Pixels in the layout and of the type that the file takes."""
    run: Callable[[Any], Any]
    """Hands that to the engine, runs the network and reads the answer back."""
    logits: Callable[[Any], NDArray[np.float32]]
    """The answer as (classes,)."""


class EngineModule(Protocol):
    """A module in ``engines``."""

    def load(self, path: Path, threads: int) -> Engine:
        """Load a file.

        Args:
            path: The file; of several that belong together, the one that is listed.
            threads: How many may be used.
        """


def flat(answer: Any) -> NDArray[np.float32]:
    """An answer of any shape as (classes,)."""
    return np.asarray(answer, np.float32).reshape(-1)
