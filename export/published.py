"""torchvision's published ImageNet weights: fetched once, checked, kept.

Each file's name ends in the first digits of its SHA-256; that is checked whenever it is used.
"""

import http.client
import re
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.error import HTTPError

from armlet.bundle import sha256
from armlet.errors import DownloadError, OutputError
from armlet.storage import write_file

BASE_URL = "https://download.pytorch.org/models/"
FILES: Mapping[str, str] = MappingProxyType(
    {
        "shufflenet_v2_x0_5": "shufflenetv2_x0.5-f707e7126e.pth",
        "shufflenet_v2_x1_0": "shufflenetv2_x1-5666bf0f80.pth",
        "shufflenet_v2_x1_5": "shufflenetv2_x1_5-3c479a10.pth",
        "shufflenet_v2_x2_0": "shufflenetv2_x2_0-8be3c8ee.pth",
    }
)
TIMEOUT_S = 30


def fetch(network: str, cache: Path, base_url: str = BASE_URL) -> Path:
    """The file with a network's ImageNet weights, downloaded unless the cache has it.

    Args:
        network: A key of ``FILES``.
        cache: Folder in which the file is looked for and kept.
        base_url: What the file's name is appended to.

    Raises:
        DownloadError: None are published, or they can't be fetched, or aren't the right ones.
        OutputError: The cache can't be written to.
    """
    if network not in FILES:
        raise DownloadError(
            f"no ImageNet weights are published for {network}", "give a file with --weights"
        )
    name = FILES[network]
    path, url = cache / name, base_url + name
    cached = path.read_bytes() if path.is_file() else None
    if cached is not None and _intact(cached, name):
        return path
    by_hand = f"put the file at {path} by hand"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:
            data: bytes = response.read()
    except (OSError, http.client.HTTPException) as error:  # URLError is an OSError
        if isinstance(error, HTTPError):
            error.close()
        cause = error if isinstance(error, HTTPError) else getattr(error, "reason", error)
        damaged = f", and {path} is damaged" if cached is not None else ""
        raise DownloadError(f"{url} can't be fetched ({cause}){damaged}", by_hand) from error
    if not _intact(data, name):
        raise DownloadError(
            f"{url} isn't the published file (SHA-256 {sha256(data)[:16]}...)", by_hand
        )
    try:
        write_file(path, data)
    except OutputError as error:
        raise OutputError(error.problem, "set ARMLET_CACHE to a folder to write to") from error
    return path


def _intact(data: bytes, name: str) -> bool:
    found = re.search(r"-([0-9a-f]{8,})\.pth$", name)
    return found is not None and sha256(data).startswith(found[1])
