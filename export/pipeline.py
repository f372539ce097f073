"""The whole way of an export: from a classifier to a bundle on disk.

The stages that other folders own come as arguments (``Stages``), so that no stage imports
another.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from armlet.bundle import MANIFEST, Accuracy, Format, Kind, Manifest, ModelFile, sha256
from armlet.errors import CalibrationError
from armlet.export import accuracy, check, pictures
from armlet.export.accuracy import OpenFile, Watch
from armlet.export.answers import Answer, ask, network_input
from armlet.export.classifier import IMAGENET, Classifier
from armlet.export.datasets import Dataset
from armlet.export.golden import write_golden
from armlet.export.layers import layers
from armlet.export.metadata import Identity
from armlet.export.passes import simplify
from armlet.export.read import read
from armlet.export.trace import trace
from armlet.export.versions import versions
from armlet.export.write import check_writable, kinds_of, write
from armlet.graph import Graph
from armlet.preprocessing import Picture, Preprocessing, decode
from armlet.quantization import Quantization, Ranges
from armlet.records import Layer, Precision
from armlet.scales import Scale
from armlet.storage import staged_folder, write_file, write_json

CHECK_PICTURES = 100
FEW_PICTURES = 32
FLOAT32 = Kind(format="onnx", precision="float32")
"""What int8 is calibrated with."""
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Stages:
    """What the export needs of other stages, and how it talks."""

    calibrate: Callable[[bytes, str, Iterable[NDArray[np.float32]]], Ranges]
    """Float32 ONNX, name of the output, inputs (1, 3, size, size): activation ranges."""
    input_range: Callable[[Preprocessing], tuple[float, float]]
    quantize: Callable[[Graph, Ranges], Quantization]
    open_file: OpenFile
    progress: Say
    """Told what is being done; may stay quiet."""
    notice: Say
    """Told what the user must know."""
    watch: Watch


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to export and how."""

    formats: Sequence[Format]
    precisions: Sequence[Precision]
    calibration: pictures.PictureFiles | None
    evaluation: Dataset | None
    options: Mapping[str, Any]
    """For the manifest."""


@dataclass(frozen=True, kw_only=True)
class Files:
    """Model files in memory, and what is known of their layers."""

    data: Mapping[Kind, bytes]
    layers: Sequence[Layer]
    layers_int8: Sequence[Layer]
    input_scale: Scale | None
    """Of the int8 files' input."""


Convert = Callable[[Classifier, Job, Stages], Files]


def export(
    classifier: Classifier, job: Job, target: Path, stages: Stages, convert: Convert
) -> Manifest:
    """Write a bundle, check every file against PyTorch, and measure accuracy if asked.

    Args:
        classifier: What to export.
        job: How.
        target: The bundle's folder; it appears only when it is complete.
        stages: The rest of the program.
        convert: Makes the model files; ``convert_graph`` unless another way was chosen.

    Raises:
        AgreementError: A file disagrees with PyTorch; the bundle is there all the same.
        ArmletError: Something else failed; no bundle is there.
    """
    made = convert(classifier, job, stages)
    with staged_folder(target, MANIFEST) as stage:
        files = [_write(stage, kind, data) for kind, data in made.data.items()]
        answers = {
            file.path: stages.open_file(stage, file, classifier.preprocessing) for file in files
        }
        stages.progress("checking every file against PyTorch")
        said = ask(classifier.module, classifier.preprocessing, answers, _to_check(job))
        write_golden(stage, said, classifier.preprocessing, made.input_scale)
        comparisons = {
            path: check.compare(said.pytorch, logits) for path, logits in said.files.items()
        }
        measured = _accuracy(job, answers, stages) if job.evaluation else {}
        manifest = Manifest(
            network=classifier.network,
            files=[file for file in files if file.variant is None],
            variants=[file for file in files if file.variant is not None],
            labels=classifier.labels,
            preprocessing=classifier.preprocessing,
            layers=made.layers,
            layers_int8=made.layers_int8,
            versions=versions(),
            options={**job.options, "weights": classifier.weights},
            check={file.path: comparisons[file.path].to_json(file.precision) for file in files},
            accuracy=measured,
        )
        write_json(stage / MANIFEST, manifest.to_json())
    faults = {
        file.path: what
        for file in files
        if (what := check.fault(comparisons[file.path], file.precision))
    }
    check.require_agreement(faults, str(target))
    return manifest


