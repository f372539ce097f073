"""``edge-run camera --publish`` with a real broker: Debian's mosquitto, mosquitto-clients."""

import json
import os
import queue
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from armlet.runtime.live.mqtt import MOST_UNSENT
from tests.runtime.lasting import AT_ONCE_S, Process, edge_run, record, stopped
from tests.runtime.stand_ins import write_video

PATIENCE_S = 60.0


class Mosquitto:
    """A broker that can be started and ended again and again, always at the same port."""

    def __init__(self, folder: Path, settings: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = int(server.getsockname()[1])
        self._file = folder / "mosquitto.conf"
        self._file.write_text(f"listener {self.port} 127.0.0.1\n{settings}\n")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}/home/camera"

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["mosquitto", "-c", str(self._file)], stderr=subprocess.DEVNULL
        )
        soon(self._answers)

    def send(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def broker(folder: Path, settings: str = "allow_anonymous true") -> Iterator[Mosquitto]:
    running = Mosquitto(folder, settings)
    running.start()
    try:
        yield running
    finally:
        running.end()


class Lines:
    """What a process says, read by a thread, so that the process never waits."""

    def __init__(self, pipe: IO[str] | None) -> None:
        assert pipe
        self._pipe = pipe
        self._lines: queue.Queue[str] = queue.Queue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def next(self) -> str:
        return self._lines.get(timeout=PATIENCE_S)

    @property
    def any(self) -> bool:
        return not self._lines.empty()

    def rest(self) -> list[str]:
        """All until the process closes its end."""
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        return [self._lines.get() for _ in range(self._lines.qsize())]

    def _run(self) -> None:
        for one in self._pipe:
            self._lines.put(one.rstrip("\n"))


class Listener:
    """Everything that is published from now on, and what is retained."""

    def __init__(self, to: Mosquitto, *options: str) -> None:
        command = ["mosquitto_sub", "-p", str(to.port), "-t", "home/#", "-v", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._lines = Lines(self.process.stdout)

    def next(self, topic: str) -> str:
        """What comes next under this topic."""
        while True:
            found, _, payload = self._lines.next().partition(" ")
            if found == topic:
                return payload

    def next_of_all(self) -> str:
        return self._lines.next()

    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.next("home/camera"))
        return found

    @property
    def status(self) -> str:
        return self.next("home/camera/status")

    @property
    def any(self) -> bool:
        return self._lines.any

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._lines.rest()
        assert self.process.stdout
        self.process.stdout.close()


@contextmanager
def listening(to: Mosquitto, *options: str) -> Iterator[Listener]:
    listener = Listener(to, *options)
    try:
        yield listener
    finally:
        listener.end()


def soon(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def rss_kib(running: Process) -> int:
    status = Path(f"/proc/{running.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Path:
    path = tmp_path_factory.mktemp("video") / "video.avi"
    write_video(path, [photos / "chelsea.png", photos / "rocket.jpg"], each=25)
    return path


def endless(bundle: Path, video: Path, to: Mosquitto, *more: object) -> tuple[object, ...]:
    source = ("--source", video, "--loop")
    return ("camera", bundle, *source, "--json", "--publish", to.address, *more)


def test_results_arrive_as_they_are_printed(bundle: Path, video: Path, tmp_path: Path) -> None:
    arguments = ("camera", bundle, "--source", video, "--json", "--changes", "--publish")
    with broker(tmp_path) as to, listening(to) as listener:
        with edge_run(*arguments, to.address) as running:
            printed, told = running.communicate(timeout=PATIENCE_S)
        assert (running.returncode, told) == (0, "")
        results = [json.loads(one) for one in printed.splitlines()]
        assert [one["top"][0]["label"] for one in results] == ["cat", "ship"]
        said = [listener.next_of_all() for _ in range(4)]
        assert said[0] == "home/camera/status online"
        assert [json.loads(one.partition(" ")[2]) for one in said[1:3]] == results
        assert said[3] == "home/camera/status offline"  # at an end in good order
        with listening(to) as later:
            assert later.status == "offline"  # and retained


def test_last_will(bundle: Path, video: Path, tmp_path: Path) -> None:
    with broker(tmp_path) as to, listening(to) as listener:
        with edge_run(*endless(bundle, video, to)) as running:
            assert listener.status == "online"
            running.kill()
        assert listener.status == "offline"


def test_camera_that_goes_away_is_told(bundle: Path, tmp_path: Path) -> None:
    # A video that breaks off is the end; a source that raises is a camera's. So this is in
    # process, with the real broker.
    from armlet.runtime.cameras.source import SourceState
    from armlet.runtime.live.broker import find_broker
    from armlet.runtime.live.mqtt import Published

    with broker(tmp_path) as to, listening(to) as listener:
        with Published(find_broker(to.address, {}), print) as published:
            assert listener.status == "online"
            published.heard(SourceState(works=False, line="gone"))
            assert listener.status == "no source"
            published.heard(SourceState(works=True, line="back"))
            assert listener.status == "online"
        assert listener.status == "offline"


def test_broker_that_is_restarted(bundle: Path, video: Path, tmp_path: Path) -> None:
    with broker(tmp_path) as to, edge_run(*endless(bundle, video, to)) as running:
        printed, said = Lines(running.stdout), Lines(running.stderr)
        with listening(to) as listener:
            before = listener.result()
        to.end()
        assert said.next() == f"edge-run: {to.address} is lost; trying again"
        # More than are kept, since the camera goes on.
        while json.loads(printed.next())["frame"] < before["frame"] + MOST_UNSENT + 100:
            pass
        to.start()
        with listening(to) as listener:
            back = said.next()
            after = listener.result()
            while after["frame"] < before["frame"] + MOST_UNSENT + 200:
                after = listener.result()
        with listening(to) as listener:
            assert listener.status == "online"
        running.send_signal(signal.SIGTERM)
        assert running.wait(AT_ONCE_S) == 0
        assert said.rest() == []
    count = int(back.removeprefix(f"edge-run: {to.address} is back; ").split()[0])
    assert back.endswith(" results were not sent")
    assert count >= 90  # those on the way don't count


def test_broker_that_hangs(bundle: Path, video: Path, tmp_path: Path) -> None:
    """Memory stays as it is, the camera goes on, and the end doesn't wait."""
    arguments = ("--source", video, "--loop", "--no-pace", "--json", "--top-k", 10)
    with broker(tmp_path) as to:
        publish = ("--publish", to.address)
        with edge_run("camera", bundle, *arguments, *publish) as running:
            said = Lines(running.stderr)
            with listening(to) as listener:
                # Somebody has to read what is printed; the results arrive meanwhile.
                while not listener.any:
                    record(running)
            to.send(signal.SIGSTOP)
            for _ in range(500):
                record(running)
            before = rss_kib(running)
            # Of half a kilobyte each: more than the kernel's buffers hold.
            for _ in range(20_000):
                last = record(running)
            assert rss_kib(running) - before < 5 * 1024
            assert last["dropped"] == 0
            # Whichever comes first: the buffers are full, or it didn't answer for too long.
            assert said.next() in (
                f"edge-run: {to.address} takes no more results; the oldest are dropped",
                f"edge-run: {to.address} is lost; trying again",
            )
            running.send_signal(signal.SIGTERM)
            assert running.stdout
            running.stdout.read()
            assert running.wait(AT_ONCE_S) == 0
            (told,) = said.rest()
    assert told.endswith("results were not sent")


def test_password(bundle: Path, video: Path, tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "me", "secret"], check=True)
    os.chmod(passwords, 0o644)
    tmp_path.chmod(0o755)
    settings = f"allow_anonymous false\npassword_file {passwords}\nuser root"
    known = {"ARMLET_MQTT_USER": "me", "ARMLET_MQTT_PASSWORD": "secret"}
    with broker(tmp_path, settings) as to:
        with (
            listening(to, "-u", "me", "-P", "secret") as listener,
            edge_run(*endless(bundle, video, to), **known) as running,
        ):
            assert listener.status == "online"
            assert stopped(running, signal.SIGTERM)[1] == ""
        wrong = {**known, "ARMLET_MQTT_PASSWORD": "wrong"}
        with edge_run(*endless(bundle, video, to), **wrong) as running:
            said = Lines(running.stderr)
            assert said.next() == (
                f"edge-run: {to.address} refuses us: Not authorized; trying again"
            )
            record(running)  # and goes on
            running.send_signal(signal.SIGTERM)
            assert running.wait(AT_ONCE_S) == 0
            (told,) = said.rest()
        assert told.endswith("results were not sent")


def test_tls_and_the_authorities_of_the_system(
    bundle: Path, video: Path, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x"]
    files = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files += ["-out", str(certificate), "-keyout", str(key)]
    subprocess.run([*command, *files], check=True, capture_output=True)
    settings = f"allow_anonymous true\ncertfile {certificate}\nkeyfile {key}\nuser root"
    with broker(tmp_path, settings) as to:
        address = to.address.replace("mqtt:", "mqtts:")
        arguments = ("camera", bundle, "--source", video, "--loop", "--publish", address)
        trusted = {"SSL_CERT_FILE": str(certificate)}
        with (
            listening(to, "--cafile", str(certificate)) as listener,
            edge_run(*arguments, **trusted) as running,
        ):
            assert listener.status == "online"
            stopped(running, signal.SIGTERM)
        with edge_run(*arguments) as running:
            assert Lines(running.stderr).next() == (
                f"edge-run: {address} can't be reached: self-signed certificate; trying again"
            )
            running.send_signal(signal.SIGTERM)
            assert running.wait(AT_ONCE_S) == 0
