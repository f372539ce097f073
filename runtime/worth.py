"""Whether a less accurate precision is worth it on this device."""

from collections.abc import Sequence

from armlet.records import Precision
from armlet.runtime.benchmark import Row

PRECISIONS: Sequence[Precision] = ("float32", "float16", "int8")
"""The most accurate first."""
LEAST_GAIN = 1.05
"""So many times faster the less accurate must be. It costs accuracy for certain, while medians
of the same file differ by some per cent between measurements: less may be nothing."""


def winner(rows: Sequence[Row]) -> Row:
    """The fastest row of the most accurate precision that none of the less accurate beats.

    A less accurate one beats it if it is faster by ``LEAST_GAIN``.
    """
    best = None
    for precision in PRECISIONS:
        row = _best(rows, precision)
        if row and (best is None or best.p50_ms >= LEAST_GAIN * row.p50_ms):
            best = row
    assert best is not None, "there is at least one row"
    return best


def verdict(rows: Sequence[Row]) -> str:
    """One sentence on whether a less accurate precision is worth it, and which."""
    exact, *others = [row for one in PRECISIONS if (row := _best(rows, one))]
    if not others:
        return f"only {exact.precision} was measured, so there is nothing to compare"
    best = winner(rows)
    if best is not exact:
        gain = f"{exact.p50_ms / best.p50_ms:.2f} times faster"
        return " ".join([f"{best.precision} is worth it here:", gain, *_price(exact, best)])
    other = min(others, key=lambda row: row.p50_ms)
    ratio = other.p50_ms / exact.p50_ms
    start = f"{other.precision} is not worth it here:"
    if ratio >= LEAST_GAIN:
        return f"{start} {exact.precision} is {ratio:.2f} times faster"
    return f"{start} less than {LEAST_GAIN:.2f} times faster than {exact.precision}"


def _best(rows: Sequence[Row], precision: Precision) -> Row | None:
    fitting = [row for row in rows if row.precision == precision]
    return min(fitting, key=lambda row: row.p50_ms, default=None)


def _price(exact: Row, best: Row) -> Sequence[str]:
    """What the less accurate costs, if known: accuracy, else agreement with PyTorch."""
    if exact.top1 is not None and best.top1 is not None:
        points = round(exact.top1 - best.top1, 2)
        if points == 0:
            return ["at the same accuracy"]
        if points < 0:
            return [f"and {-points:.2g} points more accurate"]
        return [f"for {points:.2g} points"]
    if exact.agreement is not None and best.agreement is not None:
        changed = round(exact.agreement - best.agreement, 1)
        if changed <= 0:
            return ["with the same labels in the export's check"]
        return [f"for other labels on {changed:.1f} % of the export's pictures"]
    return []
