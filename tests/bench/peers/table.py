"""The benchmark as a page of Markdown."""

import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from tests.bench.peers.summary import Line, Ratio, lines_of

_HEAD = (
    "| engine | file | min, ms | median, ms | to stock | to best other | MB | SQNR, dB |",
    "|---|---|---|---|---|---|---|---|",
)
_WIDTH = 100


def render(summary: Mapping[str, Any], plot: str) -> str:
    """The page.

    Args:
        summary: As ``summarise`` makes it.
        plot: The file name of the plot beside it.
    """
    parts = [*_introduction(summary), f"![Medians of all files]({plot})"]
    for (network, threads, precision), lines in groupby(
        lines_of(summary), lambda line: line.group
    ):
        plural = "s" if threads > 1 else ""
        parts.append(f"## {network}, {precision}, {threads} thread{plural}")
        parts.append("\n".join([*_HEAD, *map(_row, lines)]))
    made = ", ".join(sorted(f"{name} {one}" for name, one in summary["versions"].items()))
    parts += ["## What made the files", textwrap.fill(f"{made}.", _WIDTH)]
    parts += _listed("Doubts", summary["doubts"])
    parts += _listed("Not measured", [*summary["skipped"], *summary["failed"]])
    return "\n\n".join(parts) + "\n"


def _introduction(summary: Mapping[str, Any]) -> Sequence[str]:
    machine = summary["machine"]
    name = machine["board"] or machine["cpu"] or machine["kernel"]
    paragraphs = [
        f"""Measured with `make bench` on {summary["date"]}: {name}
        ({", ".join([machine["kernel"], *machine["features"]])}), {summary["cores"]} cores, load
        {summary["load_before"]} before it, {machine["os"]}, {machine["python"]}.""",
        f"""ShuffleNet V2 at 224 pixels, 1000 classes, a batch of one. The weights are random,
        which take as long as trained ones; all files come from the same weights, are calibrated
        on the same {summary["calibration"]} pictures and are given the same one. Each file has
        a process of its own; all are loaded first, then they take turns in an order that
        changes: {summary["rounds"]} rounds of {summary["runs"]} runs, after some that don't
        count. A run is from an array in memory to an array in memory.""",
        f"""Ratios are of medians (of minima); under 1 is faster. *To stock*: to the usual way
        to the same version of the runtime, which is `torch.onnx.export` and `quantize_static`
        for ONNX Runtime, litert-torch and ai-edge-quantizer for LiteRT; for every other engine
        its own conversion. *To best other*: to the fastest file that isn't armlet's. SQNR is
        of the logits against PyTorch's on {summary["trial"]} other pictures: with random
        weights int8 has some 14 dB whichever way, so it ranks nothing, but tells whole files
        from broken ones.""",
    ]
    filled = [textwrap.fill(" ".join(one.split()), _WIDTH) for one in paragraphs]
    return [f"# armlet's files beside others: {name}", *filled]


def _row(line: Line) -> str:
    name = f"`{line.file}`" + (", rotated input" if line.rotated else "")
    emphasis = "**" if line.kind == "armlet" else ""
    cells = [
        f"{emphasis}{line.ran_on}{emphasis}",
        f"{emphasis}{name}{emphasis}",
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


def _listed(title: str, lines: Sequence[str]) -> Sequence[str]:
    return [f"## {title}", "\n".join(f"- {line}" for line in lines)] if lines else []
