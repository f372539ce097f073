"""Whether this device reproduces what the workstation computed: the golden vectors, run again.

Three things can differ, and each is looked at by itself: the bytes of a model file, the tensor
that preprocessing makes of a picture, and the logits that a runtime makes of that tensor.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armlet.bundle import (
    EXPORT_AGAIN,
    Bundle,
    ModelFile,
    open_bundle,
    picture_paths,
    read_vectors,
    sha256,
)
from armlet.errors import BackendError, BundleError, ImageError
from armlet.preprocessing import decode, model_input, table
from armlet.reading import read_file
from armlet.runtime.backends import BACKENDS, installed_backends, load_backend
from armlet.runtime.choice import Wish, choose
from armlet.runtime.metadata import read_metadata
from armlet.runtime.model import refuse_foreign
from armlet.runtime.options import NO_FOREIGN_OPTIONS, ForeignOptions, default_threads
from armlet.runtime.promise import Logits, Promise, promise_of

Vectors = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, kw_only=True)
class PictureCheck:
    """Whether the golden pictures become the very tensors of the workstation."""

    pictures: int
    problems: Sequence[str]
    """A line for each picture that differs."""

    def to_json(self) -> dict[str, Any]:
        """The check as a JSON object."""
        return {"pictures": self.pictures, "problems": list(self.problems)}


@dataclass(frozen=True, kw_only=True)
class FileCheck:
    """One model file on one runtime, beside its own logits from the workstation."""

    path: str
    """Relative to the bundle."""
    backend: str | None
    """None: no runtime that could run it is installed."""
    promise: str
    """What must hold, in words."""
    identical: int
    """Pictures with the same logits, bit for bit."""
    pictures: int
    max_difference: float | None
    """Largest absolute difference of any logit; None where the file could not be run."""
    problem: str | None
    """What is wrong; None if nothing is."""

    def to_json(self) -> dict[str, Any]:
        """The check as a JSON object."""
        return {
            "path": self.path,
            "backend": self.backend,
            "promise": self.promise,
            "identical": self.identical,
            "pictures": self.pictures,
            "max_difference": self.max_difference,
            "problem": self.problem,
        }


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What running the golden vectors showed."""

    network: str
    preprocessing: PictureCheck
    files: Sequence[FileCheck]

    @property
    def problems(self) -> Sequence[str]:
        """All that differs, a line each; empty if the device reproduces the workstation."""
        of_files = [
            f"{one.path} on {one.backend} {one.problem}" if one.backend else one.problem
            for one in self.files
            if one.problem
        ]
        return [*self.preprocessing.problems, *of_files]

    def to_json(self) -> dict[str, Any]:
        """The verification as a JSON object."""
        return {
            "network": self.network,
            "verified": not self.problems,
            "preprocessing": self.preprocessing.to_json(),
            "files": [one.to_json() for one in self.files],
        }


def verify_model(
    model: Path,
    wish: Wish,
    threads: int | None = None,
    foreign: ForeignOptions = NO_FOREIGN_OPTIONS,
) -> Verification:
    """Run the golden vectors through what the options leave of a bundle.

    Args:
        model: A bundle's folder, or one of its files.
        wish: A backend or precision, or None for all.
        threads: How many the runtimes may use; None: as ``default_threads`` says.
        foreign: What the options say of bare files, which have nothing to be verified by.

    Raises:
        BundleError: There is no such bundle or file, or it has no golden vectors.
        BackendError: No installed runtime runs any of the files.
        OptionError: The options contradict the file.
    """
    bundle, named = open_bundle(model)
    refuse_foreign(bundle, foreign)
    installed = installed_backends()
    choose(bundle, named, wish, installed)  # raises where nothing could run
    backends = {wish.backend} if wish.backend else installed
    files = [
        file
        for file in ([named] if named else bundle.manifest.all_files)
        if wish.precision in (None, file.precision)
        and (wish.backend is None or file.format == BACKENDS[wish.backend].format)
    ]
    return verify(bundle, files, backends, threads or default_threads())


def verify(
    bundle: Bundle, files: Sequence[ModelFile], backends: Collection[str], threads: int
) -> Verification:
    """Run the golden vectors through each file, on each of these runtimes that takes it.

    Args:
        bundle: With golden vectors.
        files: Those of the bundle's files to run.
        backends: Names of installed runtimes.
        threads: How many the runtimes may use.

    Raises:
        BundleError: There are no golden vectors, or they don't belong to this manifest.
    """
    vectors = read_vectors(bundle)
    checks = []
    for file in files:
        installed = [name for name in BACKENDS if name in backends]
        fitting = [name for name in installed if file.format == BACKENDS[name].format]
        checks += [_check_file(bundle, file, name, vectors, threads) for name in fitting]
        if not fitting:
            checks.append(_unchecked(file))
    return Verification(
        network=bundle.manifest.network,
        preprocessing=check_pictures(bundle, vectors),
        files=checks,
    )


