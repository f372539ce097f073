"""The options of every command that runs a model, and what they become."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from armlet.command import notice, positive_triple, triple
from armlet.runtime.backends import BACKENDS

# Whatever needs numpy, OpenCV or a runtime is imported when a model is opened.
if TYPE_CHECKING:
    from armlet.preprocessing import Layout, Resize, Triple
    from armlet.records import Precision
    from armlet.runtime.choice import Wish
    from armlet.runtime.classifier import Classifier


@dataclass(frozen=True, kw_only=True)
class ForeignOptions:
    """What the user says of a model that comes without a manifest; None: nothing."""

    labels: Path | None = None
    mean: "Triple | None" = None
    """Of R, G, B, in units of 0 to 1."""
    std: "Triple | None" = None
    """Likewise."""
    input_size: int | None = None
    """Height and width in pixels."""
    resize: "Resize | None" = None
    layout: "Layout | None" = None

    @property
    def given(self) -> str:
        """The options that were given, as the user wrote them."""
        names = [one.name for one in fields(self) if getattr(self, one.name) is not None]
        return ", ".join(f"--{name.replace('_', '-')}" for name in names)


PRECISION = "precision"
"""What a bare --compare compares."""
NO_FOREIGN_OPTIONS = ForeignOptions()
MOST_THREADS = 256


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """How MODEL is to be opened."""

    backend: str | None
    precision: "Precision | None"
    threads: int | None
    foreign: ForeignOptions

    def open(self, model: Path) -> "Classifier":
        """Open a model, and say on stderr what had to be assumed of it.

        Args:
            model: A bundle, one of its files, or any other model file.

        Raises:
            ArmletError: As ``armlet.runtime.model.open_model``.
        """
        from armlet.runtime.classifier import Classifier
        from armlet.runtime.model import open_model

        opened = open_model(model, self.wish, self.threads, self.foreign)
        say_assumed(opened.assumed)
        if opened.tuning and opened.tuning.ignored:
            notice(f"edge-run: {opened.tuning.ignored}")
        return Classifier(opened)

    @property
    def wish(self) -> "Wish":
        """What they say of where a model runs."""
        from armlet.runtime.choice import Wish

        return Wish(backend=self.backend, precision=self.precision)


def say_assumed(assumed: Sequence[str]) -> None:
    """Say on stderr what had to be assumed of a bare file."""
    if assumed:
        notice(f"edge-run: assumed {', '.join(assumed)}")


def available_cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def default_threads() -> int:
    """All cores that this process may use, but no more than 4."""
    return min(available_cores(), 4)


_BACKENDS = click.Choice(list(BACKENDS))
PRECISIONS = ("int8", "float16", "float32")
_PRECISIONS = click.Choice(PRECISIONS)
_THREADS = click.IntRange(1, MOST_THREADS)
_CHOOSING = (
    click.option(
        "--backend",
        type=_BACKENDS,
        help="Runtime; by default as tuned, else the first that is installed and can do it.",
    ),
    click.option(
        "--precision",
        type=_PRECISIONS,
        help="By default as tuned, else the first of these that there is a file of.",
    ),
    click.option(
        "--threads",
        type=_THREADS,
        help="Of the runtime; by default as tuned, else as many as cores, at most 4.",
    ),
)
_NARROWING = (
    click.option("--backend", type=_BACKENDS, help="This runtime alone."),
    click.option("--precision", type=_PRECISIONS, help="Files of this precision alone."),
    click.option("--threads", type=_THREADS, help="Of the runtime."),
)
_FOREIGN = (
    click.option(
        "--labels",
        type=click.Path(path_type=Path),
        help="For a model file of others: text file, one label a line.",
    ),
    click.option("--mean", type=triple, metavar="R,G,B", help="Likewise: in units of 0 to 1."),
    click.option(
        "--std", type=positive_triple, metavar="R,G,B", help="Likewise: in units of 0 to 1."
    ),
    click.option(
        "--input-size",
        type=click.IntRange(1, 4096),
        help="Likewise: pixels, if it takes pictures of any size.",
    ),
    click.option(
        "--resize",
        type=click.Choice(["squash", "crop", "pad"]),
        help="Likewise: whole picture, central part, or whole with borders. [default: squash]",
    ),
    click.option(
        "--layout",
        type=click.Choice(["NCHW", "NHWC"]),
        help="Likewise: of its input, if the shape doesn't tell.",
    ),
)


JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
LOG = click.option(
    "--log", help="Append each result as a line of JSON to this file; - for stdout."
)


def top_k_option(default: int, each: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """How many labels each picture or frame gets."""
    return click.option(
        "--top-k",
        type=click.IntRange(min=1),
        default=default,
        show_default=True,
        help=f"Labels for each {each}.",
    )


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add those that choose what runs; the command is handed ``options``, a ModelOptions."""
    return _with_options(command, (*_CHOOSING, *_FOREIGN))


def narrowing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Likewise, for a command that runs all there is unless it is told otherwise."""
    return _with_options(command, (*_NARROWING, *_FOREIGN))


def _with_options(
    command: Callable[..., Any], options: Sequence[Callable[..., Any]]
) -> Callable[..., Any]:
    own = [one.name for one in fields(ModelOptions) if one.name != "foreign"]
    foreign = [one.name for one in fields(ForeignOptions)]

    @wraps(command)
    def run(**values: Any) -> Any:
        given = ModelOptions(
            **{name: values.pop(name) for name in own},
            foreign=ForeignOptions(**{name: values.pop(name) for name in foreign}),
        )
        return command(options=given, **values)

    for option in reversed(options):
        run = option(run)
    return run
