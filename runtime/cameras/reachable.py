"""Why a stream can't be opened, as its server tells; OpenCV says nothing of that."""

import base64
import socket
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, unquote, urlsplit

PATIENCE_S = 1.0
"""For each answer, since the opening has taken its time already."""
PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}
Reason = tuple[str, str]
"""What is wrong, as it goes on after the source's name, and what to do."""
_NO_STREAM = "give the address of an RTSP or Motion JPEG stream"


def why_not(url: str) -> Reason:
    """Ask the server, for a second or two.

    Args:
        url: With one of ``PORTS`` as its scheme.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    except ValueError:
        host = ""
    if not host:
        scheme = url.partition("://")[0]
        return "is no address", f"write it as {scheme}://user:password@host:port/path"
    try:
        if parts.scheme.startswith("http"):
            return _judged(parts, *_ask_http(parts, host, port))
        return _judged(parts, _ask_rtsp(parts, host, port), "")
    except socket.gaierror:
        return f"can't be reached: nobody knows {host}", "see to the name and the network"
    except ConnectionRefusedError:
        return (
            f"can't be reached: nothing answers on port {port}",
            "see to the camera and the port",
        )
    except TimeoutError:
        return "doesn't answer", "see to the camera and the network"
    except ssl.SSLError as error:
        return (
            f"isn't encrypted as {parts.scheme} should be ({error.reason})",
            "try without the s",
        )
    except OSError as error:
        return f"can't be reached: {error.strerror or error}", "see to the network"
    except (HTTPException, ValueError, IndexError):
        return f"doesn't speak {parts.scheme}", _NO_STREAM


def is_picture(url: str) -> bool:
    """Whether the server has a single picture there, which OpenCV takes for a short stream."""
    try:
        parts = urlsplit(url)
        if not parts.scheme.startswith("http") or not parts.hostname:
            return False
        port = parts.port or PORTS[parts.scheme]
        status, kind = _ask_http(parts, parts.hostname, port)
    except (OSError, HTTPException, ValueError):
        return False
    return status < 400 and kind.startswith("image/")


def _judged(parts: SplitResult, status: int, kind: str) -> Reason:
    if status in (401, 403):
        if parts.username:
            return f"refuses this user or password ({status})", "see to both"
        return (
            f"wants a user and a password ({status})",
            f"write it as {parts.scheme}://user:password@...",
        )
    if status >= 400:
        advice = "see to the path" if status in (404, 454) else "see to the camera"
        return f"answers with error {status}", advice
    if kind.startswith(("text/", "image/")):
        return f"is no stream but {kind}", _NO_STREAM
    return "gives no stream that can be read", _NO_STREAM


def _ask_http(parts: SplitResult, host: str, port: int) -> tuple[int, str]:
    """Status and media type."""
    if parts.scheme == "https":
        connection: HTTPConnection = HTTPSConnection(
            host, port, timeout=PATIENCE_S, context=_anybody()
        )
    else:
        connection = HTTPConnection(host, port, timeout=PATIENCE_S)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers=_authorization(parts))
        with connection.getresponse() as response:
            return response.status, response.headers.get_content_type()
    finally:
        connection.close()


def _ask_rtsp(parts: SplitResult, host: str, port: int) -> int:
    """Status."""
    with socket.create_connection((host, port), PATIENCE_S) as plain:
        connection = (
            _anybody().wrap_socket(plain, server_hostname=host)
            if parts.scheme == "rtsps"
            else plain
        )
        place = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        headers = "".join(f"{key}: {value}\r\n" for key, value in _authorization(parts).items())
        connection.sendall(
            f"DESCRIBE {place} RTSP/1.0\r\nCSeq: 1\r\n{headers}\r\n".encode("utf-8", "replace")
        )
        answer = connection.recv(1000).decode("latin-1")
        if not answer.startswith("RTSP/"):
            raise ValueError(answer)
        return int(answer.split(maxsplit=2)[1])


def _authorization(parts: SplitResult) -> dict[str, str]:
    if not parts.username:
        return {}
    both = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(both.encode()).decode('ascii')}"}


def _anybody() -> ssl.SSLContext:
    """Cameras sign their certificates themselves, and FFmpeg takes them so."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
