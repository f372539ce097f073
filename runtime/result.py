"""What a model said of a picture, and the one JSON form of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from armlet.records import Layer
    from armlet.runtime.conditions import Measured


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One candidate label."""

    index: int
    """Position in the model's output."""
    label: str
    score: float
    """Softmax probability, 0 to 1."""

    def to_json(self) -> dict[str, Any]:
        """The label as a JSON object."""
        return {"index": self.index, "label": self.label, "score": round(self.score, 6)}


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a model said of one picture, and how long it took."""

    path: str
    top: Sequence[Prediction]
    """Best first."""
    preprocess_ms: float
    """Milliseconds from the decoded picture to the model's input."""
    inference_ms: float
    """Milliseconds in the runtime."""
    conditions: "Measured | None" = None
    """Under which the times were measured, at most ``monitor.SECONDS`` before and after."""
    layers: "Sequence[Layer] | None" = None
    """Of this picture's own profiled run, where it was taken as a sample."""
    logits: Sequence[float] | None = None
    """All logits, where they were asked for."""

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        record: dict[str, Any] = {
            "path": self.path,
            "top": [one.to_json() for one in self.top],
            "preprocess_ms": round(self.preprocess_ms, 3),
            "inference_ms": round(self.inference_ms, 3),
        }
        if self.conditions is not None:
            record["conditions"] = self.conditions.to_json()
        if self.layers is not None:
            record["layers"] = [layer.to_json() for layer in self.layers]
        if self.logits is not None:
            record["logits"] = list(self.logits)
        return record
