"""The list of cameras as a page for people."""

from collections.abc import Iterable, Sequence

from armlet.runtime.cameras.csi_list import CsiListed
from armlet.runtime.cameras.listing import Listed, Listing
from armlet.runtime.cameras.modes import CODED, GREY, RAW, Offer

Row = tuple[str, str]


def page(listing: Listing) -> Sequence[str]:
    """Aligned lines, each problem followed by what to do, and a command at the end."""
    rows = [row for one in listing.listed for row in _node(one)]
    rows += [row for one in listing.csi for row in _csi(one)]
    silent = [one for one in listing.cameras.nodes if one.capture is False]
    if silent:
        named = ", ".join(f"{one.device} ({one.name or 'no name'})" for one in silent)
        rows.append(("", f"without pictures: {named}"))
    rows += [("", f"-> {advice}") for advice in listing.advice]
    width = max((len(name) for name, _ in rows), default=0)
    lines = [
        f"{name:{width}}  {text}".strip() if not width else f"{name:{width}}  {text}"
        for name, text in rows
    ]
    return [*lines, "", f"next: {listing.next_command}"]


def _node(listed: Listed) -> Iterable[Row]:
    camera = listed.camera
    yield camera.device, camera.name or "without a name"
    if not camera.allowed:
        yield "", "may not be opened by this user"
    for fourcc in dict.fromkeys(one.fourcc for one in listed.offers):
        sizes = [_sized(one) for one in listed.offers if one.fourcc == fourcc]
        use = "" if fourcc in (*RAW, *CODED, *GREY) else " (not used)"
        yield "", f"{fourcc:4}  {', '.join(dict.fromkeys(sizes))}{use}"
    if listed.advice:
        yield "", f"-> {listed.advice}"


def _sized(offer: Offer) -> str:
    size = f"{offer.width} x {offer.height}"
    if not offer.rates:
        return size
    return f"{size} ({max(offer.rates):.4g}/s)"


def _csi(listed: CsiListed) -> Iterable[Row]:
    yield listed.source, f"{listed.sensor}, on the ribbon cable"
    if listed.modes:
        sizes = (f"{one.width} x {one.height} ({one.fps:.4g}/s)" for one in listed.modes)
        yield "", f"sensor  {', '.join(dict.fromkeys(sizes))}"
