"""A .tflite file with metadata still runs, and its archive is one that others can read.

What the metadata says is read back with MediaPipe's own reader in tests/mediapipe_check.py.
"""

import json
import zipfile
from io import BytesIO

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from armlet.export.metadata import Identity
from armlet.export.tflite_metadata import ENTRY, metadata, with_labels
from armlet.preprocessing import Preprocessing

IDENTITY = Identity(
    network="colours",
    labels=["red", "grün", "sea, or sky"],
    preprocessing=Preprocessing(
        size=4, resize="squash", mean=(0.5, 0.4, 0.3), std=(0.25, 0.25, 0.2)
    ),
)


def buffer(data: bytes = b"") -> schema.BufferT:
    one = schema.BufferT()
    one.data = np.frombuffer(data, np.uint8) if data else None
    return one


def tensor(name: str, shape: list[int], kind: int, buffer: int = 0) -> schema.TensorT:
    one = schema.TensorT()
    one.name, one.shape, one.type, one.buffer = name, shape, kind, buffer
    return one


def mean_of_each_channel() -> bytes:
    """A network whose three logits are the means of red, green and blue."""
    operator = schema.OperatorT()
    operator.inputs, operator.outputs = [0, 1], [2]
    operator.builtinOptionsType = schema.BuiltinOptions.ReducerOptions
    operator.builtinOptions = schema.ReducerOptionsT()
    graph = schema.SubGraphT()
    graph.tensors = [
        tensor("input", [1, 4, 4, 3], schema.TensorType.FLOAT32),
        tensor("axes", [2], schema.TensorType.INT32, 1),
        tensor("logits", [1, 3], schema.TensorType.FLOAT32),
    ]
    graph.inputs, graph.outputs, graph.operators = [0], [2], [operator]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.MEAN
    entry = schema.MetadataT()
    entry.name, entry.buffer = ENTRY, 2
    model = schema.ModelT()
    model.version = 3
    model.operatorCodes, model.subgraphs, model.metadata = [code], [graph], [entry]
    axes = np.array([1, 2], np.int32).tobytes()
    model.buffers = [buffer(), buffer(axes), buffer(metadata(IDENTITY))]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def test_file_still_runs() -> None:
    interpreter = Interpreter(model_content=with_labels(mean_of_each_channel(), IDENTITY))
    interpreter.allocate_tensors()
    picture = np.broadcast_to(np.array([1, 2, 3], np.float32), (1, 4, 4, 3))
    interpreter.set_tensor(0, picture)
    interpreter.invoke()
    assert interpreter.get_tensor(2).tolist() == [[1, 2, 3]]


def test_archive_holds_labels_and_card() -> None:
    with zipfile.ZipFile(BytesIO(with_labels(mean_of_each_channel(), IDENTITY))) as archive:
        assert archive.testzip() is None
        assert archive.read("labels.txt").decode() == "red\ngrün\nsea, or sky\n"
        card = json.loads(archive.read("armlet.json"))
        # Readers that map the file can't inflate.
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
    assert card["labels"] == IDENTITY.labels
    assert Preprocessing.from_json(card["preprocessing"]) == IDENTITY.preprocessing


def test_metadata_has_the_identifier_of_the_standard() -> None:
    assert metadata(IDENTITY)[4:8] == b"M001"


def test_two_files_of_one_network_are_equal() -> None:
    assert with_labels(b"model", IDENTITY) == with_labels(b"model", IDENTITY)
