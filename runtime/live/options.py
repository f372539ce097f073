"""The options of ``edge-run camera``, and what they become."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

# Whatever needs OpenCV is imported when a source is opened.
if TYPE_CHECKING:
    from armlet.runtime.cameras.naming import Wanted
    from armlet.runtime.live.look import Limits

MIN_SIDE, MAX_SIDE = 16, 8192
"""Pixels of a camera's picture."""


@dataclass(frozen=True, kw_only=True)
class LiveOptions:
    """Where frames come from, how long, and what is done with them."""

    source: str | None
    list_cameras: bool
    """Only show which cameras are there."""
    size: tuple[int, int] | None
    """Width and height in pixels."""
    fps: float | None
    """Frames a second."""
    no_pace: bool
    loop: bool
    changes: bool
    smooth: float | None
    """Seconds; None: each frame stands for itself."""
    layers_every: int | None
    max_frames: int | None
    """Results; None: no limit, as for ``duration``."""
    duration: float | None
    """Seconds."""

    @property
    def wanted(self) -> "Wanted":
        """How frames are to come."""
        from armlet.runtime.cameras.naming import Wanted

        width, height = self.size or (None, None)
        return Wanted(
            width=width, height=height, fps=self.fps, paced=not self.no_pace, loop=self.loop
        )

    @property
    def limits(self) -> "Limits":
        """When it is enough."""
        from armlet.runtime.live.look import Limits

        return Limits(results=self.max_frames, duration_s=self.duration)


def _size(text: str) -> tuple[int, int]:
    """Width and height, as in 640x480."""
    width, _, height = text.lower().partition("x")
    sides = [int(side) if side.isdecimal() else 0 for side in (width, height)]
    if not all(MIN_SIDE <= side <= MAX_SIDE for side in sides):
        raise click.BadParameter(f"{text!r} is not a size like 640x480")
    return sides[0], sides[1]


_OPTIONS = (
    click.option(
        "--source",
        help="A camera, as 0, /dev/video0 or csi, an address, a video file or a folder of"
        " pictures. [default: the only camera]",
    ),
    click.option("--list", "list_cameras", is_flag=True, help="Show the cameras and end."),
    click.option(
        "--size",
        type=_size,
        metavar="WxH",
        help="Of a camera's pictures, or the nearest that it has. [default: 640x480]",
    ),
    click.option(
        "--fps",
        type=click.FloatRange(1, 240),
        help="Of a camera, or the nearest that it has [default: 30]; of a folder. [default: 1]",
    ),
    click.option("--no-pace", is_flag=True, help="Files as quickly as they can be classified."),
    click.option("--loop", is_flag=True, help="Begin files again at their end."),
    click.option("--changes", is_flag=True, help="Only results that tell something new."),
    click.option(
        "--smooth",
        type=click.FloatRange(0.01, 3600),
        metavar="SECONDS",
        help="Average scores over about so long, so that labels don't flicker.",
    ),
    click.option(
        "--layers-every",
        type=click.IntRange(min=1),
        metavar="N",
        help="Measure the layers on each N-th result, for --json and --log.",
    ),
    click.option(
        "--max-frames", type=click.IntRange(min=1), help="Stop after so many results."
    ),
    click.option(
        "--duration",
        type=click.FloatRange(min=0, min_open=True, max=1e9),
        help="Stop after so many seconds.",
    ),
)


def live_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add them; the command is handed ``live``, a LiveOptions."""

    @wraps(command)
    def run(**values: Any) -> Any:
        own = {one.name: values.pop(one.name) for one in fields(LiveOptions)}
        return command(live=LiveOptions(**own), **values)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run
