"""A real OpenSSH server on this machine, run by whoever runs the tests."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A server that takes one key."""

    folder: Path
    port: int

    @property
    def ssh_config(self) -> Path:
        """For ssh: the host is ``device``."""
        return self.folder / "ssh_config"

    def configure(self, name: str, **changes: object) -> Path:
        """A config of its own that differs from ``ssh_config``."""
        options = {
            "HostName": "127.0.0.1",
            "Port": self.port,
            "IdentityFile": self.folder / "key",
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": self.folder / "known_hosts",
            **changes,
        }
        path = self.folder / name
        lines = [f"{option} {value}" for option, value in options.items()]
        path.write_text("\n".join(["Host device", *lines, ""]), encoding="utf-8")
        return path


@contextmanager
def serving(folder: Path, path: str) -> Iterator[Server]:
    """Serve until the block ends.

    Args:
        folder: For all that it needs; the home of who logs in, as well.
        path: PATH of who logs in.
    """
    program = shutil.which("sshd") or "/usr/sbin/sshd"
    assert os.path.exists(program), "run apt-get install openssh-server"
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where root's server has no rights
    for key in ("host", "key"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)]
        subprocess.run(command, check=True)
    server = Server(folder, _free_port())
    host = (folder / "host.pub").read_text()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {host}")
    server.configure("ssh_config")
    options = {
        "ListenAddress": f"127.0.0.1:{server.port}",
        "HostKey": folder / "host",
        "PidFile": "none",
        "AuthorizedKeysFile": folder / "key.pub",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        # The user's own start-up files must not matter.
        "SetEnv": f"PATH={path} HOME={folder}",
    }
    config = folder / "sshd_config"
    config.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    process = subprocess.Popen([program, "-D", "-f", config, "-E", folder / "log"])
    try:
        _wait_for(server.port, process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(100):
        assert process.poll() is None, "sshd has ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("sshd doesn't listen")
