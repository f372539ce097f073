"""One SSH connection to a device, and the agent at its other end.

There is one process of OpenSSH and one session for all, so that keys, config, jump hosts and
questions for a password are OpenSSH's own, and asked once.
"""

import json
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

from armlet.errors import ConnectionFailed, DeviceError

CONNECT_S = 15
ALIVE_S, ALIVE_COUNT = 5, 4
"""A connection that says nothing for as long as both together has broken."""
NO_PYTHON = "armlet: no python3"
NOISE = 1000
"""Lines that a device's own start-up files may print before the agent does."""
# Python reads the agent from stdin, as many bytes as the first line says; requests follow.
_START = (
    "import sys; i = sys.stdin.buffer; "
    "exec(compile(i.read(int(i.readline())), 'armlet', 'exec'), {})"
)
_SHELL = (
    f'command -v python3 >/dev/null || {{ echo "{NO_PYTHON}"; exit 1; }}; exec python3 -c "$0"'
)
CONTINUE = "run the same command again; it goes on where this one stopped"


@dataclass(frozen=True, kw_only=True)
class Host:
    """Which device, and how to get there."""

    name: str
    """As ssh takes it: user@host, an alias, or ssh://user@host:port."""
    ssh_config: Path | None = None
    """Instead of ~/.ssh/config."""

    @property
    def ssh(self) -> list[str]:
        """The command that people would type."""
        config = ["-F", str(self.ssh_config)] if self.ssh_config else []
        return ["ssh", *config, self.name]

    @property
    def folder_name(self) -> str:
        """A name for a folder, that tells devices apart."""
        return self.name.removeprefix("ssh://").strip("./").replace("/", "_") or "device"


