"""Who converts, who runs what, and where: the benchmark's tables."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from armlet.bundle import open_bundle

ROOT = Path(__file__).parents[3]
MAIN = "armlet"
"""The environment that this program itself runs in."""

Kind = Literal["armlet", "stock", "peer"]
"""Whose files: armlet's, those of the usual way to the same runtime, another engine's."""


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """A module in ``converters``, named as the folder that it fills."""

    name: str
    environment: str


@dataclass(frozen=True, kw_only=True)
class Runner:
    """An engine that runs the files of one folder."""

    kind: Kind
    runtime: str
    """As people call it."""
    engine: str
    """A module in ``engines``."""
    environment: str
    folder: str
    suffix: str
    """Of the files; what belongs to such a file stands beside it under the same stem."""


CONVERSIONS = (
    Conversion(name="armlet", environment=MAIN),
    Conversion(name="stock_onnx", environment=MAIN),
    Conversion(name="stock_litert", environment="litert-torch"),
    Conversion(name="ncnn", environment="ncnn"),
    Conversion(name="mnn", environment="mnn"),
    Conversion(name="openvino", environment="openvino"),
    Conversion(name="executorch", environment="executorch"),
)
"""In this order: MNN and OpenVINO take the stock ONNX file."""


def _runner(kind: Kind, runtime: str, environment: str, engine: str, files: str) -> Runner:
    folder, _, suffix = files.partition("/*")
    return Runner(
        kind=kind,
        runtime=runtime,
        engine=engine,
        environment=environment,
        folder=folder,
        suffix=suffix,
    )


RUNNERS = (
    _runner("armlet", "LiteRT", MAIN, "armlet", "armlet/*.tflite"),
    _runner("armlet", "ONNX Runtime", MAIN, "armlet", "armlet/*.onnx"),
    # With the runtime's own settings: edge-run asks for exact kernels, which cost time on x86.
    _runner("armlet", "ONNX Runtime", MAIN, "onnxruntime", "armlet/*.onnx"),
    _runner("armlet", "ONNX Runtime", "onnxruntime", "onnxruntime", "armlet/*.onnx"),
    _runner("armlet", "OpenVINO", "openvino", "openvino", "armlet/*.onnx"),
    _runner("stock", "LiteRT", MAIN, "litert", "stock_litert/*.tflite"),
    _runner("stock", "ONNX Runtime", MAIN, "onnxruntime", "stock_onnx/*.onnx"),
    _runner("stock", "ONNX Runtime", "onnxruntime", "onnxruntime", "stock_onnx/*.onnx"),
    _runner("peer", "ncnn", "ncnn", "ncnn", "ncnn/*.param"),
    _runner("peer", "MNN", "mnn", "mnn", "mnn/*.mnn"),
    _runner("peer", "OpenVINO", "openvino", "openvino", "openvino/*.xml"),
    _runner("peer", "ExecuTorch", "executorch", "executorch", "executorch/*.pte"),
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One file on one engine with so many threads."""

    network: str
    kind: Kind
    runtime: str
    engine: str
    environment: str
    file: str
    """Relative to the network's folder."""
    precision: str
    threads: int
    rotated: bool
    """Whether the file takes pictures turned by 180 degrees."""
    bytes: int
    """Of all files that belong together."""

    @property
    def plain(self) -> bool:
        """Whether this is its folder's file for the precision, and no variant of it."""
        return Path(self.file).name.count(".") == 1

    def to_json(self) -> dict[str, Any]:
        """The row as a JSON object."""
        return asdict(self)


def interpreter(environment: str) -> Path | None:
    """The Python of an environment; None where nobody has made it."""
    if environment == MAIN:
        return Path(sys.executable)
    name, made = f"bench-{environment}", "made"
    if environment == "litert-torch":
        name, made = environment, "dev"  # which has another use, and so another target
    folder = ROOT / f".venv-{name}"
    return folder / "bin" / "python" if (folder / made).exists() else None


def advice(environment: str) -> str:
    """What to run where an environment is missing."""
    return f"make bench-peers PEERS={environment}"


def find_rows(network: Path, threads: int) -> Sequence[Row]:
    """What can be run of a network's folder, in the order of ``RUNNERS``.

    Args:
        network: The folder with a folder for each conversion.
        threads: How many each engine may use.
    """
    return [
        Row(
            network=network.name,
            kind=runner.kind,
            runtime=runner.runtime,
            engine=runner.engine,
            environment=runner.environment,
            file=str(path.relative_to(network)),
            precision=precision,
            threads=threads,
            rotated=rotated,
            bytes=_bytes(path),
        )
        for runner in RUNNERS
        if interpreter(runner.environment)
        for path, precision, rotated in model_files(network / runner.folder, runner.suffix)
    ]


def model_files(folder: Path, suffix: str) -> Sequence[tuple[Path, str, bool]]:
    """Files with their precision, and whether they take rotated pictures."""
    if folder.name != "armlet":
        found = sorted(folder.glob(f"*{suffix}"))
        return [(path, path.name.partition(".")[0], False) for path in found]
    if not folder.exists():
        return []
    manifest = open_bundle(folder)[0].manifest
    return [
        (folder / one.path, one.precision, one.rotated)
        for one in manifest.all_files
        if one.path.endswith(suffix)
    ]


def _bytes(path: Path) -> int:
    parts = [path, path.with_suffix(".bin")] if path.suffix in (".param", ".xml") else [path]
    return sum(one.stat().st_size for one in parts)
