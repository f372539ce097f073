"""What forms of a model file that are made on the device save of a cold start, in turn.

``make bench-cold-start`` runs this. The networks are those of ``rewrites.py``: ShuffleNet V2 at
224 pixels, random weights. Each way is a process of its own that imports a runtime, opens the
file and runs it once; they take turns. Printed are medians: milliseconds from the start of the
process to the answer, on the wall and of CPU time, and those of importing the runtime and of
opening the file in it. The answers of all ways of one runtime must be the same bits.
"""

import argparse
import datetime
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from armlet.bundle import Kind
from armlet.export.write import write
from armlet.graph import Graph
from armlet.quantization import Quantization
from armlet.runtime.backends import onnx
from armlet.runtime.kernel_files import read_table
from armlet.runtime.processor import has_amx
from tests.bench.rewrites import IDENTITY, PRECISIONS, graphs, table

START = """
import sys, time, zlib
import numpy as np
path, made, start = sys.argv[1], sys.argv[2], time.perf_counter()
def ramp(shape, kind):
    steps = np.arange(np.prod(shape), dtype=np.uint32).astype(np.uint8).reshape(shape)
    return steps / np.float32(255) if kind == np.float32 else steps.view(np.int8)
"""
END = """
print(imported - start, opened - imported, zlib.crc32(answer.tobytes()), time.process_time())
sys.stdout.flush(); import os; os._exit(0)
"""
ONNX = """
import onnxruntime
imported = time.perf_counter()
options = onnxruntime.SessionOptions(); options.intra_op_num_threads = 1
EXACT
if made:
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
model = onnxruntime.InferenceSession(made or path, options)
opened = time.perf_counter()
source = model.get_inputs()[0]
answer = model.run(None, {source.name: ramp(source.shape, np.float32)})[0]
"""
if has_amx(read_table(Path("/proc/cpuinfo"))):  # as edge-run does
    ONNX = ONNX.replace("EXACT", "")
else:
    exact = 'options.add_session_config_entry("session.x64quantprecision", "1")'
    ONNX = ONNX.replace("EXACT", exact)
INTERPRETER = """
from ai_edge_litert.interpreter import Interpreter
imported = time.perf_counter()
model = Interpreter(path, num_threads=1); model.allocate_tensors()
opened = time.perf_counter()
source, result = model.get_input_details()[0], model.get_output_details()[0]
model.set_tensor(source["index"], ramp(source["shape"], source["dtype"])); model.invoke()
answer = model.get_tensor(result["index"])
"""
COMPILED = """
from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.hardware_accelerator import HardwareAccelerator
from ai_edge_litert.options import CpuOptions, Options
imported = time.perf_counter()
cpu = CpuOptions(num_threads=1, xnnpack_weight_cache_path=made)
options = Options(hardware_accelerators=HardwareAccelerator.CPU, cpu_options=cpu)
model = CompiledModel.from_file(path, options=options)
sources, results = model.create_input_buffers(0), model.create_output_buffers(0)
opened = time.perf_counter()
kind = np.int8 if ".int8." in path else np.float32
sources[0].write(ramp((1, 224, 224, 3), kind)); model.run_by_index(0, sources, results)
answer = results[0].read(1000, kind)
"""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to start."""

    name: str
    program: str
    path: Path
    made: Path | None
    """The form of the file that is opened in its place or beside it."""

    def start(self) -> tuple[Sequence[float], str]:
        """Start it once.

        Returns:
            Seconds of all on the wall, of CPU, of importing and of opening; and the answer.
        """
        command = [sys.executable, "-c", START + self.program + END, str(self.path)]
        begin = time.perf_counter()
        done = subprocess.run(
            [*command, str(self.made or "")],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        wall = time.perf_counter() - begin
        imported, opened, answer, cpu = done.stdout.split()
        return (wall, float(cpu), float(imported), float(opened)), answer


def ways(graph: Graph, scales: Quantization | None, folder: Path) -> Sequence[Way]:
    """All ways to start the files of one network; float32 without scales, int8 with them."""
    onnx_file, tflite_file = kinds = [
        Kind(format=format, precision=PRECISIONS[bool(scales)]) for format in ("onnx", "tflite")
    ]
    for kind in kinds:
        (folder / kind.file_name).write_bytes(write(graph, kind, scales, IDENTITY))
    plain, litert = folder / onnx_file.file_name, folder / tflite_file.file_name
    optimised = folder / "optimised.onnx"
    optimised.write_bytes(onnx.prepare(plain, 1))
    weights = folder / "weights.bin"  # which the first start writes
    weights.unlink(missing_ok=True)
    return [
        Way(name="onnx", program=ONNX, path=plain, made=None),
        Way(name="onnx, optimised", program=ONNX, path=plain, made=optimised),
        Way(name="Interpreter", program=INTERPRETER, path=litert, made=None),
        Way(name="CompiledModel", program=COMPILED, path=litert, made=None),
        Way(name="  with weight cache", program=COMPILED, path=litert, made=weights),
    ]


def compare(title: str, measured: Sequence[Way], rounds: int) -> None:
    """Start all of them in turn and print a line for each."""
    times: list[list[Sequence[float]]] = [[] for _ in measured]
    answers: dict[str, set[str]] = {}
    for number in range(rounds + 1):  # the first fills the disk's cache
        for way, taken in zip(measured, times, strict=True):
            seconds, answer = way.start()
            answers.setdefault(way.path.suffix, set()).add(answer)
            if number:
                taken.append(seconds)
    assert all(len(one) == 1 for one in answers.values()), answers
    for way, taken in zip(measured, times, strict=True):
        wall, cpu, imported, opened = (
            statistics.median(column) * 1e3 for column in zip(*taken, strict=True)
        )
        print(
            f"{title}  {way.name:19}  all {wall:5.0f} ms  cpu {cpu:5.0f} ms  "
            f"import {imported:5.1f} ms  open {opened:5.1f} ms",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, one "
        f"thread, Python {sys.version.split()[0]}, {today}; medians of {options.rounds} rounds"
    )
    with tempfile.TemporaryDirectory(prefix="armlet-bench-") as name:
        folder = Path(name)
        for network in ("shufflenet_v2_x0_5", "shufflenet_v2_x1_0"):
            graph = graphs(network)[True]
            for precision, scales in zip(PRECISIONS, (None, table(graph)), strict=True):
                measured = ways(graph, scales, folder)
                compare(f"{network[-4:]} {precision:7}", measured, options.rounds)


if __name__ == "__main__":
    main()
