"""An emulated machine that Linux boots on, and that one logs in to with ssh."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.arm import initrd
from tests.arm.disk import Disk
from tests.arm.tools import ArmError, call, require

NAME = "arm"
"""What ``Machine.ssh_config`` calls it."""
_TIED = """
exec 3<&0 </dev/null
{
    read -r told <&3
    kill -KILL $$
    [ -n "$told" ] || rm -rf "$0"
} &
exec "$@" 3<&-
"""
"""Runs a program until we say so, or end ourselves, however; its folder goes then, too."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine that runs."""

    folder: Path
    """Goes away with it."""
    port: int
    """Of its sshd, on 127.0.0.1."""

    @property
    def ssh_config(self) -> Path:
        """With it, ``ssh -F FILE arm`` logs in as pi, and ``root@arm`` as root."""
        return self.folder / "ssh_config"

    @property
    def console(self) -> str:
        """What its kernel and first program have said."""
        return (self.folder / "console").read_text("utf-8", errors="replace")

    def run(
        self,
        command: str,
        *,
        user: str = "pi",
        input: bytes | None = None,
        timeout_s: float = 120,
        check: bool = True,
    ) -> str:
        """Run a line of shell there.

        Args:
            command: The line.
            user: pi, who may use cameras, or root.
            input: What it reads.
            timeout_s: Seconds after which it has failed.
            check: Whether an exit code other than 0 is an error.

        Returns:
            What it printed.

        Raises:
            ArmError: It failed, or there is no answer.
        """
        shared = f"ControlPath={self.folder}/{user}"  # logging in takes a second
        options = ["-o", "ControlMaster=auto", "-o", "ControlPersist=yes", "-o", shared]
        try:
            done = subprocess.run(
                ["ssh", "-F", str(self.ssh_config), *options, f"{user}@{NAME}", command],
                input=b"" if input is None else input,
                capture_output=True,
                timeout=timeout_s,
            )
        except subprocess.TimeoutExpired as error:
            raise ArmError(
                f"no answer to {command!r} within {timeout_s:.0f} s", "try again"
            ) from error
        if done.returncode and check:
            said = done.stderr.decode(errors="replace").strip()
            raise ArmError(
                f"{command!r} exited with {done.returncode} ({said or 'it says nothing'})",
                "mend it",
            )
        return done.stdout.decode(errors="replace")


@contextmanager
def booted(
    disk: Disk,
    processor: str = "cortex-a72",
    *,
    cores: int = 2,
    memory_mb: int = 2048,
    may_reboot: bool = False,
    timeout_s: float = 180,
) -> Iterator[Machine]:
    """A machine, until the block ends. Its only network is that this host may log in.

    Args:
        disk: What it boots.
        processor: One that QEMU knows; as many may run at once as there is memory.
        cores: How many it has.
        memory_mb: MiB; of a root in a folder, what is written goes there too.
        may_reboot: Whether it starts again when it reboots or its kernel fails, and goes on
            with what it has written; else that is its end.
        timeout_s: Seconds after which it has failed to boot.

    Raises:
        ArmError: QEMU is missing, or nobody can log in.
    """
    arguments = [f"-cpu={processor}", f"-smp={cores}", f"-m={memory_mb}"]
    arguments += ["-machine=virt", "-accel=tcg,thread=multi", *_root(disk.root)]
    arguments += ["-device=virtio-net-pci,netdev=net,romfile=", "-device=virtio-rng-pci"]
    arguments += ["-action=reboot=reset"] if may_reboot else []
    where = disk.root if disk.root.is_file() else None
    words = f"armlet.root={'/dev/vda' if where else 'root'}"
    with emulated(disk, arguments, words, timeout_s) as machine:
        yield machine


def _root(root: Path) -> Sequence[str]:
    if root.is_file():
        return [
            f"-drive=if=none,id=root,format=raw,snapshot=on,file={root}",
            "-device=virtio-blk-pci,drive=root",
        ]
    return [f"-virtfs=local,path={root},mount_tag=root,security_model=none,readonly=on"]


@contextmanager
def emulated(
    disk: Disk, arguments: Sequence[str], words: str, timeout_s: float
) -> Iterator[Machine]:
    """Any board, until the block ends.

    Args:
        disk: What it boots.
        arguments: QEMU's for the board; its network is called net.
        words: For the kernel, and for boot/init.sh.
        timeout_s: Seconds after which it has failed to boot.

    Raises:
        ArmError: QEMU is missing, or nobody can log in.
    """
    require("qemu-system-aarch64", "ssh", "ssh-keygen", "cpio")
    with tempfile.TemporaryDirectory(prefix="armlet-machine-") as name:
        machine = Machine(folder=Path(name), port=_free_port())
        _write_keys(machine)
        first = disk.initrd.read_bytes() + initrd.for_boot(
            NAME, (machine.folder / "key.pub").read_text(), machine.folder / "host_key"
        )
        (machine.folder / "initrd").write_bytes(first)
        command = ["qemu-system-aarch64", "-nodefaults", "-no-reboot", "-display=none"]
        command += arguments
        command += [f"-kernel={disk.kernel}", f"-initrd={machine.folder / 'initrd'}"]
        command += [f"-append=console=ttyAMA0 quiet panic=-1 {words}"]
        command[-1] += f" armlet.time={time.time():.0f} init={disk.init}"
        command += [f"-serial=file:{machine.folder / 'console'}"]
        command += [f"-netdev=user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{machine.port}-:22"]
        with (
            (machine.folder / "qemu").open("wb") as said,
            subprocess.Popen(
                ["sh", "-c", _TIED, name, *_split(command)],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                start_new_session=True,  # what stops a terminal must leave it its last act
            ) as process,
        ):
            try:
                _wait(machine, process, timeout_s)
                yield machine
            finally:
                process.communicate(b"end\n")


def _split(command: Sequence[str]) -> list[str]:
    """QEMU takes no equals sign between an option and its value."""
    return [part for word in command for part in word.split("=", 1 if word[0] == "-" else 0)]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _write_keys(machine: Machine) -> None:
    folder = machine.folder
    for name in ("key", "host_key"):
        call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name)
    public = (folder / "host_key.pub").read_text("ascii")
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{machine.port} {public}", "ascii")
    (folder / "ssh_config").write_text(
        f"Host {NAME} 127.0.0.1\n"
        "HostName 127.0.0.1\n"
        f"Port {machine.port}\n"
        "User pi\n"
        f"IdentityFile {folder / 'key'}\n"
        "IdentitiesOnly yes\n"
        f"UserKnownHostsFile {folder / 'known_hosts'}\n"
        "GlobalKnownHostsFile /dev/null\n"
        "StrictHostKeyChecking yes\n"
        "BatchMode yes\n"
        "ConnectTimeout 60\n"
        "LogLevel ERROR\n",
        "utf-8",
    )


def _wait(machine: Machine, process: subprocess.Popen[bytes], timeout_s: float) -> None:
    """Return when sshd answers."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if process.poll() is not None:
            said = (machine.folder / "qemu").read_text("utf-8", errors="replace")
            raise ArmError(
                f"the emulated machine ended ({_last(said) or _last(machine.console)})",
                "see boot/init.sh",
            )
        try:
            with socket.create_connection(("127.0.0.1", machine.port), timeout=5) as one:
                if one.recv(4) == b"SSH-":
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise ArmError(
        f"the emulated machine took longer than {timeout_s:.0f} s to boot "
        f"({_last(machine.console)})",
        "try again on an idle machine",
    )


def _last(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]
