"""Whether int8 is worth it on this device."""

from collections.abc import Sequence

from armlet.records import Precision
from armlet.runtime.benchmark import Row

LEAST_GAIN = 1.05
"""So many times faster int8 must be. It costs accuracy for certain, while medians of the same
file differ by some per cent from one measurement to the next: less may be nothing at all."""


def winner(rows: Sequence[Row]) -> Row:
    """The row with the lowest median; but float32, unless int8 is faster by ``LEAST_GAIN``."""
    float32, int8 = _best(rows, "float32"), _best(rows, "int8")
    if float32 and int8:
        return int8 if float32.p50_ms >= LEAST_GAIN * int8.p50_ms else float32
    return min(rows, key=lambda row: row.p50_ms)


def verdict(rows: Sequence[Row]) -> str:
    """One sentence that compares the best row of int8 with the best of float32."""
    float32, int8 = _best(rows, "float32"), _best(rows, "int8")
    if float32 is None or int8 is None:
        return f"only {rows[0].precision} was measured, so there is nothing to compare"
    if winner(rows) is int8:
        gain = f"{float32.p50_ms / int8.p50_ms:.2f} times faster"
        return " ".join(["int8 is worth it here:", gain, *_price(float32, int8)])
    ratio = int8.p50_ms / float32.p50_ms
    if ratio >= LEAST_GAIN:
        return f"int8 is not worth it here: float32 is {ratio:.2f} times faster"
    return f"int8 is not worth it here: less than {LEAST_GAIN:.2f} times faster than float32"


def _best(rows: Sequence[Row], precision: Precision) -> Row | None:
    fitting = [row for row in rows if row.precision == precision]
    return min(fitting, key=lambda row: row.p50_ms, default=None)


def _price(float32: Row, int8: Row) -> Sequence[str]:
    """What int8 costs, as far as it is known: accuracy, or else agreement with PyTorch."""
    if float32.top1 is not None and int8.top1 is not None:
        points = round(float32.top1 - int8.top1, 2)
        if points == 0:
            return ["at the same accuracy"]
        if points < 0:
            return [f"and {-points:.2g} points more accurate"]
        return [f"for {points:.2g} points"]
    if float32.agreement is not None and int8.agreement is not None:
        changed = round(float32.agreement - int8.agreement, 1)
        if changed <= 0:
            return ["with the same labels in the export's check"]
        return [f"for other labels on {changed:.1f} % of the export's pictures"]
    return []
