"""A device with folders of its own, to see what edge-run leaves in which of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BACKENDS = ("litert", "onnx")


@dataclass(frozen=True)
class Places:
    """Fresh folders for everything that a process may write to."""

    root: Path

    def __post_init__(self) -> None:
        for one in (*map(Path, self.environment.values()), self.work, self.log.parent):
            one.mkdir(parents=True, exist_ok=True)

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables by which programs find these folders."""
        return {
            "HOME": str(self.root / "home"),
            "XDG_CACHE_HOME": str(self.root / "xdg/cache"),
            "XDG_CONFIG_HOME": str(self.root / "xdg/config"),
            "XDG_DATA_HOME": str(self.root / "xdg/data"),
            "XDG_STATE_HOME": str(self.root / "xdg/state"),
            "XDG_RUNTIME_DIR": str(self.root / "xdg/runtime"),
            "TMPDIR": str(self.root / "tmp"),
            "ARMLET_CACHE": str(self.root / "armlet-cache"),
        }

    @property
    def work(self) -> Path:
        """The current folder."""
        return self.root / "work"

    @property
    def log(self) -> Path:
        """The one file that is asked for."""
        return self.root / "logs/results.jsonl"

    def files(self) -> set[str]:
        """All that is there, relative to the root."""
        found = (path for path in self.root.rglob("*") if not path.is_dir())
        return {str(path.relative_to(self.root)) for path in found}

    def strays(self) -> set[str]:
        """What is neither the log nor in armlet's cache."""
        kept = str(self.log.relative_to(self.root))
        return {
            one for one in self.files() if one != kept and not one.startswith("armlet-cache/")
        }


def commands(backend: str, bundle: Path, picture: Path, log: Path) -> Sequence[Sequence[str]]:
    """Every command of edge-run, with a runtime, as short as it can be."""
    model, short = (str(bundle), "--backend", backend), ("--runs", "1", "--threads", "1")
    return [
        ("doctor",),
        ("verify", *model),
        ("bench", *model, "--precision", "int8", *short),
        ("profile", *model, *short),
        ("tune", *model, "--precision", "int8", "--force", *short),
        ("classify", *model, str(picture), "--log", str(log)),
    ]
