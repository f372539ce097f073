"""Which file of a bundle runs on which backend."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from armlet.bundle import Bundle, Format, ModelFile
from armlet.errors import BackendError, OptionError
from armlet.records import Precision
from armlet.runtime.backends import BACKENDS
from armlet.runtime.options import default_threads

if TYPE_CHECKING:  # most models aren't tuned
    from armlet.runtime.tuning_file import Setting

PREFERENCE: Sequence[Precision] = ("int8", "float16", "float32")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the user asked for."""

    backend: str | None
    """None: the first that is installed and has a file."""
    precision: Precision | None
    """None: the first of ``PREFERENCE`` of which there is a file."""
    file: str | None = None
    """Name of the file of a bundle that a tuning found best; None: it found none."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What will run."""

    file: ModelFile
    backend: str


def complete(
    wish: Wish,
    threads: int | None,
    tuned: "Setting | None",
    kinds: Collection[tuple[Format, Precision]],
    installed: Collection[str],
) -> tuple[Wish, int]:
    """Let a tuning decide what the user left open, else the defaults.

    Args:
        wish: What the options say; each of them stays as it is.
        threads: Likewise.
        tuned: What the tuning says, if there is one.
        kinds: Format and precision of the files that there are.
        installed: Names of the backends whose runtime is there.

    Returns:
        The wish and the number of threads. Where the options leave no file or runtime for what
        is tuned, the wish is theirs alone.
    """
    if tuned is None:
        return wish, threads or default_threads()
    backend, precision = wish.backend or tuned.backend, wish.precision or tuned.precision
    if backend in installed and (BACKENDS[backend].format, precision) in kinds:
        wish = Wish(backend=backend, precision=precision, file=tuned.file)
    return wish, threads or tuned.threads


def choose(
    bundle: Bundle, named: ModelFile | None, wish: Wish, installed: Collection[str]
) -> Choice:
    """Pick a file and a backend.

    A variant is preferred to the plain file of its kind, being there because it is quicker,
    unless a tuning measured otherwise.

    Args:
        bundle: The bundle.
        named: The one of its files that the user named, if any.
        wish: What the options say.
        installed: Names of the backends whose runtime is there.

    Raises:
        OptionError: The options contradict the file that was named.
        BackendError: No installed backend can do it.
        BundleError: The bundle has no such file.
    """
    _check_options(named, wish)
    files = [named] if named else [*bundle.variants, *bundle.manifest.files]
    files = sorted(files, key=lambda file: file.path != wish.file)
    wanted = [wish.precision] if wish.precision else PREFERENCE
    names = [wish.backend] if wish.backend else [one for one in BACKENDS if one in installed]
    for precision, name in product(wanted, names):
        for file in files:
            if (file.precision, file.format) == (precision, BACKENDS[name].format):
                return Choice(file=file, backend=name)
    plain = [named] if named else bundle.manifest.files
    fitting = [file.path for file in plain if file.precision in wanted]
    if wish.backend or not fitting:
        bundle.find(BACKENDS[wish.backend or "onnx"].format, wanted[0])
    raise BackendError(
        f"no installed runtime runs {' or '.join(fitting)}",
        "run pip install 'armlet[litert]' or 'armlet[onnx]'",
    )


def choose_backend(
    path: Path, format: Format, precision: Precision, wish: Wish, installed: Collection[str]
) -> str:
    """Pick a backend for a file that stands alone.

    Args:
        path: The file.
        format: Of the file.
        precision: Of the file.
        wish: What the options say.
        installed: Names of the backends whose runtime is there.

    Raises:
        OptionError: The options contradict the file.
        BackendError: No installed backend can do it.
    """
    if wish.precision not in (None, precision):
        raise OptionError(f"--precision {wish.precision} contradicts {path}", "drop the option")
    fitting = [name for name in BACKENDS if format == BACKENDS[name].format]
    if wish.backend not in (None, *fitting):
        raise OptionError(f"--backend {wish.backend} does not run {path}", "drop the option")
    names = [wish.backend] if wish.backend else [one for one in fitting if one in installed]
    if not names:
        raise BackendError(
            f"no installed runtime runs {path}", f"run pip install 'armlet[{fitting[0]}]'"
        )
    return names[0]


def _check_options(named: ModelFile | None, wish: Wish) -> None:
    if named is None:
        return
    if wish.precision and wish.precision != named.precision:
        raise OptionError(
            f"--precision {wish.precision} contradicts {named.path}",
            "drop the option or give the bundle's folder",
        )
    if wish.backend and named.format != BACKENDS[wish.backend].format:
        raise OptionError(
            f"--backend {wish.backend} does not run {named.path}",
            "drop the option or give the bundle's folder",
        )
