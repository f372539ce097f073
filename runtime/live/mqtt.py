"""Results of a stream for whoever listens to an MQTT broker."""

import secrets
import sys
import threading
import time
from collections import deque
from typing import Any

from armlet.errors import OptionError
from armlet.runtime.cameras.source import Frame, SourceState
from armlet.runtime.live.broker import Broker
from armlet.runtime.live.printed import Report
from armlet.runtime.live.result import LiveResult
from armlet.runtime.live.watcher import Watcher
from armlet.runtime.log import json_line

try:
    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
    from paho.mqtt.enums import CallbackAPIVersion
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode
except ImportError as missing:
    raise OptionError(
        "--publish needs paho-mqtt 2.1 or newer, which isn't installed",
        "run pip install 'armlet[mqtt]'",
    ) from missing

MOST_UNSENT = 100
"""Results that wait for a broker; older ones are dropped and counted."""
KEEPALIVE_S = 10
"""A broker that is silent for twice as long is lost; one that misses us for 1.5 times as long
says that we are offline."""
PAUSES_S = (1, 30)
"""Between two attempts to connect: at first, and at most."""
CONNECT_S = 5.0
"""So long an attempt may take."""
LEAVING_S = 0.4
"""So long the end waits for the broker, if there is something to send."""
_ONLINE, _NO_SOURCE, _OFFLINE = "online", "no source", "offline"


class Published(Watcher):
    """Publishes results, at most once each, and on ``TOPIC/status``, retained, how it stands.

    That is ``online``; ``no source`` while the camera is away; and ``offline``, which the
    broker says by itself when this process is gone. A thread of the client's connects, again
    and again, and sends; nothing here waits for it but the end, less than half a second.

    Args:
        broker: Where to.
        report: Is told when the broker is lost and when it is back.
    """

    def __init__(self, broker: Broker, report: Report) -> None:
        self._broker = broker
        self._report = report
        self._unsent: deque[str] = deque(maxlen=MOST_UNSENT)
        self._dropped = 0
        self._status = _ONLINE
        self._connected = False
        self._ended = threading.Event()
        # What the client's thread has noticed, until the main thread says it.
        self._noticed: deque[tuple[str, str]] = deque(maxlen=MOST_UNSENT)
        self._said: set[str] = set()
        self._client = self._connect()

    def saw(self, frame: Frame, result: LiveResult) -> None:
        """Publish it as soon as the broker takes it, unless it is too late by then."""
        if len(self._unsent) == MOST_UNSENT:
            self._dropped += 1
            self._say("slow", "takes no more results; the oldest are dropped")
        self._unsent.append(json_line(result.to_json()).rstrip("\n"))
        self._send()

    def heard(self, state: SourceState) -> None:
        """Tell it on the topic of the status."""
        self._status = _ONLINE if state.works else _NO_SOURCE
        self._tell_status()

    def tick(self) -> None:
        """Send what waits, and say what has happened to the connection."""
        while self._noticed:
            self._say(*self._noticed.popleft())
        self._send()
        if self._said and self._connected and not (self._unsent or self._client.want_write()):
            self._said.clear()
            self._report(f"{self._broker.name} is back; {self._lost()}")

    def close(self) -> None:
        """Go offline in good order, if the broker lets us."""
        self.tick()
        until = time.monotonic() + LEAVING_S
        while self._connected and self._unsent and time.monotonic() < until - LEAVING_S / 4:
            self._send()
            time.sleep(0.002)
        self._status = _OFFLINE
        self._tell_status()
        self._ended.clear()
        self._client.disconnect()
        if self._connected:
            self._ended.wait(max(0.0, until - time.monotonic()))
        self._dropped += len(self._unsent)
        if self._dropped:
            self._report(f"{self._broker.name}: {self._lost()}")

    def _connect(self) -> Client:
        broker = self._broker
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"armlet-{secrets.token_hex(6)}")
        client.connect_timeout = CONNECT_S
        client.reconnect_delay_set(*PAUSES_S)
        client.username_pw_set(broker.user, broker.password)
        if broker.encrypted:
            client.tls_set()
        client.will_set(broker.status_topic, _OFFLINE, retain=True)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.connect_async(broker.host, broker.port, KEEPALIVE_S)
        client.loop_start()
        return client

    def _send(self) -> None:
        # The client's own queue has no limit, so it is given one result at a time.
        while self._connected and self._unsent and not self._client.want_write():
            text = self._unsent.popleft()
            if self._client.publish(self._broker.topic, text).rc:
                self._unsent.appendleft(text)
                return

    def _tell_status(self) -> None:
        if self._connected:
            self._client.publish(self._broker.status_topic, self._status, retain=True)

    def _say(self, kind: str, line: str) -> None:
        """Say it, unless something of the kind was said since it last worked."""
        if not self._said or (kind == "refused" and kind not in self._said):
            self._report(f"{self._broker.name} {line}")
        self._said.add(kind)

    def _lost(self) -> str:
        count, self._dropped = self._dropped, 0
        return f"{count} result{'s were' if count != 1 else ' was'} not sent"

    # The client's thread calls these.

    def _on_connect(
        self,
        client: Client,
        _userdata: Any,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._noticed.append(("refused", f"refuses us: {reason}; trying again"))
            return
        client.publish(self._broker.status_topic, self._status, retain=True)
        self._connected = True

    def _on_connect_fail(self, _client: Client, _userdata: Any) -> None:
        error = sys.exc_info()[1]  # the client calls this where it handles the error
        why = (
            getattr(error, "verify_message", None) or getattr(error, "strerror", None) or error
        )
        self._noticed.append(("absent", f"can't be reached: {why}; trying again"))

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: Any,
        _flags: DisconnectFlags,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._status != _OFFLINE:  # else it is we who have hung up
            line = "is lost" if self._connected else "doesn't answer"
            self._noticed.append(("absent", f"{line}; trying again"))
        self._connected = False
        self._ended.set()
