"""How an exported file compares with PyTorch, and whether that is good enough."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from armlet.errors import AgreementError
from armlet.records import Precision

Logits = NDArray[np.float32]
"""(images, classes)."""

TOLERANCES: Mapping[Precision, float] = MappingProxyType({"float32": 1e-4, "float16": 2e-2})
"""Times the largest logit, or 1 where that is smaller. float16: of arithmetic in half, as some
processors do it; weights stored in half alone differ less."""
INT8_SQNR_DB = 10.0
INT8_AGREEMENT = 80.0
"""Per cent."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One file's logits beside PyTorch's, on the same pictures."""

    max_difference: float
    """Largest absolute difference of any logit."""
    largest_logit: float
    """Largest absolute logit of PyTorch."""
    sqnr_db: float
    """Signal to quantization noise, 10 log10(sum of squares / sum of squared differences);
    999 where there is no difference, -999 where there is no signal."""
    agreement: float
    """Per cent of pictures with the same best label."""
    images: int

    def tolerance(self, precision: Precision) -> float | None:
        """How far a logit may be off; None in int8, which is held to ``INT8_SQNR_DB``."""
        factor = TOLERANCES.get(precision)
        return None if factor is None else factor * max(1.0, self.largest_logit)

    def to_json(self, precision: Precision) -> Mapping[str, float]:
        """The object that stands in the manifest's ``check`` for a file of this precision."""
        tolerance = self.tolerance(precision)
        return {
            **({} if tolerance is None else {"tolerance": tolerance}),
            "max_difference": self.max_difference,
            "largest_logit": self.largest_logit,
            "sqnr_db": round(self.sqnr_db, 2),
            "agreement": round(self.agreement, 2),
            "images": self.images,
        }


def compare(pytorch: Logits, logits: Logits) -> Comparison:
    """Compare logits of the same pictures; PyTorch's are finite.

    What isn't finite in the file's counts as the largest float32: JSON has no word for it.
    """
    largest = float(np.finfo(np.float32).max)
    logits = np.nan_to_num(logits, nan=largest, posinf=largest, neginf=-largest)
    signal = np.square(pytorch, dtype=np.float64).sum()
    noise = np.square(logits.astype(np.float64) - pytorch).sum()
    with np.errstate(divide="ignore"):
        sqnr = max(-999.0, 10 * np.log10(signal / noise)) if noise else 999.0
    return Comparison(
        max_difference=float(np.abs(logits.astype(np.float64) - pytorch).max()),
        largest_logit=float(np.abs(pytorch).max()),
        sqnr_db=float(sqnr),
        agreement=float(100 * (logits.argmax(1) == pytorch.argmax(1)).mean()),
        images=len(pytorch),
    )


def fault(comparison: Comparison, precision: Precision) -> str | None:
    """What is wrong with a file, in words; None if nothing is."""
    limit = comparison.tolerance(precision)
    if limit is not None:
        if not comparison.max_difference <= limit:
            return f"differs from PyTorch by {comparison.max_difference:.2g}, over {limit:.2g}"
        return None
    if not comparison.sqnr_db >= INT8_SQNR_DB:
        return f"has {comparison.sqnr_db:.1f} dB SQNR, under {INT8_SQNR_DB:g}"
    if not comparison.agreement >= INT8_AGREEMENT:
        return f"agrees on {comparison.agreement:.1f} % of labels, under {INT8_AGREEMENT:g}"
    return None


def require_agreement(faults: Mapping[str, str], place: str) -> None:
    """Fail if any file has a fault.

    Args:
        faults: What ``fault`` said, by file path.
        place: Where the files lie.

    Raises:
        AgreementError: Naming each file and its fault; the files are kept.
    """
    if faults:
        lines = ", ".join(f"{path} {what}" for path, what in faults.items())
        raise AgreementError(
            f"{place}: {lines}",
            "the files are kept; calibrate with pictures like those it will see (--calib DIR)",
        )
