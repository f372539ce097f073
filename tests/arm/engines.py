"""The runtimes whose instructions are counted, each as a Python program would call it.

An engine opens a file and returns a ``Feed``: given a picture, that prepares the input and
returns the call that is counted, from an array in the runtime's layout to an array of logits.
All compute in one thread. Their packages are imported when they are opened.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from armlet.runtime.backends import load_backend
from armlet.scales import Scale

Picture = NDArray[np.float32]
"""(1, 3, height, width), normalized."""
Call = Callable[[], NDArray[Any]]
Feed = Callable[[Picture], Call]
Arithmetic = Literal["float32", "float16", "int8"]
"""What a file may be computed in; float16: or in float32 where the processor has no other."""


def armlet(backend: str, path: Path, arithmetic: Arithmetic) -> Feed:
    """Through a session of edge-run's."""
    session = load_backend(backend).open(path, 1)
    spec = session.input

    def feed(picture: Picture) -> Call:
        tensor = _laid_out(picture, spec.layout == "NHWC", spec.element, spec.scale)
        return partial(session.run, tensor)

    return feed


def litert(path: Path, arithmetic: Arithmetic) -> Feed:
    """LiteRT's interpreter with its default delegate."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    element = np.dtype(source["dtype"]).name
    scale, zero = source["quantization"]
    step, shift = result["quantization"]

    def feed(picture: Picture) -> Call:
        nhwc = source["shape"][3] == picture.shape[1]
        tensor = _laid_out(picture, nhwc, element, Scale(scale=scale, zero_point=zero))

        def call() -> NDArray[Any]:
            interpreter.set_tensor(source["index"], tensor)
            interpreter.invoke()
            answer: NDArray[np.float32] = interpreter.get_tensor(result["index"])
            if step:
                answer = (answer - np.float32(shift)) * np.float32(step)
            return answer

        return call

    return feed


def onnx(path: Path, arithmetic: Arithmetic) -> Feed:
    """ONNX Runtime's session with its defaults."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name

    def feed(picture: Picture) -> Call:
        return lambda: np.asarray(session.run(None, {name: picture})[0])

    return feed


def ncnn(path: Path, arithmetic: Arithmetic) -> Feed:
    """ncnn; ``path`` is that of the .param file, beside which there is a .bin.

    As it comes it computes a float file in half precision where the processor has that.
    """
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = 1
    net.opt.use_vulkan_compute = False
    net.opt.lightmode = True
    net.opt.use_packing_layout = True
    if arithmetic == "float32":
        net.opt.use_fp16_packed = net.opt.use_fp16_storage = False
        net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
    net.load_param(str(path))
    net.load_model(str(path.with_suffix(".bin")))
    source, result = net.input_names()[0], net.output_names()[0]

    def feed(picture: Picture) -> Call:
        array = np.ascontiguousarray(picture[0])
        tensor = ncnn.Mat(array)

        def call() -> NDArray[Any]:
            array.shape  # noqa: B018  # keeps what the Mat points to
            extractor = net.create_extractor()
            extractor.input(source, tensor)
            return np.array(extractor.extract(result)[1])

        return call

    return feed


def mnn(path: Path, arithmetic: Arithmetic) -> Feed:
    """MNN's module interface; its low precision is half precision."""
    import MNN
    import MNN.expr

    precision = "low" if arithmetic == "float16" else "high"
    config = {"backend": "CPU", "numThread": 1, "precision": precision}
    manager = MNN.nn.create_runtime_manager((config,))
    module = MNN.nn.load_module_from_file(str(path), [], [], runtime_manager=manager)

    def feed(picture: Picture) -> Call:
        tensor = MNN.expr.placeholder(list(picture.shape), MNN.expr.NCHW)
        tensor.write(np.ascontiguousarray(picture))
        return lambda: np.array(module.forward(tensor).read())

    return feed


ENGINES: Mapping[str, Callable[[Path, Arithmetic], Feed]] = MappingProxyType(
    {
        "armlet, litert": partial(armlet, "litert"),
        "armlet, onnx": partial(armlet, "onnx"),
        "litert": litert,
        "onnx": onnx,
        "ncnn": ncnn,
        "mnn": mnn,
    }
)


def _laid_out(picture: Picture, nhwc: bool, element: str, scale: Scale | None) -> NDArray[Any]:
    """The picture as a file takes it: float32, or int8 or uint8 on a scale."""
    array = np.ascontiguousarray(picture.transpose(0, 2, 3, 1) if nhwc else picture)
    if element == "float32" or scale is None:
        return array
    low, high = np.iinfo(element).min, np.iinfo(element).max
    steps = np.round(array / np.float32(scale.scale)) + scale.zero_point
    return np.clip(steps, low, high).astype(element)
