"""What runs on the device during a deploy: it answers requests, one line of JSON each.

This file is sent as text and run by the device's own Python, whatever its age: it imports the
standard library alone and is written for Python 3.7. It reads stdin and ends with it, so that
nothing of it outlives the connection, the lock least of all.

    request   {"do": NAME, ...} and, for ``put``, the bytes behind it
    reply     {...}, or {"error": TEXT}

Whatever a kill interrupts has a name that ends in .part, and only a finished one is renamed.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import os
import platform
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, BinaryIO

PART = ".part"
LINKS = ("runtime", "bundle", "previous")
CHUNK = 1 << 20
EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
AT_FDCWD = -100


class Agent:
    """Armlet's folder on the device, and what a deploy does to it.

    Args:
        home: The folder.
        requests: Where they come from; stdin, buffered.
        replies: Where they are answered; stdout.
    """

    def __init__(self, home: str, requests: Any, replies: BinaryIO) -> None:
        self.home = _absolute(home)
        self.requests = requests
        self.replies = replies

    def serve(self) -> None:
        """Answer until the connection ends."""
        for line in self.requests:
            request = json.loads(line)
            try:
                reply = getattr(self, "do_" + request.pop("do"))(**request)
            except OSError as error:
                reply = {"error": f"{error.filename or self.home}: {error.strerror}"}
            self.say(reply or {})
            if reply and "error" in reply:
                return  # what was being sent still follows, and is no request

    def say(self, reply: Mapping[str, Any]) -> None:
        """Answer, or begin."""
        self.replies.write(json.dumps(reply).encode() + b"\n")
        self.replies.flush()

    def _place(self, *parts: str) -> str:
        return os.path.join(self.home, *parts)

    # What is there; nothing of this changes anything.

    def do_look(self, files: Sequence[str]) -> Mapping[str, Any]:
        """How much of each file, by SHA-256, is here; -1: all of it."""
        return {"files": {digest: self._arrived(digest) for digest in files}}

    def _arrived(self, digest: str) -> int:
        path = self._place("files", digest)
        if os.path.exists(path) and _sha256(path) == digest:
            return -1
        return _size(path + PART)

    def do_state(self, runtime: str) -> Mapping[str, Any]:
        """Which wheels are unpacked, and whether a runtime is whole."""
        there = os.path.exists(self._place("runtimes", runtime))
        version = ""
        if there:
            command = ["runtimes/" + runtime + "/edge-run", "--version"]
            version = self.do_run(command, 300)["stdout"]
        return {"there": there, "version": version, "wheels": _names(self._place("wheels"))}

    def do_load(self) -> Mapping[str, Any]:
        """Processes that wanted a core, as a mean of the last minute; and the cores."""
        return {"load": os.getloadavg()[0], "cores": os.cpu_count() or 1}

    # What a deploy does, in this order.

    def do_lock(self) -> Mapping[str, Any]:
        """Keep other deploys out until this process ends."""
        os.makedirs(self.home, exist_ok=True)
        lock = os.open(self._place("lock"), os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return {"busy": True}
        for folder in ("files", "releases", "wheels", "runtimes", "bin", "cache"):
            os.makedirs(self._place(folder), exist_ok=True)
        return {"busy": False}

    def do_put(self, digest: str, start: int, bytes: int) -> Mapping[str, Any]:
        """Continue a file; what arrives before a connection breaks stays."""
        path = self._place("files", digest)
        with open(path + PART, "r+b" if start else "wb", buffering=0) as file:
            file.truncate(start)
            file.seek(start)
            while bytes:
                data = self.requests.read1(min(bytes, CHUNK))
                if not data:
                    sys.exit(1)
                bytes -= len(data)
                while data:  # a nearly full disk may take a part of it
                    data = data[file.write(data) :]
            os.fsync(file.fileno())
        whole = _sha256(path + PART) == digest
        if whole:
            os.replace(path + PART, path)
        else:
            os.remove(path + PART)
        return {"whole": whole}

    def do_unpack(self, wheels: Sequence[str]) -> None:
        """Unpack wheels that have arrived, each into a folder of its own."""
        for digest in wheels:
            stage = self._place("wheels", digest + PART)
            shutil.rmtree(stage, ignore_errors=True)
            with zipfile.ZipFile(self._place("files", digest)) as wheel:
                wheel.extractall(stage)
        os.sync()  # no power cut may leave a name without its content
        for digest in wheels:
            _put_in_place(self._place("wheels", digest + PART), self._place("wheels", digest))
            os.remove(self._place("files", digest))

    def do_install(
        self, runtime: str, version: str, wheels: Sequence[str], command: str
    ) -> None:
        """Make a runtime of unpacked wheels, by hard links."""
        target = self._place("runtimes", runtime)
        stage = target + PART
        shutil.rmtree(stage, ignore_errors=True)
        for digest in wheels:
            _link_tree(self._place("wheels", digest), os.path.join(stage, "site"))
        os.symlink("site/armlet/device_scripts", os.path.join(stage, "scripts"))
        _write(os.path.join(stage, "wheels"), "".join(one + "\n" for one in wheels))
        _write(os.path.join(stage, "edge-run"), command, 0o755)
        _write(os.path.join(stage, "version"), f"{version} {runtime}\n")
        _put_in_place(stage, target)

    def do_release(self, release: str, files: Mapping[str, str]) -> None:
        """Make a release of files that have arrived, by hard links."""
        target = self._place("releases", release)
        stage = target if os.path.exists(target) else target + PART
        for path, digest in files.items():
            file, link = self._place("files", digest), os.path.join(stage, path)
            os.makedirs(os.path.dirname(link), exist_ok=True)
            # Somebody may have changed it in place, in an earlier release.
            if not (os.path.exists(link) and os.path.samefile(file, link)):
                _remove(link + PART)
                os.link(file, link + PART)
                os.replace(link + PART, link)
        for folder in {os.path.dirname(os.path.join(stage, path)) for path in files}:
            _keep(folder)
        if stage != target:
            os.rename(stage, target)

    def do_run(self, command: Sequence[str], timeout_s: float) -> Mapping[str, Any]:
        """Run a command, and kill it when nobody waits for it any more."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            try:
                child = subprocess.Popen(
                    [self._place(command[0]), *command[1:]],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env={**os.environ, "ARMLET_CACHE": self._place("cache")},
                    cwd=self.home,
                )
            except OSError as error:
                said = f"{command[0]}: {error.strerror}"
                return {"code": 127, "late": False, "stdout": "", "stderr": said}
            waited = 0.0
            while child.poll() is None and waited < timeout_s:
                # Nothing is asked meanwhile: what can be read is the connection's end.
                if select.select([self.requests], [], [], 0.05)[0]:
                    child.kill()
                    sys.exit(1)
                waited += 0.05
            late = child.poll() is None
            if late:
                child.kill()
            code = child.wait()
            texts = []
            for stream in (out, err):
                stream.seek(0)
                texts.append(stream.read().decode("utf-8", "replace"))
        return {"code": code, "late": late, "stdout": texts[0], "stderr": texts[1]}

    def do_switch(self, runtime: str, release: str, launcher: str) -> None:
        """Make a release active, and keep what was as the previous one."""
        _point(self._place("runtime"), "runtimes/" + runtime)
        _write(self._place("bin/edge-run"), launcher, 0o755)
        active, previous = self._place("bundle"), self._place("previous")
        if _link_target(active) is None:
            _point(active, "releases/" + release)
        elif _link_target(active) != release:
            _point(previous, "releases/" + release)
            _exchange(active, previous)

    def do_rollback(self) -> None:
        """Let the active and the previous release change places."""
        _exchange(self._place("bundle"), self._place("previous"))

    def do_clean(self, keep: str | None) -> None:
        """Remove what neither release needs, but for a runtime that may still be running."""
        releases = {_link_target(self._place(name)) for name in ("bundle", "previous")}
        runtimes = {_link_target(self._place("runtime")) or "", keep or ""}
        _keep_only(self._place("releases"), releases)
        _keep_only(self._place("runtimes"), runtimes)
        wheels: set[str] = set()
        for runtime in runtimes & set(_names(self._place("runtimes"))):
            listed = self._place("runtimes", runtime, "wheels")
            if os.path.exists(listed):  # else setup.sh made it
                with open(listed) as file:
                    wheels.update(file.read().split())
        _keep_only(self._place("wheels"), wheels)
        # A file of a release that stays has a second link there.
        files = self._place("files")
        _keep_only(
            files, [one for one in _names(files) if _links(os.path.join(files, one)) > 1]
        )

    def do_drop(self, release: str) -> None:
        """Remove a release that was refused."""
        if release not in {_link_target(self._place(name)) for name in ("bundle", "previous")}:
            shutil.rmtree(self._place("releases", release), ignore_errors=True)


