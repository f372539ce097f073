"""Golden vectors: what a device must answer to prove that it reproduces the workstation."""

import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from armlet.bundle import VECTORS
from armlet.export.answers import Answers, network_input
from armlet.preprocessing import Preprocessing, model_input, table
from armlet.scales import Scale
from armlet.storage import write_file


def write_golden(
    folder: Path, answers: Answers, preprocessing: Preprocessing, input_scale: Scale | None
) -> None:
    """Write the kept pictures and all that was made of them into a bundle.

    Args:
        folder: The bundle.
        answers: Of PyTorch and the files.
        preprocessing: What the network expects.
        input_scale: Of the int8 files' input; None if there are none.
    """
    for number, picture in enumerate(answers.pictures):
        _, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        write_file(folder / "golden" / f"{number:03}.png", data.tobytes())
    kept = len(answers.pictures)
    arrays: dict[str, NDArray[np.generic]] = {
        "inputs": np.concatenate(
            [network_input(picture, preprocessing) for picture in answers.pictures]
        ),
        "pytorch": answers.pytorch[:kept],
        **{path: logits[:kept] for path, logits in answers.files.items()},
    }
    if input_scale is not None:
        values = table(preprocessing, input_scale)
        arrays["inputs_int8"] = np.concatenate(
            [model_input(one, preprocessing, values, "NHWC") for one in answers.pictures]
        )
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_file(folder / VECTORS, buffer.getvalue())
