"""The options of ``edge-run camera``, and what they become."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from armlet.command import Number
from armlet.errors import OptionError
from armlet.runtime.options import JSON, LOG, top_k_option

# Whatever needs OpenCV is imported when a source is opened.
if TYPE_CHECKING:
    from armlet.runtime.cameras.naming import Wanted
    from armlet.runtime.live.broker import Broker
    from armlet.runtime.live.look import Limits
    from armlet.runtime.rotation import Rotation
    from armlet.runtime.web.address import Address
    from armlet.runtime.web.wanted import WebOptions

MEGABYTE = 1_000_000
LOG_SIZE, LOG_KEEP = 10, 5
"""Megabytes, and files: what is kept of a log unless it is said."""

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
    log_size: float | None
    """Megabytes; 0: without end; None: ``LOG_SIZE``."""
    log_keep: int | None
    """Old logs; None: ``LOG_KEEP``."""
    publish: str | None
    display: bool
    max_frames: int | None
    """Results; None: no limit, as for ``duration``."""
    duration: float | None
    """Seconds."""
    web: "Address | None"
    token_file: Path | None
    allow_host: Sequence[str]

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

    @property
    def broker(self) -> "Broker | None":
        """Where results are published.

        Raises:
            OptionError: As ``broker.find_broker``.
        """
        from armlet.runtime.live.broker import find_broker

        return None if self.publish is None else find_broker(self.publish)

    @property
    def rotation(self) -> "Rotation | None":
        """How much of the log is kept; None: everything."""
        from armlet.runtime.rotation import Rotation

        size = round((LOG_SIZE if self.log_size is None else self.log_size) * MEGABYTE)
        return Rotation(size=size, keep=self.log_keep or LOG_KEEP) if size else None

    def check_heard(self, *, in_json: bool, log: str | None) -> None:
        """See that there is somebody for whom the options on results and logs do something.

        Args:
            in_json: Whether stdout gets JSON.
            log: A file, or ``-`` for stdout; None: there is no log.

        Raises:
            OptionError: There is nobody.
        """
        from armlet.runtime.log import STDOUT

        layers_go_anywhere = in_json or log or self.publish is not None or self.web is not None
        if self.layers_every is not None and not layers_go_anywhere:
            raise OptionError(
                "--layers-every measures what nobody is told",
                "add --json, --log, --publish or --web",
            )
        sized = {"--log-size": self.log_size, "--log-keep": self.log_keep}
        given = [name for name, value in sized.items() if value is not None]
        if given and log in (None, STDOUT):
            raise OptionError(f"{given[0]} is for the file of --log", "add --log FILE")

    @property
    def page(self) -> "WebOptions | None":
        """Where a page is to be served; None: nowhere.

        Raises:
            OptionError: Nowhere, but it is said how.
        """
        if self.web is None:
            if self.token_file or self.allow_host:
                given = "--token-file" if self.token_file else "--allow-host"
                raise OptionError(f"{given} is for the page of --web", "add --web")
            return None
        from armlet.runtime.web.wanted import WebOptions

        return WebOptions(
            address=self.web, token_file=self.token_file, allowed_hosts=self.allow_host
        )


def _size(text: str) -> tuple[int, int]:
    """Width and height, as in 640x480."""
    width, _, height = text.lower().partition("x")
    sides = [int(side) if side.isdecimal() else 0 for side in (width, height)]
    if not all(MIN_SIDE <= side <= MAX_SIDE for side in sides):
        raise click.BadParameter(f"{text!r} is not a size like 640x480")
    return sides[0], sides[1]


def _address(text: str) -> "Address":
    from armlet.runtime.web.address import parse_address

    return parse_address(text)


_OPTIONS = (
    # Where frames come from.
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
        type=Number(1, 240),
        help="Of a camera, or the nearest that it has [default: 30]; of a folder. [default: 1]",
    ),
    click.option("--no-pace", is_flag=True, help="Files as quickly as they can be classified."),
    click.option("--loop", is_flag=True, help="Begin files again at their end."),
    # What is said of them, and how long.
    top_k_option(1, "frame"),
    click.option("--changes", is_flag=True, help="Only results that tell something new."),
    click.option(
        "--smooth",
        type=Number(0.01, 3600),
        metavar="SECONDS",
        help="Average scores over about so long, so that labels don't flicker.",
    ),
    click.option(
        "--layers-every",
        type=click.IntRange(min=1),
        metavar="N",
        help="Measure the layers on each N-th result, for --json, --log and --publish.",
    ),
    click.option(
        "--max-frames", type=click.IntRange(min=1), help="Stop after so many results."
    ),
    click.option(
        "--duration",
        type=Number(min=0, min_open=True, max=1e9),
        help="Stop after so many seconds.",
    ),
    # Who is told.
    JSON,
    LOG,
    click.option(
        "--log-size",
        type=Number(0, 1e6),
        metavar="MB",
        help=f"Begin another log when one has so much; 0: never. [default: {LOG_SIZE}]",
    ),
    click.option(
        "--log-keep",
        type=click.IntRange(1, 1000),
        metavar="N",
        help=f"Old logs to keep: FILE.1 is the newest. [default: {LOG_KEEP}]",
    ),
    click.option(
        "--web",
        is_flag=False,
        flag_value="",
        type=_address,
        metavar="[HOST:PORT]",
        help="Serve a page that shows all of it, on port 8080 of this machine alone; "
        "0.0.0.0:8080 for other machines, which are then asked for a token.",
    ),
    click.option(
        "--token-file",
        type=click.Path(path_type=Path),
        help="What the page asks for, instead of a token made at each start.",
    ),
    click.option(
        "--allow-host",
        multiple=True,
        metavar="NAME",
        help="Another name by which the page may be opened; may be repeated.",
    ),
    click.option(
        "--display",
        is_flag=True,
        help="Show frames and labels in a window; q or closing it ends the command.",
    ),
    click.option(
        "--publish",
        metavar="mqtt://HOST/TOPIC",
        help="Publish results to an MQTT broker; mqtts:// for TLS. See docs/records.md.",
    ),
)


def live_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add them; the command is handed ``live``, a LiveOptions.

    Besides it is handed those that other commands have too: ``top_k``, ``as_json`` and ``log``.
    """

    @wraps(command)
    def run(**values: Any) -> Any:
        own = {one.name: values.pop(one.name) for one in fields(LiveOptions)}
        return command(live=LiveOptions(**own), **values)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run
