"""What the options say of a page, and the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from armlet.errors import BackendError
from armlet.runtime.web.address import Address, check_name

if TYPE_CHECKING:
    from armlet.runtime.model import Model
    from armlet.runtime.web.served import Served


@dataclass(frozen=True, kw_only=True)
class WebOptions:
    """Where a page is to be served, and to whom."""

    address: Address
    token_file: Path | None = None
    """None: a token is made where one is needed."""
    allowed_hosts: Sequence[str] = ()
    """Names of this machine besides those that it knows."""


def serve(
    options: WebOptions, model: "Model", source: str, report: Callable[[str], None]
) -> "Served":
    """Serve a page from now on.

    Args:
        options: Where and to whom.
        model: What is going to run.
        source: What the source is called.
        report: Is told where the page is, and of what was refused.

    Raises:
        BackendError: A package that this needs isn't installed.
        ListenError: The address can't be had.
        OptionError: The file with the token isn't one.
    """
    for name in options.allowed_hosts:
        check_name(name)
    try:
        from armlet.runtime.web.served import Served
        from armlet.runtime.web.state import Running
    except ImportError as error:
        raise BackendError(
            f"--web needs {error.name}, which isn't installed", "pip install 'armlet[web]'"
        ) from error
    return Served(options, Running.of(model), source, report)
