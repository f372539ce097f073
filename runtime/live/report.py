"""Results of a stream as lines of text."""

import json
from collections.abc import Sequence
from typing import Protocol

from armlet.command import printable
from armlet.runtime.live.result import LiveResult
from armlet.runtime.model import Model
from armlet.runtime.report import running


class LiveRenderer(Protocol):
    """How ``edge-run camera`` puts what it sees into words."""

    def heading(self, model: Model, source: str) -> Sequence[str]:
        """What comes before the results."""

    def result(self, result: LiveResult) -> str:
        """One frame."""


class JsonLines:
    """One JSON object a line."""

    def heading(self, model: Model, source: str) -> Sequence[str]:
        """Nothing: each object stands by itself."""
        return []

    def result(self, result: LiveResult) -> str:
        """The record."""
        return json.dumps(result.to_json())


class Text:
    """Aligned columns, a line for each frame."""

    def heading(self, model: Model, source: str) -> Sequence[str]:
        """What is going to run on what, and the titles of the columns."""
        return [
            running(model),
            printable(source),
            "",
            "  frame  dropped    fps         age   inference    score  label",
        ]

    def result(self, result: LiveResult) -> str:
        """Numbers first, since labels have any length."""
        fps = "" if result.fps is None else f"{result.fps:.1f}"
        labels = "  ".join(
            f"{one.score * 100:5.1f} %  {printable(one.label)}" for one in result.top
        )
        return (
            f"{result.frame:7}  {result.dropped:7}  {fps:>5}  {result.frame_age_ms:7.2f} ms  "
            f"{result.inference_ms:7.2f} ms  {labels}"
        )
