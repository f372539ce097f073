"""What a model said of one frame of a stream, and the one JSON form of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from armlet.runtime.result import Prediction

if TYPE_CHECKING:
    from armlet.records import Layer
    from armlet.runtime.conditions import Measured


@dataclass(frozen=True, kw_only=True)
class LiveResult:
    """What a model said of one frame, and how far behind it was."""

    frame: int
    """The frame's number, from 1, of all that were captured."""
    top: Sequence[Prediction]
    """Best first."""
    preprocess_ms: float
    """Milliseconds from the frame to the model's input; meanwhile, another frame may run."""
    inference_ms: float
    """Milliseconds in the runtime."""
    frame_age_ms: float
    """Milliseconds from the capture of the frame to this result."""
    dropped: int
    """Frames so far that were passed over, since newer ones were there."""
    fps: float | None
    """Results a second, lately; None: this is the first one."""
    conditions: "Measured | None" = None
    """Under which the times were measured, at most ``monitor.SECONDS`` before and after."""
    layers: "Sequence[Layer] | None" = None
    """Of this frame's own profiled run, where it was taken as a sample."""

    @property
    def count(self) -> int:
        """How many results there are so far, this one included."""
        return self.frame - self.dropped

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object; conditions are told with the layers only."""
        record: dict[str, Any] = {
            "frame": self.frame,
            "top": [one.to_json() for one in self.top],
            "inference_ms": round(self.inference_ms, 3),
            "frame_age_ms": round(self.frame_age_ms, 3),
            "dropped": self.dropped,
            "fps": None if self.fps is None else round(self.fps, 2),
        }
        if self.layers is not None:
            if self.conditions is not None:
                record["conditions"] = self.conditions.to_json()
            record["layers"] = [layer.to_json() for layer in self.layers]
        return record
