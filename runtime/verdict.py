"""What ``edge-run verify`` prints."""

import json
from collections.abc import Sequence
from pathlib import Path

from armlet.runtime.columns import aligned
from armlet.runtime.report import next_line, shown
from armlet.runtime.verify import FileCheck, Verification

Lines = Sequence[str]
_TITLES = ("file", "runtime", "promised", "outcome")


def as_json(verification: Verification) -> Lines:
    """One JSON object."""
    return [json.dumps(verification.to_json())]


def as_text(verification: Verification, model: Path) -> Lines:
    """A line for the pictures, one for each file and runtime, and what to do next."""
    pictures = verification.preprocessing
    same = pictures.pictures - len(pictures.problems)
    rows = [_TITLES, *(_row(one) for one in verification.files)]
    lines = [
        f"{verification.network}: golden vectors of the workstation, run on this device",
        "",
        f"preprocessing: {same} of {pictures.pictures} pictures become the same bits",
        "",
        *(line.rstrip() for line in aligned(rows, len(_TITLES))),
        "",
    ]
    folder = model if model.is_dir() else model.parent
    if verification.problems:
        advice = f"copy {folder} here again, or export it again"
        return [*lines, shown(f"this device does NOT reproduce the workstation; {advice}")]
    return [
        *lines,
        "this device reproduces the workstation",
        next_line("classify", folder, "photo.jpg"),
    ]


def _row(check: FileCheck) -> Sequence[str]:
    if check.backend is None:
        return check.path, "", "", "not run: no runtime for it is installed"
    return check.path, check.backend, check.promise, _outcome(check)


def _outcome(check: FileCheck) -> str:
    if check.problem:
        return "FAILED"
    if check.identical == check.pictures:
        return f"kept: {check.identical} of {check.pictures} identical"
    return f"kept: largest difference {check.max_difference:.2g}"
