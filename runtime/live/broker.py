"""Where results are published: what a user calls a broker, and what that means."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from armlet.errors import OptionError

PORTS = {"mqtt": 1883, "mqtts": 8883}
"""Scheme to its port, unless another one is given."""
LONGEST_TOPIC = 60_000
"""Bytes; MQTT's limit is 65,535, and what is said of the state needs a few more."""
USER, PASSWORD = "ARMLET_MQTT_USER", "ARMLET_MQTT_PASSWORD"
_EXAMPLE = "give one like mqtt://broker/kitchen/camera"


@dataclass(frozen=True, kw_only=True)
class Broker:
    """An MQTT broker, and the topic that results go to."""

    host: str
    port: int
    topic: str
    encrypted: bool
    """Whether by TLS; the broker is checked by the authorities that the system trusts."""
    user: str | None
    password: str | None = field(repr=False)

    @property
    def name(self) -> str:
        """What messages call it; without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.encrypted else 'mqtt'}://{host}:{self.port}/{self.topic}"

    @property
    def status_topic(self) -> str:
        """Where it is said whether there are results."""
        return f"{self.topic}/status"


def find_broker(address: str, environment: Mapping[str, str] = os.environ) -> Broker:
    """The broker that is meant.

    Args:
        address: ``mqtt://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC``, or ``mqtts://``.
        environment: Holds user and password if the address doesn't.

    Raises:
        OptionError: It is no such address. The message doesn't repeat it, since it may hold a
            password.
    """
    try:
        parts = urlsplit(address, allow_fragments=False)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError as error:  # UnicodeError, too
        raise OptionError(
            "--publish: the address has no good host and port", _EXAMPLE
        ) from error
    if parts.scheme not in PORTS:
        raise OptionError("--publish takes addresses of MQTT alone", _EXAMPLE)
    if not host or port == 0:
        raise OptionError("--publish: the address has no good host and port", _EXAMPLE)
    topic = unquote(parts.path[1:])
    if not topic:
        raise OptionError("--publish: the address has no topic", _EXAMPLE)
    if parts.query or any(one in topic for one in "?+#\0"):
        raise OptionError("--publish: a topic can't have ?, + or # in it", _EXAMPLE)
    if len(topic.encode("utf-8", "replace")) > LONGEST_TOPIC:
        raise OptionError("--publish: the topic is too long", _EXAMPLE)
    user = unquote(parts.username or "") or environment.get(USER)
    password = unquote(parts.password or "") or environment.get(PASSWORD)
    if password and not user:
        raise OptionError("there is a password for MQTT and no user", f"set {USER}")
    try:
        f"{topic}{user}{password}".encode()
    except UnicodeEncodeError as error:
        raise OptionError("topic, user or password for MQTT is no text", "use UTF-8") from error
    return Broker(
        host=host,
        port=port or PORTS[parts.scheme],
        topic=topic,
        encrypted=parts.scheme == "mqtts",
        user=user or None,
        password=password or None,
    )
