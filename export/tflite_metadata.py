"""TFLite Metadata: what other programs need to feed a .tflite file and to name its answers.

The standard has two halves. A flatbuffer (identifier ``M001``) stands in the model's buffer
that the metadata entry ``TFLITE_METADATA`` names; it describes the tensors. The files that it
mentions are a zip archive behind the model's own bytes: ``labels.txt``, one label a line, and
``armlet.json``, which carries what the standard has no field for (``unzip`` shows both).

Field numbers and enumerations are those of ``metadata_schema.fbs``, version 1.5.0, in
tensorflow/tflite-support. Everything used here was in its first version, hence ``PARSER``.
"""

import json
import zipfile
from enum import IntEnum
from io import BytesIO

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

import armlet
from armlet.export.metadata import Identity
from armlet.export.tflite_buffer import AlignedBuffer

ENTRY = "TFLITE_METADATA"
"""Name of the model's metadata entry."""
LABELS = "labels.txt"
CARD = "armlet.json"
PARSER = "1.0.0"
"""The oldest reader that understands every field."""


class _Model(IntEnum):
    NAME = 0
    DESCRIPTION = 1
    SUBGRAPHS = 3
    ASSOCIATED_FILES = 6
    MIN_PARSER_VERSION = 7


class _Subgraph(IntEnum):
    INPUTS = 2
    OUTPUTS = 3


class _Tensor(IntEnum):
    NAME = 0
    DESCRIPTION = 1
    CONTENT = 3
    PROCESS_UNITS = 4
    STATS = 5
    ASSOCIATED_FILES = 6


class _File(IntEnum):
    NAME = 0
    DESCRIPTION = 1
    TYPE = 2


class _Union(IntEnum):
    """The two fields of Content and of ProcessUnit."""

    TYPE = 0
    VALUE = 1


class _Normalization(IntEnum):
    MEAN = 0
    STD = 1


class _Stats(IntEnum):
    MAX = 0
    MIN = 1


_FEATURE_PROPERTIES, _IMAGE_PROPERTIES = 1, 2
_NORMALIZATION_OPTIONS = 1
_COLOR_SPACE, _RGB = 0, 1
_DESCRIPTIONS, _TENSOR_AXIS_LABELS = 1, 2


class _Writer:
    """A flatbuffer in the making; every method returns an offset in it."""

    def __init__(self) -> None:
        self.builder = flatbuffers.Builder(1024)

    def text(self, value: str) -> int:
        return int(self.builder.CreateString(value))

    def floats(self, values: NDArray[np.float64]) -> int:
        return int(self.builder.CreateNumpyVector(values.astype(np.float32)))

    def tables(self, *offsets: int) -> int:
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return int(self.builder.EndVector())

    def table(self, *offsets: tuple[int, int], code: tuple[int, int] | None = None) -> int:
        """A table of offsets and at most one one-byte enumeration, each after its field."""
        fields = [field for field, _ in (*offsets, *([code] if code else []))]
        self.builder.StartObject(max(fields, default=-1) + 1)
        if code:
            self.builder.PrependUint8Slot(*code, 0)
        for field, offset in offsets:
            self.builder.PrependUOffsetTRelativeSlot(field, offset, 0)
        return int(self.builder.EndObject())

    def file(self, name: str, description: str, type: int) -> int:
        return self.table(
            (_File.NAME, self.text(name)),
            (_File.DESCRIPTION, self.text(description)),
            code=(_File.TYPE, type),
        )

    def union(self, type: int, value: int) -> int:
        return self.table((_Union.VALUE, value), code=(_Union.TYPE, type))


def metadata(identity: Identity) -> bytes:
    """The flatbuffer for the model's buffer ``ENTRY``.

    Mean and standard deviation stand in units of the pixel values 0 to 255, as the standard
    wants them; so do an int8 file's, whose quantization its tensors tell.

    A variant's input is described as no picture, so that a program that only knows the standard
    refuses it, and doesn't feed it pictures the wrong way up.
    """
    writer = _Writer()
    subgraph = writer.table(
        (_Subgraph.INPUTS, writer.tables(_input(writer, identity))),
        (_Subgraph.OUTPUTS, writer.tables(_output(writer))),
    )
    card = writer.file(CARD, "Labels, preprocessing and origin as JSON", _DESCRIPTIONS)
    description = f"Image classifier exported by armlet {armlet.__version__}"
    if identity.variant is not None:
        description += f", {identity.variant}, for edge-run alone: see {CARD}"
    model = writer.table(
        (_Model.NAME, writer.text(identity.network)),
        (_Model.DESCRIPTION, writer.text(description)),
        (_Model.SUBGRAPHS, writer.tables(subgraph)),
        (_Model.ASSOCIATED_FILES, writer.tables(card)),
        (_Model.MIN_PARSER_VERSION, writer.text(PARSER)),
    )
    writer.builder.Finish(model, file_identifier=b"M001")
    return bytes(writer.builder.Output())