def probe(home: str) -> Mapping[str, Any]:
    """What this device is, and what armlet has there."""
    place = _absolute(home)
    above = place
    while not os.path.exists(above):
        above = os.path.dirname(above)
    free = os.statvfs(above)
    return {
        "home": place,
        "names": os.listdir(place) if os.path.isdir(place) else [],
        "links": [one for one in LINKS if os.path.islink(os.path.join(place, one))],
        "writable": os.access(above, os.W_OK),
        "free_bytes": free.f_bavail * free.f_frsize,
        "system": sys.platform,
        "machine": platform.machine(),
        "bits": struct.calcsize("P") * 8,
        "implementation": platform.python_implementation(),
        "python": list(sys.version_info[:3]),
        "executable": sys.executable,
        "libc": _c_library(),
        "model": _first_line("/proc/device-tree/model").rstrip("\0"),
        "modules": [name for name in ("numpy", "cv2", "click") if find_spec(name)],
        "version": _first_line(os.path.join(place, "runtime", "version")),
        "runtime": _link_target(os.path.join(place, "runtime")),
        "active": _link_target(os.path.join(place, "bundle")),
        "previous": _link_target(os.path.join(place, "previous")),
    }


def _c_library() -> str:
    """Its name and version; nothing for musl, which doesn't tell."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (OSError, ValueError):
        return ""


def _absolute(home: str) -> str:
    return os.path.normpath(os.path.join(os.path.expanduser("~"), os.path.expanduser(home)))


def _first_line(path: str) -> str:
    try:
        with open(path, errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return ""


def _link_target(path: str) -> str | None:
    """The last part of what a link leads to; None: there is no link, or it leads nowhere."""
    if not (os.path.islink(path) and os.path.exists(path)):
        return None
    return os.path.basename(os.readlink(path))


def _links(path: str) -> int:
    return os.stat(path).st_nlink


def _names(folder: str) -> list[str]:
    """What is finished in a folder."""
    try:
        return [one for one in os.listdir(folder) if not one.endswith(PART)]
    except FileNotFoundError:
        return []


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for data in iter(lambda: file.read(CHUNK), b""):
            digest.update(data)
    return digest.hexdigest()


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.remove(path)


def _write(path: str, text: str, mode: int = 0o644) -> None:
    with open(path + PART, "w") as file:
        file.write(text)
        os.fsync(file.fileno())
    os.chmod(path + PART, mode)
    os.replace(path + PART, path)


def _put_in_place(stage: str, target: str) -> None:
    shutil.rmtree(target, ignore_errors=True)  # one that works nobody makes again
    os.rename(stage, target)


def _keep(folder: str) -> None:
    """See that what a folder lists is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _link_tree(source: str, target: str) -> None:
    for folder, _, files in os.walk(source):
        inside = os.path.normpath(os.path.join(target, os.path.relpath(folder, source)))
        os.makedirs(inside, exist_ok=True)
        for name in files:
            # Two wheels may bring the same file, such as an empty __init__.py.
            if not os.path.exists(os.path.join(inside, name)):
                os.link(os.path.join(folder, name), os.path.join(inside, name))


def _keep_only(folder: str, kept: Collection[str | None]) -> None:
    """Of what deploys put there: other names are somebody else's."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name not in kept and re.fullmatch("([0-9a-f]{12}|[0-9a-f]{64})([.]part)?", name):
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)


def _point(link: str, target: str) -> None:
    """Make a link lead somewhere else, in one step."""
    _remove(link + PART)
    os.symlink(target, link + PART)
    os.replace(link + PART, link)


def _exchange(one: str, other: str) -> None:
    """Let two links change places: in one step, but on a file system that has no such step."""
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None)
    paths = os.fsencode(one), os.fsencode(other)
    if renameat2 is None or renameat2(AT_FDCWD, paths[0], AT_FDCWD, paths[1], EXCHANGE):
        first, second = os.readlink(one), os.readlink(other)
        _point(one, second)
        _point(other, first)


def main(home: str) -> None:
    """Say what is here, then do as told."""
    os.umask(0o022)  # another user, such as that of a service, may read all of it
    agent = Agent(home, sys.stdin.buffer, sys.stdout.buffer)
    agent.say({"armlet": probe(home)})
    agent.serve()
