"""How often each file of a bundle is right on labelled pictures."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from armlet.bundle import MANIFEST, Accuracy, ModelFile, open_bundle
from armlet.errors import DatasetError, ImageError
from armlet.export.answers import Answer
from armlet.export.datasets import LabelledPicture, find
from armlet.preprocessing import Preprocessing
from armlet.storage import write_json

OpenFile = Callable[[Path, ModelFile, Preprocessing], Answer]
"""Opens one of a bundle's files on the runtime that edge-run would use; the path is that of the
bundle."""
Watch = Callable[[Iterable[Any], str, int], Iterable[Any]]
"""Passes items on and shows how many of how many have gone by."""


@dataclass(kw_only=True)
class _Score:
    """Counts of one file."""

    first: int = 0
    among_five: int = 0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Accuracies on the same pictures."""

    accuracy: Mapping[str, Accuracy]
    """By file path."""
    identical: int | None
    """Pictures on which all int8 files gave the same logits bit for bit; None unless there are
    two or more."""
    unreadable: list[str] = field(default_factory=list)
    """A line for each picture that couldn't be read and wasn't counted."""


def measure_bundle(
    folder: Path, evaluation: Path, images: int | None, open_file: OpenFile, watch: Watch
) -> Measured:
    """Measure every file of a bundle and note the outcome in its manifest.

    Args:
        folder: The bundle.
        evaluation: Labelled pictures, see ``datasets.find``.
        images: How many of them, evenly spread; None for all.
        open_file: Opens a model file on a runtime.
        watch: Shows progress.

    Raises:
        ArmletError: The bundle or the pictures aren't what they should be.
    """
    bundle, _ = open_bundle(folder)
    manifest = bundle.manifest
    pictures = find(evaluation, manifest.labels).pictures
    if images is not None and images < len(pictures):
        pictures = tuple(pictures[index * len(pictures) // images] for index in range(images))
    answers = {
        file.path: open_file(bundle.folder, file, manifest.preprocessing)
        for file in manifest.all_files
        if bundle.verified(file)
    }
    measured = measure(answers, watch(pictures, "measuring accuracy", len(pictures)))
    noted = replace(manifest, accuracy=measured.accuracy)
    write_json(bundle.folder / MANIFEST, noted.to_json())
    return measured


def measure(answers: Mapping[str, Answer], pictures: Iterable[LabelledPicture]) -> Measured:
    """Ask every file about every picture.

    Args:
        answers: By file path.
        pictures: With the index of the right label.

    Raises:
        DatasetError: No picture could be read.
    """
    scores = {path: _Score() for path in answers}
    int8 = [path for path in answers if ".int8." in path]
    images = identical = 0
    unreadable = []
    for one in pictures:
        try:
            picture = one.load()
        except ImageError as error:
            unreadable.append(error.problem)
            continue
        images += 1
        logits = {path: answer(picture) for path, answer in answers.items()}
        for path, values in logits.items():
            best = np.argsort(-values, kind="stable")[:5]
            scores[path].first += int(best[0] == one.target)
            scores[path].among_five += int(one.target in best)
        if len(int8) > 1:
            first, *others = (logits[path] for path in int8)
            identical += int(all(np.array_equal(first, one) for one in others))
    if not images:
        raise DatasetError("none of the pictures can be read", "give readable pictures")
    return Measured(
        accuracy={
            path: Accuracy(
                top1=round(100 * score.first / images, 3),
                top5=round(100 * score.among_five / images, 3),
                images=images,
            )
            for path, score in scores.items()
        },
        identical=identical if len(int8) > 1 else None,
        unreadable=unreadable,
    )
