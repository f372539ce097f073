"""Serves a page on which one sees what the model sees."""

import time
from dataclasses import replace
from importlib import resources

from armlet.runtime.cameras.source import Frame, SourceState
from armlet.runtime.clock import Clock
from armlet.runtime.live.printed import Report
from armlet.runtime.live.result import LiveResult
from armlet.runtime.live.watcher import Watcher
from armlet.runtime.web.access import Hosts, Token, Wrong, make_token, read_token
from armlet.runtime.web.address import (
    bracketed,
    is_loopback,
    listen,
    local_name,
    reachable_hosts,
    url,
)
from armlet.runtime.web.history import History
from armlet.runtime.web.hub import Hub, Shown
from armlet.runtime.web.metrics import Metrics
from armlet.runtime.web.picture import Pictures
from armlet.runtime.web.request import Site
from armlet.runtime.web.routes import make_server
from armlet.runtime.web.seldom import Seldom
from armlet.runtime.web.server import Serving
from armlet.runtime.web.state import Origin, Profile, Running, State
from armlet.runtime.web.wanted import WebOptions

BARS = 5
"""Labels that the page shows."""


class Served(Watcher):
    """Serves the page, until it is closed; a context manager that does so.

    Args:
        options: Where and to whom.
        running: What runs on what.
        source: What the source is called.
        report: Is told where the page is, and of what was refused.
        clock: In seconds.

    Raises:
        ListenError: The address can't be had.
        OptionError: The file with the token isn't one.
    """

    def __init__(
        self,
        options: WebOptions,
        running: Running,
        source: str,
        report: Report,
        clock: Clock = time.monotonic,
    ) -> None:
        given = read_token(options.token_file) if options.token_file else None
        opened = listen(options.address)
        self.port: int = opened.getsockname()[1]
        loopback = is_loopback(opened)
        made = None if loopback or given else make_token()
        token = given or made
        seldom = Seldom(report, clock)
        self._serving = Serving(opened, seldom)
        self._state = State(running=running, source=Origin(name=source))
        self._hub = Hub(self._state, self._serving.loop, clock)
        self._pictures = Pictures(self._hub)
        self._metrics = Metrics(self._hub)
        self._history = History()
        site = Site(
            hub=self._hub,
            pictures=self._pictures,
            metrics=self._metrics,
            token=Token(token, self.port) if token else None,
            hosts=Hosts(
                loopback=loopback, names=[options.address.host, *options.allowed_hosts]
            ),
            wrong=Wrong(),
            seldom=seldom,
            files={
                one.name: one.read_bytes()
                for one in resources.files(__package__).joinpath("page").iterdir()
            },
        )
        self._serving.start(lambda: make_server(site), self._pictures.run, self._hub.wake)
        if loopback:
            self.url = url(options.address.host, self.port)
            there = f"{bracketed(options.address.host)}:{self.port}"
            tunnel = f"ssh -L {self.port}:{there} {local_name()}"
            report(
                f"watch at {self.url} (from elsewhere: {tunnel}, or --web 0.0.0.0:{self.port})"
            )
        else:
            first, *others = reachable_hosts(options.address, opened)
            self.url = url(first, self.port, made)
            also = f" (or {', '.join(others)} in place of {first})" if others else ""
            asks = " with the token of --token-file" if given else ""
            report(f"watch at {self.url}{asks}{also}")

    def saw(self, frame: Frame, result: LiveResult) -> None:
        """Show it to whoever watches."""
        now_s = self._hub.now_s
        self._metrics.observe(result)
        self._history.add(now_s, result)
        state = self._state
        source = state.source
        if source.mode != frame.mode:
            source = replace(source, mode=frame.mode)
        self._state = State(
            running=state.running,
            source=source,
            result=result,
            seen_s=now_s,
            profile=Profile.of(frame.number, result.layers) if result.layers else state.profile,
            history=self._history.points,
        )
        self._hub.put(Shown(state=self._state, frame=frame))

    def heard(self, state: SourceState) -> None:
        """Show that the source is gone or back."""
        source = replace(self._state.source, works=state.works, line=state.line)
        self._state = replace(self._state, source=source)
        self._hub.put(Shown(state=self._state, frame=self._hub.newest.frame))

    @property
    def labels(self) -> int:
        """As many bars as the page has, however many labels are printed."""
        return BARS

    @property
    def wants_layers(self) -> bool:
        """While somebody has the page open."""
        return self._hub.viewers("numbers") > 0

    def close(self) -> None:
        """Stop listening and let all viewers go, within half a second."""
        self._serving.close()
        self._pictures.close()
