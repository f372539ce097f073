"""What armlet says about layers and pictures, and the one JSON form of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from armlet.graph import Kind

Precision = Literal["float32", "int8"]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What a layer costs on paper and, once measured, in time."""

    name: str
    """PyTorch module path."""
    operator: str
    kind: Kind
    macs: int | None
    """Multiply-adds for one image; None where they can't be told, as for the next two."""
    parameters: int | None
    bytes: int | None
    """Moved for one image: activations read and written, and the parameters, once each."""
    median_us: float | None = None
    """Microseconds, median over the profiled runs; None where nothing was measured."""
    share: float | None = None
    """Part of the profiled time, 0 to 1."""

    def to_json(self) -> dict[str, Any]:
        """The layer as a JSON object; what was not measured is left out."""
        record: dict[str, Any] = {
            "name": self.name,
            "operator": self.operator,
            "kind": self.kind,
            "macs": self.macs,
            "parameters": self.parameters,
            "bytes": self.bytes,
        }
        if self.median_us is not None:
            record["median_us"] = round(self.median_us, 3)
            seconds = self.median_us * 1e-6
            record["gmacs_per_s"] = _rate(self.macs, seconds)
            record["gbytes_per_s"] = _rate(self.bytes, seconds)
        if self.share is not None:
            record["share"] = round(self.share, 6)
        return record

    @staticmethod
    def from_json(record: Mapping[str, Any]) -> "Layer":
        """Read what ``to_json`` wrote; rates are derived and so not read."""
        return Layer(
            name=record["name"],
            operator=record["operator"],
            kind=record["kind"],
            macs=record["macs"],
            parameters=record["parameters"],
            bytes=record["bytes"],
            median_us=record.get("median_us"),
            share=record.get("share"),
        )


def _rate(amount: int | None, seconds: float) -> float | None:
    """Thousand millions a second; None where there is nothing to tell."""
    return None if amount is None or not seconds else round(amount / seconds / 1e9, 3)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One candidate label."""

    index: int
    """Position in the model's output."""
    label: str
    score: float
    """Softmax probability, 0 to 1."""


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
    logits: Sequence[float] | None = None
    """All logits, where they were asked for."""

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        record: dict[str, Any] = {
            "path": self.path,
            "top": [
                {"index": one.index, "label": one.label, "score": round(one.score, 6)}
                for one in self.top
            ],
            "preprocess_ms": round(self.preprocess_ms, 3),
            "inference_ms": round(self.inference_ms, 3),
        }
        if self.logits is not None:
            record["logits"] = list(self.logits)
        return record
