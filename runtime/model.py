"""A model that is open and ready: what MODEL on the command line becomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from armlet.bundle import EXPORT_AGAIN, MANIFEST, Bundle, ModelFile, is_listed, open_bundle
from armlet.errors import BundleError, OptionError
from armlet.preprocessing import Picture, Preprocessing, model_input
from armlet.records import Layer, Precision
from armlet.runtime.backends import installed_backends, load_backend
from armlet.runtime.choice import Choice, Wish, choose, choose_backend, complete
from armlet.runtime.identity import has_tuning, identify_bare, identify_bundle
from armlet.runtime.options import NO_FOREIGN_OPTIONS, ForeignOptions
from armlet.runtime.session import Session, Tensor

if TYPE_CHECKING:  # most models aren't tuned
    from armlet.runtime.tuning_file import Found


@dataclass(frozen=True, kw_only=True)
class Model:
    """An open model and what belongs before and after it."""

    network: str
    path: Path
    precision: Precision
    backend: str
    threads: int
    session: Session
    preprocessing: Preprocessing
    values: Tensor
    """The input's value for each pixel value, (1, 256, channels)."""
    labels: Sequence[str]
    layers: Sequence[Layer]
    """On paper, for this precision; none where there is no manifest."""
    bundle: Bundle | None = None
    """Where it came from; None: a bare file."""
    assumed: Sequence[str] = ()
    """What was assumed of a bare file, in words."""
    tuning: "Found | None" = None
    """What ``edge-run tune`` left; None: nothing, or the options left nothing open."""

    def tensor(self, picture: Picture, *, bgr: bool = False) -> Tensor:
        """The session's input, of a picture of any size, RGB unless ``bgr``."""
        spec = self.session.input
        return model_input(
            picture,
            self.preprocessing,
            self.values,
            spec.layout,
            rotated=spec.rotated,
            bgr=bgr,
        )


def open_model(
    model: Path,
    wish: Wish,
    threads: int | None = None,
    foreign: ForeignOptions = NO_FOREIGN_OPTIONS,
) -> Model:
    """Open a bundle, one of its files or a bare model file, on a backend.

    Args:
        model: The bundle's folder or file, or a file that no manifest lists.
        wish: What the options say of where it runs; what they leave open, a tuning decides.
        threads: How many the runtime may use; None: as tuned, else ``default_threads``.
        foreign: What the options say of a bare file.

    Raises:
        BundleError: There is no model there, or it is damaged.
        BackendError: No runtime is installed for it, or it can't load the file, or that is no
            image classifier.
        OptionError: The options contradict the file, or more are needed.
    """
    if model.is_file() and not is_listed(model):
        return _open_bare(model, wish, threads, foreign)
    return _open_bundled(model, wish, threads, foreign)


def refuse_foreign(bundle: Bundle, foreign: ForeignOptions) -> None:
    """Refuse options for bare files where there is a manifest.

    Raises:
        OptionError: One was given.
    """
    if foreign.given:
        raise OptionError(
            f"{bundle.folder / MANIFEST} says what {foreign.given} would say", "drop the option"
        )


def _open_bundled(
    model: Path, wish: Wish, threads: int | None, foreign: ForeignOptions
) -> Model:
    bundle, named = open_bundle(model)
    refuse_foreign(bundle, foreign)
    installed = installed_backends()
    files = [named] if named else bundle.manifest.all_files
    tuning = None
    if None in (wish.backend, wish.precision, threads):
        tuning = _find_tuning(identify_bundle(bundle, named), files)
    kinds = [(file.format, file.precision) for file in files]
    wish, threads = complete(
        wish, threads, tuning.setting if tuning else None, kinds, installed
    )
    choice = choose(bundle, named, wish, installed)
    path = bundle.folder / choice.file.path
    session = _open_prepared(path, choice, threads, tuning)
    if session is None:
        session = load_backend(choice.backend).open(bundle.verified(choice.file), threads)
    manifest = bundle.manifest
    preprocessing = manifest.preprocessing
    shape = session.input.height, session.input.width
    if (shape, session.classes) != (preprocessing.shape, len(manifest.labels)):
        raise BundleError(
            f"{path} is for {shape[0]} pixels and {session.classes} classes, the manifest says "
            f"{preprocessing.size} and {len(manifest.labels)}",
            EXPORT_AGAIN,
        )
    if session.input.rotated != choice.file.rotated:
        raise BundleError(
            f"{path} and the manifest disagree on whether it is rotated", EXPORT_AGAIN
        )
    return Model(
        network=manifest.network,
        path=path,
        precision=choice.file.precision,
        backend=choice.backend,
        threads=threads,
        session=session,
        preprocessing=preprocessing,
        values=session.input.values(preprocessing),
        labels=manifest.labels,
        layers=manifest.layers_int8 if choice.file.precision == "int8" else manifest.layers,
        bundle=bundle,
        tuning=tuning,
    )


def _open_bare(path: Path, wish: Wish, threads: int | None, foreign: ForeignOptions) -> Model:
    # Bundles need nothing of this, and a device is slow to import.
    from armlet.runtime.bare import format_of, given, surroundings
    from armlet.runtime.metadata import read_metadata

    format = format_of(path)
    metadata = read_metadata(path, format)
    installed = installed_backends()
    tuning = None
    if None in (wish.backend, threads):
        tuning = _find_tuning(identify_bare(path))
    kinds = [(format, metadata.precision)]
    wish, threads = complete(
        wish, threads, tuning.setting if tuning else None, kinds, installed
    )
    backend = choose_backend(path, format, metadata.precision, wish, installed)
    session = load_backend(backend).open(path, threads, given(metadata, foreign))
    around = surroundings(path, format, session, metadata, foreign)
    return Model(
        network=metadata.network or path.stem,
        path=path,
        precision=metadata.precision,
        backend=backend,
        threads=threads,
        session=session,
        preprocessing=around.preprocessing,
        values=around.values,
        labels=around.labels,
        layers=(),
        assumed=around.assumed,
        tuning=tuning,
    )


def _open_prepared(
    path: Path, choice: Choice, threads: int, tuning: "Found | None"
) -> Session | None:
    if tuning is None or tuning.prepared is None:
        return None
    from armlet.runtime.prepared import open_prepared

    return open_prepared(tuning.prepared, path, choice, threads)


def _find_tuning(identity: str, files: Sequence[ModelFile] | None = None) -> "Found | None":
    if not has_tuning(identity):
        return None
    from armlet.runtime.tuning_file import find_setting

    return find_setting(identity, files)
