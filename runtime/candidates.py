"""All ways in which a device can run a model: files, runtimes, numbers of threads."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from armlet.bundle import Format, is_listed, open_bundle
from armlet.errors import BackendError
from armlet.records import Precision
from armlet.runtime.backends import BACKENDS, installed_backends
from armlet.runtime.bare import format_of
from armlet.runtime.choice import Wish, choose, choose_backend
from armlet.runtime.metadata import read_metadata
from armlet.runtime.model import Model, open_model, refuse_foreign
from armlet.runtime.options import ForeignOptions


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way to run a model."""

    path: Path
    """Of the model file."""
    backend: str
    precision: Precision
    threads: int


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What became of the candidates."""

    models: Sequence[Model]
    """At least one."""
    problems: Sequence[str]
    """Why the others can't be run, one line for each runtime and file."""


def thread_counts(cores: int) -> Sequence[int]:
    """1, 2, 4 and so on below the number of cores, and that number."""
    powers = [1 << bit for bit in range(cores.bit_length())]
    return [*(count for count in powers if count < cores), cores]


def find_candidates(
    model: Path, wish: Wish, threads: Sequence[int], foreign: ForeignOptions
) -> Sequence[Candidate]:
    """Every file of MODEL on every installed runtime that runs it, as far as the wish allows.

    Args:
        model: A bundle, one of its files, or any other model file.
        wish: Leaves the other backends and the other precision out.
        threads: The numbers of threads.
        foreign: What the options say of a bare file.

    Raises:
        BundleError: There is no model there.
        BackendError: No installed runtime runs any of the files.
        OptionError: The options contradict the file.
    """
    installed = installed_backends()
    files: list[tuple[Path, Format, Precision]]
    if model.is_file() and not is_listed(model):
        format, precision = format_of(model), read_metadata(model, format_of(model)).precision
        choose_backend(model, format, precision, wish, installed)  # raises where none runs it
        files = [(model, format, precision)]
    else:
        bundle, named = open_bundle(model)
        refuse_foreign(bundle, foreign)
        choose(bundle, named, wish, installed)  # raises where none runs any
        files = [
            (bundle.folder / file.path, file.format, file.precision)
            for file in ([named] if named else [*bundle.manifest.files, *bundle.variants])
            if wish.precision in (None, file.precision)
        ]
    names = [wish.backend] if wish.backend else [one for one in BACKENDS if one in installed]
    return [
        Candidate(path=path, backend=name, precision=precision, threads=count)
        for (path, format, precision), name, count in product(files, names, threads)
        if BACKENDS[name].format == format
    ]


def open_candidates(candidates: Sequence[Candidate], foreign: ForeignOptions) -> Opened:
    """Open all of them at once, which is what taking turns needs.

    Args:
        candidates: As ``find_candidates`` finds them.
        foreign: What the options say of a bare file.

    Raises:
        BundleError: A file is damaged.
        BackendError: None of them can be opened.
        OptionError: The options contradict the file, or more are needed.
    """
    models: list[Model] = []
    failures: dict[tuple[Path, str], BackendError] = {}
    for one in candidates:
        if (one.path, one.backend) in failures:
            continue
        wish = Wish(backend=one.backend, precision=one.precision)
        try:
            models.append(open_model(one.path, wish, one.threads, foreign))
        except BackendError as error:
            failures[one.path, one.backend] = error
    if not models:
        raise next(iter(failures.values()))
    return Opened(models=models, problems=[error.problem for error in failures.values()])
