"""What is answered at once: the page, and numbers for programs."""

import time

from tornado.web import HTTPError

from armlet.runtime.web.request import Handler


class Nothing(Handler):
    """There is no such page, whoever asks."""

    needs_token = False

    async def get(self) -> None:
        """Say so."""
        raise HTTPError(404)


class File(Handler):
    """A file of the page."""

    _KINDS = {
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    }

    async def get(self, name: str) -> None:
        """Send it, unless the browser has it.

        Raises:
            HTTPError: There is none of this name.
        """
        if name not in self.site.files:
            raise HTTPError(404)
        self.set_header("Content-Type", self._KINDS[name.rpartition(".")[2]])
        self.set_header("Cache-Control", "no-cache")
        self.write(self.site.files[name])


class OpenFile(File):
    """One that those see who are asked for the token."""

    needs_token = False


class Asking(Handler):
    """A page that asks for the token where it is needed."""

    def ask(self, said: str = "") -> None:
        """Show the form."""
        self.set_status(401)
        self.set_header("WWW-Authenticate", "Bearer")
        # With no-referrer, browsers would send Origin: null with the form.
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self.site.files["login.html"].replace(b"<!--said-->", said.encode()))


class Page(Asking):
    """The page."""

    def refuse(self) -> None:
        """Ask for the token."""
        wrong = (
            "token" in self.request.arguments and "token" not in self.request.query_arguments
        )
        self.ask("That is not the token." if wrong else "")

    async def get(self) -> None:
        """Show it."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.write(self.site.files["index.html"])


class Login(Asking):
    """Where the form goes."""

    needs_token = False

    async def get(self) -> None:
        """Nothing is here for whoever comes without a form."""
        self.redirect("/", status=303)

    async def post(self) -> None:
        """Let in whoever knows the token."""
        token = self.site.token
        if token is not None:
            given = self.request.body_arguments.get("token", [b""])[-1].strip()
            if not await self.tell(token, given):
                self.ask("That is not the token.")
                return
            self.welcome(token)
        self.redirect("/", status=303)


class StateNow(Handler):
    """All that is shown, as one object."""

    async def get(self) -> None:
        """Tell it."""
        hub = self.site.hub
        self.say(hub.newest.state.to_json(hub.now_s))


class Health(Handler):
    """Whether results come."""

    async def get(self) -> None:
        """Tell it, by the status already."""
        hub = self.site.hub
        trouble = hub.newest.state.trouble(hub.now_s)
        if trouble:
            self.set_status(503)
        self.say({"ok": trouble is None, "reason": trouble})


class Numbers(Handler):
    """What Prometheus asks for."""

    async def get(self) -> None:
        """Tell it."""
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.write(self.site.metrics.text())


class Snapshot(Handler):
    """The newest frame, to keep."""

    async def get(self) -> None:
        """Send it.

        Raises:
            HTTPError: There is none yet.
        """
        frame = self.site.hub.newest.frame
        if frame is None:
            raise HTTPError(503, reason="There is no picture yet")
        name = time.strftime(f"armlet-%Y-%m-%d-%H%M%S-{frame.number}.jpg")
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.write(await self.site.pictures.snapshot(frame))