def check_pictures(bundle: Bundle, vectors: Vectors) -> PictureCheck:
    """Preprocess each golden picture here and compare it, bit for bit, with the golden tensor.

    Raises:
        BundleError: The golden tensors are missing.
    """
    expected = bundle.manifest.preprocessing
    floats = _vector(bundle, vectors, "inputs", 4, np.float32)
    paths = picture_paths(bundle)
    problems = []
    if len(paths) != len(floats):
        return PictureCheck(
            pictures=len(floats),
            problems=[f"{len(paths)} golden pictures for {len(floats)} golden tensors"],
        )
    for path, golden in zip(paths, floats, strict=True):
        try:
            picture = decode(path)
        except ImageError as error:
            problems.append(error.problem)
            continue
        here = model_input(picture, expected, table(expected, None), "NCHW")[0]
        if here.shape != golden.shape:
            problems.append(f"{path.name} becomes {here.shape} here, was {golden.shape}")
        elif not np.array_equal(here, golden):
            apart = np.abs(here.astype(np.float64) - golden.astype(np.float64))
            problems.append(
                f"{path.name} is preprocessed differently here: "
                f"{100 * (apart > 0).mean():.1f} % of the input's values differ, "
                f"by up to {apart.max():.2g}"
            )
    return PictureCheck(pictures=len(floats), problems=problems)


def _check_file(
    bundle: Bundle, file: ModelFile, backend: str, vectors: Vectors, threads: int
) -> FileCheck:
    golden: Logits = _vector(bundle, vectors, file.path, 2, np.float32)
    classes = len(bundle.manifest.labels)
    if golden.shape[1] != classes:
        raise BundleError(
            f"{bundle.folder}: {classes} labels for {golden.shape[1]} logits of {file.path}",
            EXPORT_AGAIN,
        )
    promise = _promise(bundle, file, backend)
    problems = []
    here = None
    try:
        if sha256(read_file(bundle.folder / file.path)) != file.sha256:
            problems.append("is not the file that was exported (SHA-256 differs)")
        here = _logits(bundle, file, backend, vectors, threads)
        told = read_metadata(bundle.folder / file.path, file.format).labels
        if told is not None and list(told) != list(bundle.manifest.labels):
            problems.append("has other labels than the manifest")
    except BundleError as error:
        problems.append(f"can't be read ({error.problem})")
    except OSError as error:
        problems.append(f"can't be read ({error.strerror})")
    except BackendError as error:
        problems.append(f"can't be run ({error.problem})")
    if here is not None and here.shape != golden.shape:
        problems.append(f"gives {here.shape[1]} logits, the export gave {golden.shape[1]}")
        here = None
    if here is None:
        identical, largest = 0, None
    else:
        identical = int((here == golden).all(axis=1).sum())
        apart = np.nan_to_num(np.abs(here.astype(np.float64) - golden), nan=np.inf)
        largest = float(apart.max())
        if not promise.kept(golden, apart):
            problems.append(
                f"gives other logits on {len(golden) - identical} of {len(golden)} pictures, "
                f"by up to {largest:.2g} (promised: {promise})"
            )
    return FileCheck(
        path=file.path,
        backend=backend,
        promise=str(promise),
        identical=identical,
        pictures=len(golden),
        max_difference=largest,
        problem=" and ".join(problems) or None,
    )


def _promise(bundle: Bundle, file: ModelFile, backend: str) -> Promise:
    exact = load_backend(backend).REPRODUCES_INT8
    try:
        return promise_of(file, exact, bundle.manifest.check[file.path])
    except (KeyError, TypeError, ValueError):
        raise BundleError(
            f"{bundle.folder} doesn't say how far {file.path} may be off", EXPORT_AGAIN
        ) from None


def _logits(
    bundle: Bundle, file: ModelFile, backend: str, vectors: Vectors, threads: int
) -> Logits:
    session = load_backend(backend).open(bundle.folder / file.path, threads)
    spec = session.input
    if spec.scale is None:
        golden = _vector(bundle, vectors, "inputs", 4, np.float32)
        inputs = golden.transpose(0, 2, 3, 1) if spec.layout == "NHWC" else golden
    else:
        inputs = _vector(bundle, vectors, "inputs_int8", 4, np.int8)
    if spec.rotated:
        rows_and_columns = (1, 2) if spec.layout == "NHWC" else (2, 3)
        inputs = np.flip(inputs, rows_and_columns)
    return np.concatenate([session.run(np.ascontiguousarray(one[None])) for one in inputs])


def _unchecked(file: ModelFile) -> FileCheck:
    return FileCheck(
        path=file.path,
        backend=None,
        promise="",
        identical=0,
        pictures=0,
        max_difference=None,
        problem=None,
    )


def _vector(
    bundle: Bundle, vectors: Vectors, name: str, axes: int, dtype: type[np.generic]
) -> NDArray[Any]:
    """A golden vector of so many axes, as long as the others, of finite numbers.

    Raises:
        BundleError: It is missing or something else.
    """
    if name not in vectors:
        raise BundleError(f"{bundle.folder} has no golden vector {name}", EXPORT_AGAIN)
    vector = vectors[name]
    count = len(vectors["pytorch"]) if vectors.get("pytorch", np.zeros(())).ndim else 0
    sound = vector.dtype == dtype and vector.ndim == axes and len(vector) == count > 0
    if not (sound and np.isfinite(vector).all()):
        raise BundleError(f"{bundle.folder}: golden vector {name} is damaged", EXPORT_AGAIN)
    return vector
