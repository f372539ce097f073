"""What the shape of a model's input says: where channels, height and width stand."""

from collections.abc import Sequence
from pathlib import Path

from armlet.errors import BackendError, OptionError
from armlet.preprocessing import Layout
from armlet.runtime.session import CLASSIFIER, Element, Given, InputSpec
from armlet.scales import Scale

Shape = Sequence[int | None]
"""None: the file leaves that length open."""

_CHANNELS: dict[Layout, int] = {"NCHW": 1, "NHWC": 3}
"""Position of the channels."""


def read_shape(
    path: Path, shape: Shape, element: Element, scale: Scale | None, given: Given
) -> InputSpec:
    """Describe a model's input.

    Args:
        path: The model file, for messages.
        shape: Of its input.
        element: What the input is made of.
        scale: How it is quantized.
        given: What decides where the shape leaves something open.

    Raises:
        BackendError: The input is no batch of one picture.
        OptionError: An option is needed, or contradicts the file.
    """
    shown = f"[{', '.join('?' if length is None else str(length) for length in shape)}]"
    takes = f"{path} takes a tensor of shape {shown}"
    if len(shape) != 4:
        raise BackendError(f"{takes}, not a batch of pictures", CLASSIFIER)
    if shape[0] not in (1, None):
        raise BackendError(
            f"{takes}, {shape[0]} pictures at once", "export it for one picture at a time"
        )
    layout = _layout(takes, shape, given.layout)
    height, width = shape[2:] if layout == "NCHW" else shape[1:3]
    height, width = height or given.height, width or given.width
    if height is None or width is None:
        raise OptionError(f"{takes}, pictures of any size", "say with --input-size which")
    return InputSpec(
        layout=layout,
        height=height,
        width=width,
        channels=shape[_CHANNELS[layout]] or 3,
        element=element,
        scale=scale,
    )


def _layout(takes: str, shape: Shape, wanted: Layout | None) -> Layout:
    for channels in (3, 1, None):
        fitting = [one for one, place in _CHANNELS.items() if shape[place] == channels]
        if wanted in fitting:
            return wanted
        if len(fitting) == 1 and wanted is None:
            return fitting[0]
        if fitting and wanted is None:
            raise OptionError(
                f"{takes}", "say with --layout where its channels are: NCHW or NHWC"
            )
    if wanted is not None:
        raise OptionError(f"{takes}, which is not {wanted}", "drop --layout or give the other")
    raise BackendError(f"{takes}, which has neither 3 channels (RGB) nor 1 (grey)", CLASSIFIER)
