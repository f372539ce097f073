"""What both commands share: where errors become a line and an exit code, kinds of options."""

import math
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import click

from armlet.errors import ArmletError
from armlet.silence import heard

if TYPE_CHECKING:  # click_default_group has no types; this is what it is made of
    from click import Group as DefaultGroup
else:
    from click_default_group import DefaultGroup

Item = TypeVar("Item")
LARGEST, LEAST = 1e6, 1e-6
"""Of means and deviations, far beyond any that makes sense; others overflow float32."""


class Command(DefaultGroup):
    """A click group that prints an error as one line on stderr and exits with its code.

    Exit codes: 0 well, 1 failure, 2 click's usage error, 3 files that don't agree with PyTorch.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Parse and run; writing may fail at any moment, to a full disk even for --help."""
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            if os.environ.get("ARMLET_TRACEBACK"):
                raise
            name = os.path.basename(sys.argv[0])
            click.echo(f"{name}: {error.filename or 'stdout'}: {error.strerror}", err=True)
            sys.exit(1)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the group's own options."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            raise _one_line(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; every error of armlet ends here."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise _one_line(error) from error
        except ArmletError as error:
            _fail(ctx, str(error), error.exit_code)
        except BrokenPipeError:
            # Whoever read our output has gone; Python must not complain at exit either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)
        except (click.ClickException, click.exceptions.Exit, click.Abort, OSError):
            raise
        except Exception as error:
            if os.environ.get("ARMLET_TRACEBACK"):
                raise
            kind = type(error).__name__
            first = (str(error).splitlines() or [""])[0]
            advice = "this is a fault of armlet; report it with what ARMLET_TRACEBACK=1 prints"
            _fail(ctx, f"{kind}: {first}; {advice}", 1)


class _Misuse(click.UsageError):
    """A usage error in one line, as every other error."""

    def show(self, file: Any = None) -> None:
        """Say what is wrong and where to read on."""
        said = self.format_message().rstrip(".")
        if self.ctx is None:
            notice(said)
            return
        name = self.ctx.find_root().info_name
        notice(f"{name}: {said}; see {self.ctx.command_path} --help")


def _one_line(error: click.UsageError) -> click.UsageError:
    # No arguments at all are no mistake: click answers with the help.
    if type(error).__name__ == "NoArgsIsHelpError":
        return error
    return _Misuse(error.format_message(), error.ctx)


def _fail(ctx: click.Context, line: str, code: int) -> None:
    notice(f"{ctx.find_root().info_name}: {line}")
    ctx.exit(code)


def notice(line: str) -> None:
    """Tell the user something on stderr, in one line, whatever stdout is used for."""
    with suppress(OSError), heard():  # a full disk behind stderr is no reason to stop
        click.echo(printable(line), err=True)


def printable(text: str) -> str:
    """A text in one line that tells a terminal nothing: paths and labels may hold anything."""
    line = " ".join(text.splitlines())
    return "".join(one if one.isprintable() else "?" for one in line)


def progress(line: str) -> None:
    """Say on a terminal what is being done; be quiet elsewhere."""
    if os.isatty(2):
        click.echo(f"{line} ...", err=True)


def watch(items: Iterable[Item], label: str, length: int) -> Iterator[Item]:
    """Pass items on, with a progress bar on stderr if that is a terminal."""
    if not os.isatty(2):
        yield from items
        return
    with click.progressbar(items, length, label, file=sys.stderr) as bar:
        yield from bar


def triple(text: str) -> tuple[float, float, float]:
    """Three finite numbers with commas between them, for R, G and B."""
    try:
        red, green, blue = (float(part) for part in text.split(","))
    except ValueError:
        red = math.nan
        green = blue = 0.0
    if not all(abs(value) <= LARGEST for value in (red, green, blue)):
        raise click.BadParameter(f"{text!r} is not three numbers like 0.485,0.456,0.406")
    return red, green, blue


class Number(click.FloatRange):
    """A number in a range, which something that is not a number never is."""

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """Read it, as click does."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is no number", param, ctx)
        return number


def positive_triple(text: str) -> tuple[float, float, float]:
    """Three numbers above 0."""
    values = triple(text)
    if min(values) < LEAST:
        raise click.BadParameter(f"{text!r} holds a value that is not above 0")
    return values