def with_labels(model: bytes, identity: Identity) -> bytes:
    """The model file with the archive that its metadata mentions behind it.

    Args:
        model: A TFLite flatbuffer; runtimes ignore what follows it.
        identity: What goes into the archive.
    """
    file = BytesIO(model)
    # Stored, not deflated: readers on devices map these files and have no inflater.
    with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        card = json.dumps(identity.to_json(), indent=2, ensure_ascii=False)
        for name, text in ((LABELS, "\n".join(identity.labels)), (CARD, card)):
            # ZipInfo's fixed date keeps two exports of one network equal.
            archive.writestr(zipfile.ZipInfo(name), text + "\n")
    return file.getvalue()


def described(model: bytes, identity: Identity) -> bytes:
    """A finished .tflite file of another program, with metadata and archive of ours."""
    unpacked = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model))
    entry = schema.MetadataT()
    entry.name, entry.buffer = ENTRY, len(unpacked.buffers)
    unpacked.metadata = [*(unpacked.metadata or []), entry]
    contents = [_content(one, model) for one in unpacked.buffers]
    contents.append(np.frombuffer(metadata(identity), np.uint8))
    unpacked.buffers = [AlignedBuffer(data) for data in contents]
    builder = flatbuffers.Builder(2 * len(model))
    builder.Finish(unpacked.Pack(builder), file_identifier=b"TFL3")
    return with_labels(bytes(builder.Output()), identity)


def _content(buffer: schema.BufferT, model: bytes) -> NDArray[np.uint8] | None:
    if buffer.size:  # it stands behind the flatbuffer, where our archive goes
        return np.frombuffer(model, np.uint8, buffer.size, buffer.offset)
    return None if buffer.data is None else np.asarray(buffer.data, np.uint8)


def _input(writer: _Writer, identity: Identity) -> int:
    mean = np.asarray(identity.preprocessing.mean)
    std = np.asarray(identity.preprocessing.std)
    stats = writer.table(
        (_Stats.MAX, writer.floats((1 - mean) / std)),
        (_Stats.MIN, writer.floats((0 - mean) / std)),
    )
    if identity.variant == "rotated":
        return writer.table(
            (_Tensor.NAME, writer.text("rotated_image")),
            (_Tensor.DESCRIPTION, writer.text("RGB, normalized, turned by 180 degrees")),
            (_Tensor.CONTENT, writer.union(_FEATURE_PROPERTIES, writer.table())),
            (_Tensor.STATS, stats),
        )
    normalization = writer.table(
        (_Normalization.MEAN, writer.floats(mean * 255)),
        (_Normalization.STD, writer.floats(std * 255)),
    )
    pixels = writer.table(code=(_COLOR_SPACE, _RGB))
    steps = writer.tables(writer.union(_NORMALIZATION_OPTIONS, normalization))
    return writer.table(
        (_Tensor.NAME, writer.text("image")),
        (_Tensor.DESCRIPTION, writer.text("RGB picture, normalized")),
        (_Tensor.CONTENT, writer.union(_IMAGE_PROPERTIES, pixels)),
        (_Tensor.PROCESS_UNITS, steps),
        (_Tensor.STATS, stats),
    )


def _output(writer: _Writer) -> int:
    labels = writer.file(LABELS, "One label a line", _TENSOR_AXIS_LABELS)
    return writer.table(
        (_Tensor.NAME, writer.text("logits")),
        (_Tensor.DESCRIPTION, writer.text("One logit for each label, no softmax")),
        (_Tensor.CONTENT, writer.union(_FEATURE_PROPERTIES, writer.table())),
        (_Tensor.ASSOCIATED_FILES, writer.tables(labels)),
    )
