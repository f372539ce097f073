"""A wheel of the armlet that runs here, for a device: the core, the runtime and these scripts.

It is made of the importable packages, since there may be no source: the same files always make
the same bytes, so that a device that has it isn't sent it again.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from importlib.resources.abc import Traversable

import armlet
from armlet.bundle import sha256
from armlet.cache import cache_folder
from armlet.device_scripts.files import SentFile
from armlet.errors import WheelError
from armlet.storage import write_file

ENTRY = "armlet.runtime.entry:run"
_NAME = f"armlet-{armlet.__version__}"
_CORE = ""
_FOLDERS = (_CORE, "runtime", "device_scripts")
"""Those with a name with all that is in them; the core alone, without the stages beside it."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def armlet_wheel() -> SentFile:
    """Make it, in armlet's cache.

    Raises:
        WheelError: Nothing says what is installed here.
        OutputError: The cache can't be written to.
    """
    data = _pack({**_packages(), **_information()})
    digest = sha256(data)
    path = cache_folder() / "wheels" / f"armlet-{digest[:12]}" / f"{_NAME}-py3-none-any.whl"
    if not path.exists() or path.stat().st_size != len(data):
        write_file(path, data)
    return SentFile(name=path.name, path=path, sha256=digest, bytes=len(data))


def _packages() -> Mapping[str, bytes]:
    root = files("armlet")
    found: dict[str, bytes] = {}
    for name in _FOLDERS:
        folder = root.joinpath(*name.split("/")) if name else root
        for path, file in _walk(folder, deep=name != _CORE):
            found["/".join(filter(None, ("armlet", name, path)))] = file.read_bytes()
    return found


def _walk(folder: Traversable, deep: bool) -> Iterator[tuple[str, Traversable]]:
    for one in folder.iterdir():
        if one.is_file() and not one.name.startswith("."):
            yield one.name, one
        elif deep and one.is_dir() and one.name[0] not in "._":
            for path, file in _walk(one, deep):
                yield f"{one.name}/{path}", file


def _information() -> Mapping[str, bytes]:
    try:
        installed = distribution("armlet")
        # The second is what a source folder has, where Python finds armlet from within.
        metadata = installed.read_text("METADATA") or installed.read_text("PKG-INFO")
    except PackageNotFoundError:
        metadata = None
    if metadata is None:
        raise WheelError("nothing says how armlet is installed here", "install it with pip")
    about = f"{_NAME}.dist-info"
    texts = {
        "METADATA": metadata,
        "WHEEL": "Wheel-Version: 1.0\nGenerator: armlet\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        "entry_points.txt": f"[console_scripts]\nedge-run = {ENTRY}\n",
    }
    return {f"{about}/{name}": text.encode() for name, text in texts.items()}


def _pack(contents: Mapping[str, bytes]) -> bytes:
    record = f"{_NAME}.dist-info/RECORD"
    lines = [
        f"{name},sha256={_record_digest(data)},{len(data)}\n"
        for name, data in sorted(contents.items())
    ]
    everything = {**contents, record: "".join([*lines, f"{record},,\n"]).encode()}
    buffer = io.BytesIO()
    # Not compressed: what that gives depends on the zlib of each machine.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(contents) + [record]:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, everything[name])
    return buffer.getvalue()


def _record_digest(data: bytes) -> str:
    digest = hashlib.sha256(data).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
