"""What is put beside a model that is profiled."""

from dataclasses import replace
from pathlib import Path
from typing import cast

from armlet.errors import OptionError
from armlet.records import Precision
from armlet.runtime.backends import BACKENDS
from armlet.runtime.model import Model
from armlet.runtime.options import PRECISION, ModelOptions

_OTHER: dict[Precision, Precision] = {
    "int8": "float32",
    "float16": "float32",
    "float32": "int8",
}


def beside(
    options: ModelOptions, path: Path, model: Model, compare: str
) -> tuple[ModelOptions, Path]:
    """The options and the path that open the other one.

    Args:
        options: Those that opened ``model``.
        path: What was opened with them.
        model: What came of it.
        compare: A backend, a precision, or ``PRECISION`` for the other one.

    Raises:
        OptionError: That is what runs already, or there is no such file beside a bare one.
    """
    wanted = _OTHER[model.precision] if compare == PRECISION else compare
    if wanted in (model.precision, model.backend):
        raise OptionError(
            f"--compare {wanted} is what {model.path} runs on already",
            "name another runtime or precision",
        )
    if model.bundle is None and wanted in _OTHER:
        raise OptionError(
            f"{path} stands alone, so there is no {wanted} to compare it with",
            "give a folder that edge-export wrote, or another runtime",
        )
    if model.bundle is None and BACKENDS[wanted].format != BACKENDS[model.backend].format:
        raise OptionError(
            f"--compare {wanted} does not run {path}", "name a runtime that runs such files"
        )
    # A tuning of the folder says nothing of the file that was named, nor the other way round.
    same = replace(
        options, backend=model.backend, precision=model.precision, threads=model.threads
    )
    where = model.bundle.folder if model.bundle else path
    if wanted in BACKENDS:
        return replace(same, backend=wanted), where
    return replace(same, precision=cast(Precision, wanted)), where
