"""All cameras with what they offer, who has them, and what keeps them from working."""

import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from armlet.runtime.cameras.csi_list import CsiListed, list_csi
from armlet.runtime.cameras.finding import Camera, Cameras, find_cameras
from armlet.runtime.cameras.holders import Holders, who_has
from armlet.runtime.cameras.modes import Offer
from armlet.runtime.cameras.offers import (
    Ask,
    asker,
    read_formats,
    read_offer,
    see_that_it_is_free,
)

PLUG_IN = "plug a USB camera in, or use a video, a folder or an address"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A node that pictures can be taken from."""

    camera: Camera
    offers: Sequence[Offer]
    """Of sizes on a grid, the largest; empty: nothing tells."""
    busy: bool
    """Whether its driver says that a program captures from it."""
    holders: Holders
    """Who has it open, whether for that or not."""

    @property
    def advice(self) -> str | None:
        """What to do so that it works; None: nothing keeps it from that."""
        if self.busy and self.holders.seen:
            return f"in use by {self.holders}; end that first"
        if self.busy:
            return "in use by another user, whom sudo edge-run camera --list tells"
        return None

    @property
    def usable(self) -> bool:
        """Whether it can be opened now."""
        return self.camera.allowed and not self.camera.csi and not self.busy

    def to_json(self) -> dict[str, Any]:
        """Everything as a JSON object."""
        return {
            **asdict(self.camera),
            "offers": [asdict(one) for one in self.offers],
            "busy": self.busy,
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


Look = tuple[Sequence[Offer], bool]
"""All offers, of sizes on a grid the largest; and whether another program captures."""


def look_into(device: str) -> Look:
    """Ask a device's driver; one that may not be opened tells nothing."""
    try:
        node = os.open(device, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return [], error.errno == errno.EBUSY
    try:
        return look(asker(node))
    finally:
        os.close(node)


def look(ask: Ask) -> Look:
    """Likewise, given how to ask."""
    offers = [
        read_offer(ask, one.fourcc, sizes.widths[-1], sizes.heights[-1])
        for one in read_formats(ask)
        for sizes in one.sizes
        if sizes.widths and sizes.heights
    ]
    try:
        see_that_it_is_free(ask)
    except OSError as error:
        return offers, error.errno == errno.EBUSY
    return offers, False


def list_cameras(
    find: Callable[[], Cameras] = find_cameras,
    look: Callable[[str], Look] = look_into,
    holders: Callable[[str], Holders] = who_has,
    csi: Callable[[str | None], Sequence[CsiListed] | None] = list_csi,
) -> Listing:
    """Look at everything, without taking a camera from anybody.

    Args:
        find: Finds the nodes.
        look: Asks a device's driver.
        holders: Finds who has a device open.
        csi: Lists what is on the ribbon cable.
    """
    cameras = find()
    shown = [one for one in cameras.nodes if one.capture is not False]
    listed = []
    for one in shown:
        if not one.csi:
            offers, busy = look(one.device)
            who = holders(one.device)
            listed.append(Listed(camera=one, offers=offers, busy=busy, holders=who))
    return Listing(
        cameras=cameras,
        listed=listed,
        csi=(csi(cameras.csi_tool) or []) if any(one.csi for one in shown) else [],
    )
