"""Who may look: tokens, and hosts and origins of requests."""

import asyncio
import hmac
import ipaddress
import re
import secrets
import socket
from collections import Counter
from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from armlet.errors import OptionError
from armlet.runtime.web.address import local_name

SHORTEST, LONGEST = 16, 1024
"""Of a token, in characters."""
WRONG_S = 1.0
"""So long the answer to a wrong token takes."""
WRONG_AT_ONCE, WRONG_IN_ALL = 4, 64
"""Wrong tokens that wait for an answer: of one address, and of all. More aren't looked at."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:/@\s]+)(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


class Token:
    """What one has to know to look.

    Args:
        text: The token.
        port: Cookies hold for all ports of a host, so this one's has its port in its name.
    """

    def __init__(self, text: str, port: int) -> None:
        self._bytes = text.encode()
        self.cookie_name = f"armlet-{port}"
        self.cookie = hmac.new(self._bytes, b"armlet cookie", sha256).hexdigest()
        """What a browser is given instead of the token, which can't be told from it."""

    def is_told(self, given: bytes) -> bool:
        """Whether this is the token."""
        return hmac.compare_digest(self._bytes, given)

    def is_in(self, cookie: str) -> bool:
        """Whether whoever sends this cookie has told the token."""
        return hmac.compare_digest(self.cookie.encode(), cookie.encode())


def make_token() -> str:
    """One that nobody guesses, and that needs no quotes in an address."""
    return secrets.token_urlsafe(18)


def read_token(path: Path) -> str:
    """Read a token of the user's.

    Raises:
        OptionError: The file can't be read, or holds no token.
    """
    advice = f"give a file with one line of {SHORTEST} characters or more"
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST + 3).decode().strip()
    except OSError as error:
        raise OptionError(f"--token-file {path}: {error.strerror}", advice) from error
    except UnicodeDecodeError as error:
        raise OptionError(f"--token-file {path} holds no text", advice) from error
    if not SHORTEST <= len(text) <= LONGEST:
        raise OptionError(
            f"--token-file {path} holds {len(text)} characters, "
            f"and a token has {SHORTEST} to {LONGEST}",
            advice,
        )
    if not text.isprintable():
        raise OptionError(f"--token-file {path} holds more than a line", advice)
    return text


class Wrong:
    """Slows down those who guess, and nobody else."""

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()

    def too_many(self, address: str) -> bool:
        """Whether so many guesses from there wait that another one isn't even looked at."""
        return (
            self._waiting[_network(address)] >= WRONG_AT_ONCE
            or self._waiting.total() >= WRONG_IN_ALL
        )

    async def wait(self, address: str) -> None:
        """Before a wrong token is answered."""
        network = _network(address)
        self._waiting[network] += 1
        try:
            await asyncio.sleep(WRONG_S)
        finally:
            self._waiting[network] -= 1
            self._waiting += Counter()  # which forgets those that are at 0


class Hosts:
    """What a request may call this machine.

    A page of others can make a browser ask for a name of theirs that leads to this machine
    (DNS rebinding); then the request has their name.

    Args:
        loopback: Whether only this machine is listened to.
        names: Allowed besides.
    """

    def __init__(self, *, loopback: bool, names: Collection[str]) -> None:
        self._any_ip = not loopback
        own = _LOOPBACK if loopback else {*_LOOPBACK, socket.gethostname(), local_name()}
        self._names = {name.strip("[]").rstrip(".").lower() for name in (*own, *names)}

    def allow(self, host: str) -> bool:
        """Whether a request with this Host is meant for this machine."""
        written = _HOST.fullmatch(host)
        if not written:
            return False
        name = written[1].strip("[]").rstrip(".").lower()
        return name in self._names or (self._any_ip and _is_ip(name))


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Whether a page of others made the browser send this request."""
    if headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    origin = headers.get("Origin")
    if origin is None:
        return False
    try:
        parts = urlsplit(origin)
    except ValueError:
        return True
    same = parts.netloc.lower() == headers.get("Host", "").lower()
    return not (same and parts.scheme in ("http", "https"))


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _network(address: str) -> str:
    """Whose guesses count together: whoever has one IPv6 address has 2^64 of them."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address) or ip.ipv4_mapped:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False))
