"""What must hold between the workstation's logits and those of another device."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from armlet.bundle import ModelFile

INT8_SQNR_DB = 15.0
"""For int8 on runtimes whose kernels round in their own way."""

Logits = NDArray[np.float32]
"""(pictures, classes)."""


class Promise(Protocol):
    """What must hold between the workstation's logits and this device's; str() says it."""

    def kept(self, golden: Logits, apart: NDArray[np.float64]) -> bool:
        """Whether it holds, given the absolute differences of all logits."""


class Exactly:
    """The same bits."""

    def __str__(self) -> str:
        """In words."""
        return "bit for bit"

    def kept(self, golden: Logits, apart: NDArray[np.float64]) -> bool:
        """Whether nothing differs."""
        return not apart.any()


@dataclass(frozen=True, kw_only=True)
class Within:
    """The same up to rounding in floating point."""

    limit: float
    """Largest absolute difference of any logit."""

    def __str__(self) -> str:
        """In words."""
        return f"within {self.limit:.2g}"

    def kept(self, golden: Logits, apart: NDArray[np.float64]) -> bool:
        """Whether no logit is further off."""
        return bool(apart.max() <= self.limit)


@dataclass(frozen=True, kw_only=True)
class WithinNoise:
    """The same up to what other int8 kernels round differently."""

    sqnr_db: float
    """Least signal-to-noise ratio, in dB."""

    def __str__(self) -> str:
        """In words."""
        return f"{self.sqnr_db:g} dB or better"

    def kept(self, golden: Logits, apart: NDArray[np.float64]) -> bool:
        """Whether the differences are small beside the logits."""
        signal = np.square(golden, dtype=np.float64).sum()
        return bool(np.square(apart).sum() <= signal * 10 ** (-self.sqnr_db / 10))


def promise_of(file: ModelFile, reproduces_int8: bool, check: Mapping[str, float]) -> Promise:
    """What a runtime must keep with one file.

    Args:
        file: The model file.
        reproduces_int8: Whether the runtime's int8 kernels are exact.
        check: What the manifest says of the file beside PyTorch.

    Raises:
        KeyError, TypeError, ValueError: It says no tolerance.
    """
    if file.precision == "int8":
        return Exactly() if reproduces_int8 else WithinNoise(sqnr_db=INT8_SQNR_DB)
    return Within(limit=float(check["tolerance"]))
