"""Where the page is served: from HOST:PORT on the command line to a socket and an address."""

import errno
import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from armlet.errors import ListenError, OptionError

LOOPBACK = "127.0.0.1"
PORT = 8080
_EXAMPLES = "give a port such as 8080, or HOST:PORT such as 0.0.0.0:8080"
_EXAMPLES_6 = "write [::1]:8080"
_DOUBTFUL = re.compile(r":.*:[0-9]{2,5}$")
"""An IPv6 address, or a shorter one and a port."""
_WRITTEN = re.compile(r"(?:(?P<host>[^:\[\]]*|\[[^\[\]]*\]):)?(?P<port>[0-9]{1,5})", re.ASCII)
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?", re.ASCII | re.IGNORECASE)
_WAITING = 128
"""Connections that the kernel holds until they are taken."""
_PROBES = (
    (socket.AF_INET, ("192.0.2.1", 9)),
    (socket.AF_INET6, ("2001:db8::1", 9)),
)
"""Addresses that nobody has: only which way they would be sent is asked of the kernel."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where to listen, as the user wrote it."""

    host: str = LOOPBACK
    """A name or an IP address, without brackets."""
    port: int = PORT
    """0: any that is free."""


def parse_address(text: str) -> Address:
    """Read HOST:PORT, :PORT, PORT, an IP address alone, or nothing.

    Raises:
        OptionError: It is none of these.
    """
    if not text:
        return Address()
    if _DOUBTFUL.search(text) and _is_ip(text):
        raise OptionError(f"--web {text}: an IPv6 address needs brackets", _EXAMPLES_6)
    if _is_ip(text.strip("[]")) or text == "localhost":
        return Address(host=text.strip("[]"))
    written = _WRITTEN.fullmatch(text)
    if not written or int(written["port"]) > 65535:
        raise OptionError(f"--web {text} is no HOST:PORT", _EXAMPLES)
    host = written["host"] or LOOPBACK
    bracketed = host.startswith("[")
    host = host.strip("[]")
    if not (_is_ip(host) if bracketed else _NAME.fullmatch(host)):
        raise OptionError(f"--web {text}: {host!r} is no host", _EXAMPLES)
    return Address(host=host, port=int(written["port"]))


def check_name(name: str) -> None:
    """See that ``--allow-host`` is a name as it stands in an address.

    Raises:
        OptionError: It is none, and so would never be met.
    """
    if not (_NAME.fullmatch(name) or _is_ip(name.strip("[]"))):
        raise OptionError(
            f"--allow-host {name} is no host name", "give it without http:// and port"
        )


def listen(address: Address) -> socket.socket:
    """Take the address, so that nobody else can.

    Returns:
        A socket that listens and doesn't block.

    Raises:
        ListenError: Somebody has it, or it is none of this machine's.
    """
    where = f"{bracketed(address.host)}:{address.port}"
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (socket.gaierror, UnicodeError) as error:
        raise ListenError(f"{where}: unknown host", _EXAMPLES) from error
    family, _, _, _, place = min(found, key=lambda one: one[0] != socket.AF_INET)
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # :: stands for IPv4 as well
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        opened.bind(place)
        opened.listen(_WAITING)
        opened.setblocking(False)
    except OSError as error:
        opened.close()
        raise ListenError(f"{where}: {error.strerror}", _advice(error, address)) from error
    return opened


def is_loopback(opened: socket.socket) -> bool:
    """Whether only this machine can reach it."""
    return ipaddress.ip_address(opened.getsockname()[0].partition("%")[0]).is_loopback


def reachable_hosts(address: Address, opened: socket.socket) -> Sequence[str]:
    """What other machines may call this one, the surest first; never empty."""
    if not ipaddress.ip_address(opened.getsockname()[0].partition("%")[0]).is_unspecified:
        return [address.host]
    return [*_own_addresses(opened.family), local_name()]


def local_name() -> str:
    """What this machine is called in its network: ``raspberrypi.local``."""
    name = socket.gethostname()
    return name if "." in name else f"{name}.local"


def url(host: str, port: int, token: str | None = None) -> str:
    """What to open in a browser."""
    from urllib.parse import quote

    query = f"?token={quote(token, safe='')}" if token else ""
    return f"http://{bracketed(host)}:{port}/{query}"


def bracketed(host: str) -> str:
    """A host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def _own_addresses(family: int) -> Sequence[str]:
    own = []
    for kind, nobody in _PROBES:
        if kind == socket.AF_INET6 and family == socket.AF_INET:
            continue
        try:
            with socket.socket(kind, socket.SOCK_DGRAM) as probe:
                probe.connect(nobody)  # which sends nothing
                own.append(str(probe.getsockname()[0]))
        except OSError:  # no such network
            continue
    return own[:1]


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _advice(error: OSError, address: Address) -> str:
    if error.errno == errno.EADDRINUSE:
        return "choose another port, or end the program that has this one"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "choose a port from 1024 on"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address.host} is none of this machine's addresses; try 0.0.0.0"
    return _EXAMPLES
