"""A bundle as it is sent: its files by their SHA-256, and the name that this content has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from armlet.bundle import EXPORT_AGAIN, MANIFEST, VECTORS, open_bundle, read_vectors, sha256
from armlet.device_scripts.files import DIGITS, SentFile
from armlet.errors import BundleError
from armlet.reading import read_file


@dataclass(frozen=True, kw_only=True)
class Release:
    """A bundle, whole and as it was exported."""

    name: str
    """The first digits of a digest of all of it."""
    network: str
    files: Sequence[SentFile]

    @property
    def digests(self) -> Mapping[str, str]:
        """SHA-256 by name."""
        return {file.name: file.sha256 for file in self.files}


def read_release(folder: Path) -> Release:
    """Read a bundle; one that is damaged must not travel.

    Raises:
        BundleError: It is none, or not as it was exported.
    """
    bundle, _ = open_bundle(folder)
    if not folder.is_dir():
        raise BundleError(f"{folder} is one file of a bundle", "give the bundle's folder")
    read_vectors(bundle)
    names = [MANIFEST]
    for file in (*bundle.manifest.files, *bundle.variants):
        bundle.verified(file)
        names.append(file.path)
    golden = Path(VECTORS).parent
    names += [str(golden / one.name) for one in (folder / golden).iterdir() if one.is_file()]
    files = [_read(folder, name) for name in sorted(names)]
    content = "\n".join(f"{file.sha256} {file.name}" for file in files)
    return Release(
        name=sha256(content.encode())[:DIGITS], network=bundle.manifest.network, files=files
    )


def _read(folder: Path, name: str) -> SentFile:
    path = folder / name
    try:
        data = read_file(path)
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror}", EXPORT_AGAIN) from error
    return SentFile(name=name, path=path, sha256=sha256(data), bytes=len(data))
