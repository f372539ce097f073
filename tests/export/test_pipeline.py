"""What only shows from outside the command: which pictures the check looks at."""

from functools import partial

import numpy as np
import pytest

from armlet.export.datasets import Dataset, LabelledPicture
from armlet.export.pipeline import CHECK_PICTURES, Job, _to_check

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(("count", "checked"), [(3, 3), (100, 100), (199, 100), (1000, 100)])
def test_the_check_looks_at_every_class(count: int, checked: int) -> None:
    pictures = tuple(
        LabelledPicture(
            name=str(number),
            target=0,
            load=partial(np.full, (1, 1, 3), number * 255 // count, np.uint8),
        )
        for number in range(count)
    )
    job = Job(
        formats=("onnx",),
        precisions=("float32",),
        calibration=None,
        evaluation=Dataset(labels=("a",), pictures=pictures),
        options={},
    )
    values = [int(load()[0, 0, 0]) for load in _to_check(job)]
    assert len(values) == checked <= CHECK_PICTURES
    assert values[0] == 0
    assert values[-1] >= 255 * (checked - 1) // checked - 3  # the last classes are among them
