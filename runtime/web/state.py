"""What the page shows, and the one JSON form of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from armlet.records import Layer
from armlet.runtime.latency import KindTotal, totals_by_kind
from armlet.runtime.live.result import LiveResult
from armlet.runtime.model import Model
from armlet.runtime.web.history import Point

SILENT_S = 10.0
"""Without a result for so long, something is wrong."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """What runs on what."""

    network: str
    file: str
    """The model file's name."""
    precision: str
    backend: str
    threads: int
    """How many the runtime was given."""

    @staticmethod
    def of(model: Model) -> "Running":
        """What there is to say of a model."""
        return Running(
            network=model.network,
            file=model.path.name,
            precision=model.precision,
            backend=model.backend,
            threads=model.threads,
        )

    def to_json(self) -> dict[str, Any]:
        """All of it as a JSON object."""
        return {
            "network": self.network,
            "file": self.file,
            "precision": self.precision,
            "backend": self.backend,
            "threads": self.threads,
        }


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where frames come from, and whether they do."""

    name: str
    mode: str = ""
    """How they are captured, as ``Frame.mode`` says it; empty: none was yet."""
    works: bool = True
    """False: it is gone and waited for."""
    line: str | None = None
    """What was last heard of it, for people."""

    def to_json(self) -> dict[str, Any]:
        """All of it as a JSON object."""
        return {"name": self.name, "mode": self.mode, "works": self.works, "line": self.line}


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Where the time of one frame went."""

    frame: int
    """The frame's number."""
    layers: Sequence[Layer]
    """In the order of the network."""
    kinds: Sequence[KindTotal]
    """Sums of them, the most expensive first."""

    @staticmethod
    def of(frame: int, layers: Sequence[Layer]) -> "Profile":
        """Sum the layers up."""
        return Profile(frame=frame, layers=layers, kinds=totals_by_kind(layers))

    def to_json(self) -> dict[str, Any]:
        """Both as a JSON object."""
        return {
            "frame": self.frame,
            "kinds": [
                {
                    "kind": one.kind,
                    "us": round(one.us, 3),
                    "share": round(one.share, 6),
                    "macs": one.macs,
                    "bytes": one.bytes,
                }
                for one in self.kinds
            ],
            "layers": [one.to_json() for one in self.layers],
        }


@dataclass(frozen=True, kw_only=True)
class State:
    """All that the page shows but the picture, at one moment."""

    running: Running
    source: Origin
    result: LiveResult | None = None
    """The newest; None: there is none yet, as for ``seen_s`` and ``profile``."""
    seen_s: float | None = None
    """When it came, in seconds from the start of the server."""
    profile: Profile | None = None
    """Of the newest frame that was looked into."""
    history: Sequence[Point] = ()

    def trouble(self, now_s: float) -> str | None:
        """Why no results come, in words; None: they do.

        Args:
            now_s: Seconds since the start of the server.
        """
        if not self.source.works:
            return self.source.line or f"{self.source.name} is gone"
        if self.seen_s is None:
            return "starting: there is no result yet"
        silent_s = now_s - self.seen_s
        if silent_s > SILENT_S:
            return f"no result for {silent_s:.0f} seconds"
        return None

    def to_json(self, now_s: float) -> dict[str, Any]:
        """All of it as a JSON object.

        Args:
            now_s: As for ``trouble``.
        """
        return {
            "running": self.running.to_json(),
            **self._moment(now_s),
            "profile": self.profile.to_json() if self.profile else None,
            "history": [one.to_json() for one in self.history],
        }

    def since(self, before: "State", now_s: float) -> dict[str, Any]:
        """What is other than before, for those who were told that.

        Returns:
            ``to_json`` without what stays as it is; ``history`` holds new points alone.
        """
        last_s = before.history[-1].at_s if before.history else -1.0
        points = [one.to_json() for one in self.history if one.at_s > last_s]
        news: dict[str, Any] = self._moment(now_s)
        if points:
            news["history"] = points
        if self.profile and self.profile is not before.profile:
            news["profile"] = self.profile.to_json()
        return news

    def _moment(self, now_s: float) -> dict[str, Any]:
        result = self.result
        conditions = result.conditions if result else None
        return {
            "now_s": round(now_s, 2),
            "trouble": self.trouble(now_s),
            "source": self.source.to_json(),
            "seen_s": None if self.seen_s is None else round(self.seen_s, 2),
            "result": _plain(result) if result else None,
            "machine": conditions.after.to_json() if conditions else None,
        }


def _plain(result: LiveResult) -> dict[str, Any]:
    """The result without what is told elsewhere."""
    record = result.to_json()
    record.pop("layers", None)
    record.pop("conditions", None)
    return record
