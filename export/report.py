"""What edge-export prints."""

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from armlet.bundle import Manifest
from armlet.export.accuracy import Measured
from armlet.export.classifier import Classifier
from armlet.export.train import Progress
from armlet.export.trained import Outcome

Lines = Sequence[str]


def options(
    classifier: Classifier,
    formats: Sequence[str],
    precisions: Sequence[str],
    via: str,
    calib: Path | None,
    evaluation: Path | None,
) -> Mapping[str, Any]:
    """An export's options as its manifest keeps them; absolute paths tell of people."""
    card = "the weights' card" if "int8" in precisions else None
    return {
        "network": classifier.network,
        "stem": classifier.stem,
        "formats": list(formats),
        "precisions": list(precisions),
        "via": via,
        "calibration": calib.name if calib else card,
        "evaluation": evaluation.name if evaluation else None,
    }


def summary(manifest: Manifest, folder: Path) -> Lines:
    """What was written, how it compares with PyTorch, and what to do next."""
    images = max(int(one["images"]) for one in manifest.check.values())
    width = max(len(file.path) for file in manifest.all_files)
    lines = [
        f"{folder}: {manifest.network}, {len(manifest.labels)} classes, "
        f"{manifest.preprocessing.size} x {manifest.preprocessing.size} pixels",
        "",
        f"{'file':{width}} {'size':>9}   compared with PyTorch on {images} pictures",
    ]
    for file in manifest.all_files:
        seen = manifest.check[file.path]
        line = (
            f"{file.path:{width}} {file.bytes / 1e6:6.2f} MB   "
            f"same label {seen['agreement']:5.1f} %, SQNR {seen['sqnr_db']:5.1f} dB, "
            f"largest difference {seen['max_difference']:.2g}"
        )
        right = manifest.accuracy.get(file.path)
        if right:
            line += f"; top-1 {right.top1:.2f} %, top-5 {right.top5:.2f} % of {right.images}"
        lines.append(line)
    return [*lines, "", f"next: edge-run classify {shlex.quote(str(folder))} photo.jpg"]


def accuracy(measured: Measured, bundle: Path) -> Lines:
    """A line for each file."""
    images = next(iter(measured.accuracy.values())).images
    width = max(map(len, measured.accuracy))
    lines = [f"{'file':{width}}   top-1     top-5    of {images} pictures"]
    for path, one in measured.accuracy.items():
        lines.append(f"{path:{width}} {one.top1:6.2f} %  {one.top5:6.2f} %")
    if measured.identical is not None:
        lines += [
            "",
            f"int8 logits of all files identical: {measured.identical} of {images}",
        ]
    return [
        *lines,
        "",
        f"next: edge-run classify {shlex.quote(str(bundle))} photo.jpg --layers",
    ]


def accuracy_json(measured: Measured) -> Lines:
    """The same as one JSON object."""
    record = {
        "accuracy": {path: one.to_json() for path, one in measured.accuracy.items()},
        "int8_identical": measured.identical,
    }
    return [json.dumps(record)]


def training(outcome: Outcome) -> Lines:
    """What a training run reached and what to do next."""
    card = outcome.card
    reached = (
        f"top-1 {card.accuracy.top1:.2f} % of {card.accuracy.images} held-out pictures"
        if card.accuracy
        else "no held-out pictures to measure on (--test)"
    )
    expected = card.preprocessing
    command = (
        f"edge-export {card.network} --weights {shlex.quote(str(outcome.weights))} "
        f"--stem {card.stem} --input-size {expected.size} --resize {expected.resize} "
        f"--mean {','.join(map(str, expected.mean))} "
        f"--std {','.join(map(str, expected.std))} --calib photos/ -o out/"
    )
    return [
        f"{outcome.weights}: {card.network}, {reached}",
        f"{outcome.card_file}: its card",
        "",
        f"next: {command}",
    ]


class TrainingLine:
    """Progress of a training run: one line that changes, or one an epoch where none looks."""

    def __init__(self) -> None:
        """Nothing has been shown yet."""
        self._epoch = 0

    def show(self, progress: Progress) -> None:
        """Show how far the run is."""
        line = (
            f"epoch {progress.epoch}/{progress.epochs}, step {progress.step}/{progress.steps}, "
            f"{progress.size} pixels, loss {progress.loss:.3f}, {progress.seconds:.0f} s"
        )
        if sys.stderr.isatty():
            click.echo(f"\r\033[K{line}", err=True, nl=progress.step == progress.steps)
        elif progress.step == progress.steps and progress.epoch != self._epoch:
            self._epoch = progress.epoch
            click.echo(line, err=True)
