"""What both commands share: the one place where errors become a line and an exit code."""

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from armlet.errors import ArmletError

if TYPE_CHECKING:  # click_default_group has no types; this is what it is made of
    from click import Group as DefaultGroup
else:
    from click_default_group import DefaultGroup


class Command(DefaultGroup):
    """A click group that prints an error as one line on stderr and exits with its code.

    Exit codes: 0 well, 1 failure, 2 click's usage error, 3 files that don't agree with PyTorch.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; every error of armlet ends here."""
        try:
            return super().invoke(ctx)
        except ArmletError as error:
            _fail(ctx, str(error), error.exit_code)
        except BrokenPipeError:
            # Whoever read our output has gone; Python must not complain at exit either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if os.environ.get("ARMLET_TRACEBACK"):
                raise
            kind = type(error).__name__
            first = (str(error).splitlines() or [""])[0]
            advice = "this is a fault of armlet; report it with what ARMLET_TRACEBACK=1 prints"
            _fail(ctx, f"{kind}: {first}; {advice}", 1)


def _fail(ctx: click.Context, line: str, code: int) -> None:
    click.echo(f"{ctx.find_root().info_name}: {line}", err=True)
    ctx.exit(code)
