"""The benchmark as a page of Markdown."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from tests.bench.peers.summary import Line, Ratio, lines_of

_HEAD = (
    "| engine | file | min, ms | median, ms | to stock | to best other | MB | SQNR, dB |",
    "|---|---|---|---|---|---|---|---|",
)


def render(summary: Mapping[str, Any], plot: str) -> str:
    """The page.

    Args:
        summary: As ``summarise`` makes it.
        plot: The file name of the plot beside it.
    """
    parts = [_introduction(summary, plot)]
    for (network, threads, precision), lines in groupby(
        lines_of(summary), lambda line: line.group
    ):
        plural = "s" if threads > 1 else ""
        parts.append(f"## {network}, {precision}, {threads} thread{plural}\n")
        parts.append("\n".join([*_HEAD, *map(_row, lines)]) + "\n")
    parts.append(_end(summary))
    return "\n".join(parts)


def _introduction(summary: Mapping[str, Any], plot: str) -> str:
    machine = summary["machine"]
    name = machine["board"] or machine["cpu"] or machine["kernel"]
    features = ", ".join(machine["features"])
    return f"""# armlet's files beside others: {name}

Measured with `make bench` on {summary["date"]}: {machine["kernel"]}, {name} ({features}),
{summary["cores"]} cores, {machine["os"]}, {machine["python"]}.

ShuffleNet V2 at 224 pixels, 1000 classes, a batch of one. The weights are random, which take as
long as trained ones; all files come from the same ones, are calibrated on the same
{summary["calibration"]} pictures and get the same input. A process for each file, all loaded
first; they take turns in an order that changes, {summary["rounds"]} rounds of {summary["runs"]}
runs after some that don't count. A run is from an array in memory to an array in memory.

Ratios are of medians (of minima), under 1 is faster. **To stock**: to the usual way to the same
runtime, which is `torch.onnx.export` with `quantize_static` for ONNX Runtime, litert-torch with
ai-edge-quantizer for LiteRT, and for every other engine its own conversion. **To best other**: to
the fastest file that isn't armlet's. SQNR is of the logits against PyTorch's on
{summary["trial"]} other pictures; with random weights int8 has about 14 dB on every way to it, so
it tells broken files from whole ones and ranks nothing.

![Medians of all files]({plot})
"""


def _row(line: Line) -> str:
    name = f"`{line.file}`" + (", rotated input" if line.rotated else "")
    cells = [
        f"**{line.engine}**" if line.kind == "armlet" else line.engine,
        f"**{name}**" if line.kind == "armlet" else name,
        f"{line.min_ms:.3f}",
        f"{line.median_ms:.3f}",
        _ratio(line.to_stock),
        _ratio(line.to_best),
        f"{line.bytes / 1e6:.2f}",
        f"{line.sqnr_db:.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def _ratio(ratio: Ratio | None) -> str:
    return f"{ratio.median:.2f} ({ratio.min:.2f})" if ratio else ""


def _end(summary: Mapping[str, Any]) -> str:
    made = sorted({f"{name} {number}" for name, number in summary["versions"].items()})
    lines = ["## What made the files\n", ", ".join(made) + ".\n"]
    lines += _listed("Doubts", summary["doubts"])
    lines += _listed("Not measured", [*summary["skipped"], *summary["failed"]])
    return "\n".join(lines)


def _listed(title: str, lines: Sequence[str]) -> Sequence[str]:
    return [f"## {title}\n", *(f"- {line}" for line in lines), ""] if lines else []
