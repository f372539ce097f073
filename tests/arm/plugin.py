"""The plugin of QEMU that counts instructions, compiled when it is needed."""

import hashlib
import subprocess
from pathlib import Path

from armlet.storage import write_file
from tests.arm.tools import ArmError, cache, require

SOURCE = Path(__file__).with_name("insn.c")
OPTIONS = ("-O2", "-Wall", "-fPIC", "-shared", "-fvisibility=hidden")


def compiled() -> Path:
    """The plugin for the present source.

    Raises:
        ArmError: There is no compiler, or it fails.
    """
    source = SOURCE.read_bytes()
    path = cache() / f"insn-{hashlib.sha256(source).hexdigest()[:12]}.so"
    if not path.exists():
        require("gcc")
        made = path.with_suffix(".partial")
        path.parent.mkdir(parents=True, exist_ok=True)
        command = ["gcc", *OPTIONS, "-o", str(made), str(SOURCE)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise ArmError(f"{SOURCE.name} can't be compiled ({done.stderr})", "mend it")
        write_file(path, made.read_bytes())
        made.unlink()
    return path