def convert_graph(classifier: Classifier, job: Job, stages: Stages) -> Files:
    """Trace, simplify, calibrate, quantize and write: armlet's own way.

    Raises:
        UnsupportedOperator: The network holds an operator that the writers don't know.
        CalibrationError: int8 is wanted and there is nothing to calibrate with.
    """
    quantized = "int8" in job.precisions
    if quantized and job.calibration is None and classifier.ranges is None:
        raise no_calibration()
    preprocessing = classifier.preprocessing
    stages.progress(f"tracing {classifier.network}")
    graph = simplify(read(trace(classifier.module, preprocessing.size)))
    check_writable(graph)
    _tell_of_shuffles(graph, stages)
    identity = Identity(
        network=classifier.network, labels=classifier.labels, preprocessing=preprocessing
    )
    quantization = None
    if quantized:
        ranges = _ranges(graph, identity, classifier, job, stages)
        stages.progress("quantizing to int8")
        quantization = stages.quantize(graph, ranges)
    return Files(
        data={
            kind: write(
                graph, kind, quantization if kind.precision == "int8" else None, identity
            )
            for kind in kinds_of(graph, job.formats, job.precisions)
        },
        layers=layers(graph, "float32"),
        layers_int8=layers(graph, "int8"),
        input_scale=quantization.activations[graph.input] if quantization else None,
    )


def _tell_of_shuffles(graph: Graph, stages: Stages) -> None:
    left = [node.name for node in graph.nodes if node.layer_kind == "shuffle"]
    if left:
        stages.notice(
            f"channel shuffles that stay, for grouped convolutions: {', '.join(left)}"
        )


def calibrate_module(module: nn.Module, inputs: NDArray[np.float32], stages: Stages) -> Ranges:
    """Activation ranges of a module on many inputs, (N, 3, size, size), for a card."""
    graph = simplify(read(trace(module, inputs.shape[-1])))
    identity = Identity(network="", labels=(), preprocessing=IMAGENET)
    return stages.calibrate(
        write(graph, FLOAT32, None, identity), graph.output, (one[None] for one in inputs)
    )


def no_calibration() -> CalibrationError:
    """The error for int8 without pictures or ranges."""
    return CalibrationError(
        "int8 needs pictures to calibrate with, and these weights come without ranges for this "
        "preprocessing",
        "give --calib DIR with some hundred typical pictures, or --precisions float32,float16",
    )


def calibration_inputs(
    files: pictures.PictureFiles, preprocessing: Preprocessing, watch: Watch
) -> Iterator[NDArray[np.float32]]:
    """Network inputs of calibration pictures, one at a time."""
    for picture in watch(files, "calibrating", len(files.paths)):
        yield network_input(picture, preprocessing)


def _ranges(
    graph: Graph, identity: Identity, classifier: Classifier, job: Job, stages: Stages
) -> Ranges:
    preprocessing = classifier.preprocessing
    if job.calibration is None:
        assert classifier.ranges is not None  # convert_graph has refused it
        stages.notice(
            f"int8 uses the activation ranges on the card of {classifier.weights}; "
            "--calib DIR calibrates on your own pictures"
        )
        measured = classifier.ranges
    else:
        count = len(job.calibration.paths)
        if count < FEW_PICTURES:
            stages.notice(
                f"warning: {count} pictures are few to calibrate with, "
                f"{FEW_PICTURES} or more are better"
            )
        inputs = calibration_inputs(job.calibration, preprocessing, stages.watch)
        measured = stages.calibrate(write(graph, FLOAT32, None, identity), graph.output, inputs)
    return {**measured, graph.input: stages.input_range(preprocessing)}


def _write(stage: Path, kind: Kind, data: bytes) -> ModelFile:
    write_file(stage / kind.file_name, data)
    return ModelFile(
        path=kind.file_name,
        format=kind.format,
        precision=kind.precision,
        variant=kind.variant,
        sha256=sha256(data),
        bytes=len(data),
    )


def _to_check(job: Job) -> list[Callable[[], Picture]]:
    """Functions that load the pictures for the check: the user's own, else armlet's."""
    if job.evaluation is not None:
        labelled = job.evaluation.pictures  # class after class: to be taken from the whole list
        count = min(CHECK_PICTURES, len(labelled))
        return [labelled[index * len(labelled) // count].load for index in range(count)]
    files = job.calibration or pictures.shipped()
    return [partial(decode, path) for path in files.spread(CHECK_PICTURES).paths]


def _accuracy(
    job: Job, answers: Mapping[str, Answer], stages: Stages
) -> Mapping[str, Accuracy]:
    assert job.evaluation is not None
    labelled = job.evaluation.pictures
    watched = stages.watch(labelled, "measuring accuracy", len(labelled))
    measured = accuracy.measure(answers, watched)
    for line in measured.unreadable:
        stages.notice(f"passed over {line}")
    return measured.accuracy
