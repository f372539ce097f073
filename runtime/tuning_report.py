"""What ``edge-run tune`` prints."""

from collections.abc import Sequence

from armlet.runtime import benchmark_table
from armlet.runtime.report import shown
from armlet.runtime.tuning import Tuning


def as_text(tuning: Tuning) -> Sequence[str]:
    """The measurement, what is best, and the verdict."""
    best = tuning.best
    return [
        *benchmark_table.as_text(tuning.benchmark, best),
        "",
        shown(f"best here: {best.file} on {best.backend}, threads: {best.threads}"),
        tuning.verdict,
    ]
