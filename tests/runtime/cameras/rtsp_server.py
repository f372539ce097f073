"""A camera that speaks RTSP, which shows a JPEG: run by the system's Python.

It needs Debian's gir1.2-gst-rtsp-server-1.0, python3-gi and gstreamer1.0-plugins-base,
-good and -ugly. Its arguments: port, JPEG, frames a second, jpeg or h264, and, to let one
user in alone, that one's name and password.
"""

import sys
from importlib import import_module

CODECS = {
    "jpeg": "jpegenc ! rtpjpegpay pt=26",
    # Whole pictures are rare, as those of many cameras are.
    "h264": "videoconvert ! video/x-raw,format=I420 ! x264enc tune=zerolatency key-int-max=100"
    " ! rtph264pay pt=96",
}


def serve(port: str, picture: str, fps: str, codec: str, *login: str) -> None:
    """Serve rtsp://127.0.0.1:PORT/stream, and say when."""
    gi = import_module("gi")
    for name in ("Gst", "GstRtsp", "GstRtspServer"):
        gi.require_version(name, "1.0")
    gst = import_module("gi.repository.Gst")
    rtsp = import_module("gi.repository.GstRtsp")
    server_of = import_module("gi.repository.GstRtspServer")
    gst.init(None)
    server = server_of.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = server_of.RTSPMediaFactory()
    factory.set_launch(
        f"( multifilesrc location={picture} loop=true caps=image/jpeg,framerate={fps}/1"
        f" ! jpegdec ! {CODECS[codec]} name=pay0 )"
    )
    factory.set_shared(True)
    if login:
        user, password = login
        auth = server_of.RTSPAuth()
        token = server_of.RTSPToken()
        token.set_string("media.factory.role", user)
        auth.add_basic(server_of.RTSPAuth.make_basic(user, password), token)
        auth.set_supported_methods(rtsp.RTSPAuthMethod.BASIC)
        server.set_auth(auth)
        permissions = server_of.RTSPPermissions()
        for right in ("media.factory.access", "media.factory.construct"):
            permissions.add_permission_for_role(user, right, True)
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory("/stream", factory)
    if not server.attach(None):
        sys.exit("the port is taken")
    print("ready", flush=True)
    import_module("gi.repository.GLib").MainLoop().run()


if __name__ == "__main__":
    serve(*sys.argv[1:])
