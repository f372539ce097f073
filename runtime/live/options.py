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


@dataclass(frozen=True, kw_only=True)
class LiveOptions:
    """Where frames come from, how long, and what is done with them."""

    source: str | None
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

        return Wanted(paced=not self.no_pace, loop=self.loop)

    @property
    def limits(self) -> "Limits":
        """When it is enough."""
        from armlet.runtime.live.look import Limits

        return Limits(results=self.max_frames, duration_s=self.duration)


_OPTIONS = (
    click.option(
        "--source",
        help="A camera, by number or as /dev/video0, or a video file, which is played once.",
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
