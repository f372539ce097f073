"""The two ways from a module to model files."""

from collections.abc import Sequence

from armlet.bundle import Format, Kind
from armlet.errors import OptionError
from armlet.export import litert_torch
from armlet.export.classifier import Classifier
from armlet.export.metadata import Identity
from armlet.export.pipeline import (
    Convert,
    Files,
    Job,
    Stages,
    calibration_inputs,
    convert_graph,
    no_calibration,
)
from armlet.export.tflite_metadata import described
from armlet.records import Precision


def route(via: str, formats: Sequence[Format]) -> Convert:
    """The function that makes the model files.

    Args:
        via: ``armlet`` or ``litert-torch``.
        formats: What is wanted.

    Raises:
        OptionError: That way doesn't lead to these formats.
    """
    if via == "armlet":
        return convert_graph
    if tuple(formats) != ("tflite",):
        raise OptionError("--via litert-torch writes TFLite only", "add --formats tflite")
    return convert_litert_torch


def precisions_of(
    wanted: Sequence[Precision] | None, via: str, formats: Sequence[Format]
) -> Sequence[Precision]:
    """The precisions to write.

    Args:
        wanted: By the user; None: all that there are.
        via: As for ``route``.
        formats: As for ``route``.

    Raises:
        OptionError: float16 is wanted where it can't be had.
    """
    half = via == "armlet" and "tflite" in formats
    if wanted is None:
        return ("float32", "float16", "int8") if half else ("float32", "int8")
    if "float16" in wanted and not half:
        if via != "armlet":
            raise OptionError(
                "float16 can't be had via litert-torch", "leave it out of --precisions"
            )
        raise OptionError(
            "float16 is written to TFLite alone",
            "leave it out of --precisions, or add tflite to --formats",
        )
    return wanted


def convert_litert_torch(classifier: Classifier, job: Job, stages: Stages) -> Files:
    """Convert through litert-torch and ai-edge-quantizer; nothing is known of the layers.

    Raises:
        BackendError: They aren't installed, or can't convert the network.
        CalibrationError: int8 is wanted and there are no pictures.
    """
    if "int8" in job.precisions and job.calibration is None:
        raise no_calibration()
    stages.progress("converting with litert-torch, which takes a minute")
    inputs = (
        calibration_inputs(job.calibration, classifier.preprocessing, stages.watch)
        if job.calibration
        else iter(())
    )
    made = litert_torch.convert(classifier.module, classifier.preprocessing.size, inputs)
    identity = Identity(
        network=classifier.network,
        labels=classifier.labels,
        preprocessing=classifier.preprocessing,
    )
    data = {
        Kind(format="tflite", precision=precision): described(made[precision], identity)
        for precision in job.precisions
    }
    scale = litert_torch.input_scale(made["int8"]) if "int8" in job.precisions else None
    return Files(data=data, layers=(), layers_int8=(), input_scale=scale)
