"""A .tflite file with metadata still runs, and its archive is one that others can read.

What the metadata says is read back with MediaPipe's own reader in tests/mediapipe_check.py.
"""

import json
import zipfile
from io import BytesIO

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from armlet.export.metadata import Identity
from armlet.export.tflite_metadata import ENTRY, described, metadata, with_labels
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


def mean_of_each_channel(*, with_metadata: bool = True) -> bytes:
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
    model.operatorCodes, model.subgraphs = [code], [graph]
    axes = np.array([1, 2], np.int32).tobytes()
    model.buffers = [buffer(), buffer(axes)]
    if with_metadata:
        model.metadata = [entry]
        model.buffers.append(buffer(metadata(IDENTITY)))
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


@pytest.mark.parametrize(
    "model",
    [
        with_labels(mean_of_each_channel(), IDENTITY),
        described(mean_of_each_channel(with_metadata=False), IDENTITY),
    ],
    ids=["ours", "of another program"],
)
def test_file_still_runs(model: bytes) -> None:
    interpreter = Interpreter(model_content=model)
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


def test_file_of_another_program_gets_the_same_metadata_and_archive() -> None:
    ours = with_labels(mean_of_each_channel(), IDENTITY)
    other = described(mean_of_each_channel(with_metadata=False), IDENTITY)
    for data in (ours, other):
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data))
        (entry,) = model.metadata
        assert entry.name == ENTRY.encode()
        assert bytes(model.buffers[entry.buffer].data) == metadata(IDENTITY)
        with zipfile.ZipFile(BytesIO(data)) as archive:
            assert archive.namelist() == ["labels.txt", "armlet.json"]


def test_constants_are_aligned_as_the_schema_asks() -> None:
    data = described(mean_of_each_channel(with_metadata=False), IDENTITY)
    table = np.frombuffer(data, np.uint8)
    model = schema.Model.GetRootAs(data)
    constants = [model.Buffers(index).DataAsNumpy() for index in (1, 2)]
    starts = [
        one.__array_interface__["data"][0] - table.__array_interface__["data"][0]
        for one in constants
    ]
    assert [start % 16 for start in starts] == [0, 0]


def test_two_files_of_one_network_are_equal() -> None:
    assert with_labels(b"model", IDENTITY) == with_labels(b"model", IDENTITY)