class Connection:
    """The agent on a device, to be asked one thing after the other."""

    def __init__(self, host: Host, process: "subprocess.Popen[bytes]", said: IO[bytes]) -> None:
        assert process.stdin and process.stdout
        self.host = host
        self._process = process
        self._to, self._from = process.stdin, process.stdout
        self._said = said

    def begin(self, home: str) -> Mapping[str, Any]:
        """Start the agent, which first of all says what is there (``agent.probe``).

        Raises:
            ConnectionFailed: The device can't be reached.
            DeviceError: It has no Python, or gives us no shell.
        """
        source = files("armlet.device_scripts").joinpath("agent.py").read_text("utf-8")
        agent = f"{source}\nmain({home!r})\n".encode()
        with suppress(BrokenPipeError):  # whatever ended ssh, it says so
            self._to.write(b"%d\n" % len(agent) + agent)
            self._to.flush()
        heard = ""
        for _ in range(NOISE):
            line = self._from.readline()
            if not line:
                break
            heard = line.decode("utf-8", "replace").strip() or heard
            if heard == NO_PYTHON:
                raise DeviceError(
                    f"{self.host.name} has no python3",
                    f"run {self._by_hand('sudo apt install python3')}",
                )
            with suppress(ValueError, TypeError, KeyError):
                found: Mapping[str, Any] = json.loads(line)["armlet"]
                return found
        raise self._no_start(heard)

    def ask(self, do: str, **members: Any) -> Mapping[str, Any]:
        """Let the agent do something.

        Raises:
            ConnectionFailed: The connection has broken.
            DeviceError: The device can't do it.
        """
        self.request(do, **members)
        return self.reply()

    def request(self, do: str, **members: Any) -> None:
        """Ask without waiting for the reply."""
        self.send(json.dumps({"do": do, **members}).encode() + b"\n")

    def send(self, data: bytes) -> None:
        """Send bytes; if nobody takes them any more, ``reply`` says why."""
        with suppress(BrokenPipeError):
            self._to.write(data)
            self._to.flush()

    def reply(self) -> Mapping[str, Any]:
        """Wait for the reply.

        Raises:
            ConnectionFailed: The connection has broken.
            DeviceError: The device can't do it.
        """
        line = self._from.readline()
        try:
            answer: Mapping[str, Any] = json.loads(line)
        except ValueError:
            said = self._last_words() or "it ended"
            raise ConnectionFailed(
                f"the connection to {self.host.name} broke ({said})", CONTINUE
            ) from None
        if "error" in answer:
            raise DeviceError(
                f"{self.host.name}: {answer['error']}", "mend that and " + CONTINUE
            )
        return answer

    def _by_hand(self, command: str) -> str:
        return shlex.join([*self.host.ssh, command])

    def _last_words(self) -> str:
        """The last line that ssh printed, once it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _no_start(self, heard: str) -> ConnectionFailed | DeviceError:
        last = self._last_words()
        self._said.seek(0)
        everything = self._said.read().decode("utf-8", "replace")
        host = self.host.name
        if self._process.returncode != 255:
            return DeviceError(
                f"{host} runs no Python for us ({last or heard or 'it says nothing'})",
                f"see what {self._by_hand('python3 --version')} prints",
            )
        for sign, problem, advice in _FAILURES:
            if sign in everything:
                return ConnectionFailed(
                    f"{host} {problem}", advice.format(ssh=shlex.join(self.host.ssh), host=host)
                )
        return ConnectionFailed(
            f"{host} can't be reached ({last or 'ssh says nothing'})",
            f"see that {shlex.join(self.host.ssh)} works",
        )


_FAILURES = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "has another host key than before",
        "if you installed it anew, run ssh-keygen -R with its name, then {ssh}",
    ),
    (
        "Host key verification failed",
        "is not known yet",
        "run {ssh} once and accept its host key",
    ),
    (
        "Permission denied",
        "doesn't let us in",
        "check the user's name, or install your key with ssh-copy-id {host}",
    ),
    (
        "Too many authentication failures",
        "doesn't let us in (too many keys tried)",
        "name the right key with IdentityFile in your ssh config",
    ),
    ("usage: ssh", "is no host to ssh", "give user@host, an alias or ssh://user@host:port"),
    (
        "Could not resolve hostname",
        "is no known name",
        "check it and that the device is on; a port is given as ssh://host:port",
    ),
    (
        "Connection refused",
        "takes no SSH connections",
        "enable SSH there, on Raspberry Pi OS with sudo raspi-config",
    ),
    ("timed out", "doesn't answer", "see that it is on and in your network"),
    ("No route to host", "doesn't answer", "see that it is on and in your network"),
    ("Network is unreachable", "doesn't answer", "see that this machine is online"),
)
"""What ssh prints, what is wrong then, and what to do."""


@contextmanager
def connected(host: Host) -> Iterator[Connection]:
    """Connect to a device; whatever ends the block also ends the agent there.

    Raises:
        ConnectionFailed: There is no OpenSSH here.
    """
    if host.ssh_config and not host.ssh_config.is_file():
        raise ConnectionFailed(f"there is no file {host.ssh_config}", "check --ssh-config")
    options = {
        "ConnectTimeout": CONNECT_S,
        "ServerAliveInterval": ALIVE_S,
        "ServerAliveCountMax": ALIVE_COUNT,
        "ClearAllForwardings": "yes",  # somebody may have the same ports open already
        "ControlMaster": "no",
        "RemoteCommand": "none",
        "RequestTTY": "no",
        "LogLevel": "INFO",
    }
    command = [host.ssh[0], *(f"-o{name}={value}" for name, value in options.items())]
    command += [*host.ssh[1:-1], "--", host.name, shlex.join(["sh", "-c", _SHELL, _START])]
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
            )
        except FileNotFoundError:
            raise ConnectionFailed(
                "there is no ssh here",
                "install OpenSSH, on Debian with apt install openssh-client",
            ) from None
        try:
            yield Connection(host, process, said)
        finally:
            assert process.stdin and process.stdout
            with suppress(BrokenPipeError):
                process.stdin.close()
            process.stdout.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
