"""The camera that is meant when nobody has named one."""

from collections.abc import Callable, Sequence

from armlet.errors import SourceError
from armlet.runtime.cameras.csi_list import CsiListed
from armlet.runtime.cameras.finding import Cameras

ListCsi = Callable[[str | None], Sequence[CsiListed] | None]
"""Given the tool: those on the ribbon cable; None: nothing tells."""


def only_camera(cameras: Cameras, list_csi: ListCsi) -> str:
    """What ``--source`` calls the only camera that is there.

    Args:
        cameras: What was found.
        list_csi: Is asked only if something is on the ribbon cable, since it takes a second.

    Raises:
        SourceError: There is none, or more than one.
    """
    nodes = [one for one in cameras.nodes if one.capture is not False]
    there = {one.device: one.name for one in nodes if not one.csi}
    ribbon = any(one.csi for one in nodes)
    if ribbon:
        listed = list_csi(cameras.csi_tool)
        on_cable = (
            [CsiListed(number=0, sensor="on the ribbon cable")] if listed is None else listed
        )
        there |= {one.source: one.sensor for one in on_cable}
    if len(there) > 1:
        named = ", ".join(f"{source} ({name or 'no name'})" for source, name in there.items())
        raise SourceError(f"there are several cameras: {named}", "choose one with --source")
    if not there:
        seen = "no camera works on the ribbon cable" if ribbon else "there is no camera"
        raise SourceError(
            seen, "plug one in, or give a video, a folder or an address with --source"
        )
    return next(iter(there))
