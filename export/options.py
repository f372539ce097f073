"""Kinds of options that click itself doesn't know: they parse or say what is wrong."""

import math
from collections.abc import Callable
from pathlib import Path

import click

NAMES = "cifar10, fashion-mnist"
"""Shipped weights, spelled out here because ``--help`` must not import what reads them."""
PATH = click.Path(path_type=Path)


def triple(text: str) -> tuple[float, float, float]:
    """Three finite numbers with commas between them, for R, G and B."""
    try:
        red, green, blue = (float(part) for part in text.split(","))
    except ValueError:
        red = math.nan
        green = blue = 0.0
    if not all(map(math.isfinite, (red, green, blue))):
        raise click.BadParameter(f"{text!r} is not three numbers like 0.485,0.456,0.406")
    return red, green, blue


def positive_triple(text: str) -> tuple[float, float, float]:
    """Three numbers above 0."""
    values = triple(text)
    if min(values) <= 0:
        raise click.BadParameter(f"{text!r} holds a value that is not above 0")
    return values


def some_of(*words: str) -> Callable[[str], tuple[str, ...]]:
    """One or more of these words, with commas between them; passed on in this order."""

    def parse(text: str) -> tuple[str, ...]:
        given = text.split(",")
        for word in given:
            if word not in words:
                raise click.BadParameter(f"{word!r} is none of {', '.join(words)}")
        return tuple(word for word in words if word in given)

    return parse
