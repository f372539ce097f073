"""Kinds of options that click itself doesn't know: they parse or say what is wrong."""

from collections.abc import Callable
from pathlib import Path

import click

NAMES = "cifar10, fashion-mnist"
"""Shipped weights, spelled out here because ``--help`` must not import what reads them."""
PATH = click.Path(path_type=Path)


def some_of(*words: str) -> Callable[[str], tuple[str, ...]]:
    """One or more of these words, with commas between them; passed on in this order."""

    def parse(text: str) -> tuple[str, ...]:
        given = text.split(",")
        for word in given:
            if word not in words:
                raise click.BadParameter(f"{word!r} is none of {', '.join(words)}")
        return tuple(word for word in words if word in given)

    return parse
