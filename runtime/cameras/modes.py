"""In which of the modes that a camera offers it is to capture."""

from collections.abc import Sequence
from dataclasses import dataclass

RAW = ("BGR3", "RGB3", "YUYV", "UYVY", "YU12", "YV12")
"""Formats that needn't be decoded, the cheapest to convert first.

Of those that OpenCV takes of a camera, NV12 and NV21 are left out, since some releases confuse
red and blue of these.
"""
CODED = ("MJPG", "JPEG")
GREY = ("GREY",)
"""Without colours, and so the last resort."""
_ENOUGH = 0.95
"""Cameras that are said to give 30 frames a second may say 29.97 or 28.6 themselves."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the user, or else we, would like."""

    width: int = 640
    """In pixels, as for ``height``."""
    height: int = 480
    fps: float = 30.0
    """Frames a second."""


WISH = Wish()


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A format in a size."""

    fourcc: str
    """Such as MJPG, as the kernel calls it."""
    width: int
    """In pixels, as for ``height``."""
    height: int
    rates: Sequence[float] = ()
    """Frames a second; empty: nothing tells."""
    between: bool = False
    """Whether any rate between the least and the most of them can be had."""

    def rate(self, fps: float) -> float:
        """The least that is no less than wanted, else the most; as wanted if nothing tells."""
        if not self.rates:
            return fps
        if self.between:
            return min(max(fps, min(self.rates)), max(self.rates))
        reach = [rate for rate in self.rates if rate >= _ENOUGH * fps]
        return min(reach, default=max(self.rates))


@dataclass(frozen=True, kw_only=True)
class Mode:
    """What is asked of a camera."""

    fourcc: str | None
    """None: whatever it gives."""
    width: int
    """In pixels, as for ``height``."""
    height: int
    fps: float
    """Frames a second."""


def choose(offers: Sequence[Offer], wish: Wish) -> Mode:
    """Choose the size next to the wish, then a raw format if it is quick enough, else JPEG.

    Args:
        offers: What there is; of formats that nobody can decode, nothing is taken.
        wish: What there should be.
    """
    usable = [one for one in offers if one.fourcc in (*RAW, *CODED, *GREY)]
    coloured = [one for one in usable if one.fourcc not in GREY] or usable
    if not coloured:
        return Mode(fourcc=None, width=wish.width, height=wish.height, fps=wish.fps)
    nearest = min(coloured, key=lambda one: _distance(one, wish))
    sized = [
        one for one in coloured if (one.width, one.height) == (nearest.width, nearest.height)
    ]
    best = min(sized, key=lambda one: _merit(one, wish.fps))
    return Mode(
        fourcc=best.fourcc, width=best.width, height=best.height, fps=best.rate(wish.fps)
    )


def _distance(offer: Offer, wish: Wish) -> tuple[int, int]:
    """In pixels; of two that are as near, the larger one, which only has to be scaled down."""
    far = abs(offer.width - wish.width) + abs(offer.height - wish.height)
    return far, -offer.width * offer.height


def _merit(offer: Offer, fps: float) -> tuple[float, int]:
    """The best has the least: quick up to what is wanted, then cheap."""
    rate = offer.rate(fps)
    return -fps if rate >= _ENOUGH * fps else -rate, (*RAW, *CODED, *GREY).index(offer.fourcc)


def described(width: float, height: float, fourcc: str, fps: float) -> str:
    """A mode for people: ``640 x 480, MJPG, 30 frames a second``.

    Args:
        width: In pixels, as for ``height``.
        height: Likewise.
        fourcc: The format; empty: nothing tells.
        fps: Frames a second; 0 or less: nothing tells.
    """
    rate = f"{fps:.4g} frames a second" if fps > 0 else ""
    return ", ".join(filter(None, (f"{width:.0f} x {height:.0f}", fourcc, rate)))
