"""What armlet says about layers, and its one JSON form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["convolution", "depthwise", "shuffle", "element-wise", "data", "other"]
"""What a layer's time is spent on, after Figure 2 of the ShuffleNet V2 paper."""
Precision = Literal["float32", "float16", "int8"]
"""float16: weights stored in half, and computed with in half where the processor can."""


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
        """Read what ``to_json`` wrote; rates are derived and so not read.

        Raises:
            KeyError, TypeError: It is no layer.
        """
        numbers = [record[name] for name in ("macs", "parameters", "bytes")]
        if not all(one is None or isinstance(one, int) for one in numbers):
            raise TypeError(f"layer {record['name']} with {numbers}")
        if not all(isinstance(record[name], str) for name in ("name", "operator", "kind")):
            raise TypeError(f"a layer named {record['name']}")
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
