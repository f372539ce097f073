"""What is answered where."""

from tornado.web import Application

from armlet.runtime.web import answers, streams
from armlet.runtime.web.request import Site
from armlet.runtime.web.server import BoundedServer, make_bounded


def make_server(site: Site) -> BoundedServer:
    """A server of all there is; to be called in its loop."""
    given = {"site": site}
    application = Application(
        [
            ("/", answers.Page, given),
            (r"/(page\.css|icon\.svg)", answers.OpenFile, given),
            (r"/([a-z]+\.js)", answers.File, given),
            ("/login", answers.Login, given),
            ("/api/state", answers.StateNow, given),
            ("/api/events", streams.Events, given),
            (r"/stream\.mjpg", streams.Stream, given),
            (r"/snapshot\.jpg", answers.Snapshot, given),
            ("/healthz", answers.Health, given),
            ("/metrics", answers.Numbers, given),
        ],
        default_handler_class=answers.Nothing,
        default_handler_args=given,
        log_function=lambda _: None,
    )
    server = make_bounded(application, site.seldom)
    application.settings["server"] = server
    return server
