"""All cameras with what they offer, who has them, and what keeps them from working."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from armlet.runtime.cameras.csi_list import CsiListed, list_csi
from armlet.runtime.cameras.finding import Camera, Cameras, find_cameras
from armlet.runtime.cameras.holders import Holders, who_has
from armlet.runtime.cameras.modes import Offer
from armlet.runtime.cameras.offers import Ask, asker, read_formats, read_offer

PLUG_IN = "plug a USB camera in, or use a video, a folder or an address"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A node that pictures can be taken from."""

    camera: Camera
    offers: Sequence[Offer]
    """Of sizes on a grid, the largest; empty: nothing tells."""
    holders: Holders

    @property
    def advice(self) -> str | None:
        """What to do so that it works; None: nothing keeps it from that."""
        if self.holders.seen:
            return f"in use by {self.holders}; end that first"
        return None

    @property
    def usable(self) -> bool:
        """Whether it can be opened now."""
        return self.camera.allowed and not self.camera.csi and not self.holders.seen

    def to_json(self) -> dict[str, Any]:
        """Everything as a JSON object."""
        return {
            **asdict(self.camera),
            "offers": [asdict(one) for one in self.offers],
            "holders": [asdict(one) for one in self.holders.seen],
            "advice": self.advice,
        }


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What is there."""

    cameras: Cameras
    listed: Sequence[Listed]
    """Nodes that give pictures, or that don't tell."""
    csi: Sequence[CsiListed]
    """Cameras on the ribbon cable."""

    @property
    def advice(self) -> Sequence[str]:
        """What keeps cameras from working, each with what to do."""
        found = list(self.cameras.advice)
        ribbon = any(one.csi for one in self.cameras.nodes)
        if ribbon and self.cameras.csi_tool and not self.csi:
            found.append(
                "no camera answers on the ribbon cable; see to its cable, with the power off"
            )
        if not self.listed and not self.csi:
            found.append(f"there is no camera; {PLUG_IN}")
        return found

    @property
    def sources(self) -> Sequence[str]:
        """What ``--source`` calls those that can be opened now."""
        nodes = [one.camera.device for one in self.listed if one.usable]
        return [*nodes, *(one.source for one in self.csi)]

    @property
    def next_command(self) -> str:
        """What to try."""
        source = self.sources[0] if self.sources else "video.mp4"
        return f"edge-run camera out/ --source {source}"

    def to_json(self) -> dict[str, Any]:
        """Everything as one JSON object."""
        return {
            "nodes": [one.to_json() for one in self.listed],
            "without_pictures": [
                asdict(one) for one in self.cameras.nodes if one.capture is False
            ],
            "csi": [asdict(one) | {"source": one.source} for one in self.csi],
            "csi_tool": self.cameras.csi_tool,
            "sources": list(self.sources),
            "advice": list(self.advice),
            "next": self.next_command,
        }


def list_cameras(
    find: Callable[[], Cameras] = find_cameras,
    ask: Callable[[str, Callable[[Ask], Sequence[Offer]]], Sequence[Offer]] | None = None,
    holders: Callable[[str], Holders] = who_has,
    csi: Callable[[str | None], Sequence[CsiListed] | None] = list_csi,
) -> Listing:
    """Look at everything, without taking a camera from anybody.

    Args:
        find: Finds the nodes.
        ask: Puts questions to a device's driver; None: opens it for that.
        holders: Finds who has a device open.
        csi: Lists what is on the ribbon cable.
    """
    cameras = find()
    shown = [one for one in cameras.nodes if one.capture is not False]
    return Listing(
        cameras=cameras,
        listed=[
            Listed(
                camera=one,
                offers=(ask or _asked)(one.device, every_offer) if one.allowed else [],
                holders=holders(one.device),
            )
            for one in shown
            if not one.csi
        ],
        csi=(csi(cameras.csi_tool) or []) if any(one.csi for one in shown) else [],
    )


def every_offer(ask: Ask) -> Sequence[Offer]:
    """Each format in each size; of a grid of sizes, the largest."""
    return [
        read_offer(ask, one.fourcc, sizes.widths[-1], sizes.heights[-1])
        for one in read_formats(ask)
        for sizes in one.sizes
        if sizes.widths and sizes.heights
    ]


def _asked(device: str, question: Callable[[Ask], Sequence[Offer]]) -> Sequence[Offer]:
    try:
        node = os.open(Path(device), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        return question(asker(node))
    finally:
        os.close(node)
