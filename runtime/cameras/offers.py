"""What a camera offers, asked of the kernel: formats, sizes and frame rates."""

import fcntl
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from armlet.runtime.cameras.modes import Offer

Ask = Callable[[int, bytearray], object]
"""Puts a question to a driver, which answers in the same bytes; OSError: it has no answer."""

# Of Linux's <linux/videodev2.h>. None of these structures has a pointer or a long in it, so
# they are the same on 32 and on 64 bits.
QUERYCAP = 0x80685600
ENUM_FMT = 0xC0405602
ENUM_FRAMESIZES = 0xC02C564A
ENUM_FRAMEINTERVALS = 0xC034564B
REQUEST_BUFFERS = 0xC0145608
_LETTERS = 0x7FFFFFFF
"""Of a format's code; the bit beyond tells that its values are big-endian."""
_BIG_ENDIAN = "-BE"
_NO_BUFFERS = struct.pack("=5I", 0, 1, 1, 0, 0)
_CAPABILITY = struct.Struct("=16s32s32s3I12x")
_FORMAT = struct.Struct("=3I32sI16x")
_SIZES = struct.Struct("=3I6I8x")
_RATES = struct.Struct("=5I6I8x")
_VIDEO_CAPTURE = 1
_DEVICE_CAPS = 0x80000000
_DISCRETE = 1
_MOST = 256
"""Answers to one question; a driver that goes on and on is broken."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """One size, or all of a grid."""

    widths: range
    """In pixels, as for ``heights``."""
    heights: range

    def nearest(self, width: int, height: int) -> tuple[int, int]:
        """The one next to this."""
        return _nearest(self.widths, width), _nearest(self.heights, height)


@dataclass(frozen=True, kw_only=True)
class Format:
    """How a camera codes pictures, and in which sizes."""

    fourcc: str
    """Such as MJPG."""
    sizes: Sequence[Sizes]
    """Empty: nothing tells."""


def asker(node: int) -> Ask:
    """Puts questions to the driver of an open device.

    Args:
        node: Its file descriptor.
    """
    return lambda request, data: fcntl.ioctl(node, request, data, True)


def captures(ask: Ask) -> bool | None:
    """Whether pictures can be taken from this node; None: its driver doesn't tell."""
    data = bytearray(_CAPABILITY.size)
    try:
        ask(QUERYCAP, data)
    except OSError:
        return None
    *_, of_all_nodes, of_this = _CAPABILITY.unpack(data)
    return bool((of_this if of_all_nodes & _DEVICE_CAPS else of_all_nodes) & _VIDEO_CAPTURE)


def see_that_it_is_free(ask: Ask) -> None:
    """Ask for no buffers, in shared memory, which changes nothing.

    Raises:
        OSError: Another program has some (EBUSY), or it gives no pictures at all.
    """
    ask(REQUEST_BUFFERS, bytearray(_NO_BUFFERS))


def read_formats(ask: Ask) -> Sequence[Format]:
    """All formats with their sizes; none if the driver doesn't tell."""
    found = []
    for data in _answers(ask, ENUM_FMT, _FORMAT, (_VIDEO_CAPTURE,)):
        code = _FORMAT.unpack(data)[4]
        found.append(Format(fourcc=fourcc_of(code), sizes=list(_sizes(ask, code))))
    return found


def fourcc_of(code: int) -> str:
    """What people call the kernel's code for a format: MJPG, or Y16-BE for a big-endian one."""
    letters = (code & _LETTERS).to_bytes(4, "little").decode("ascii", "replace").rstrip()
    return letters if code == code & _LETTERS else letters + _BIG_ENDIAN


def code_of(fourcc: str) -> int:
    """The kernel's code for a format that ``fourcc_of`` named."""
    letters = fourcc.removesuffix(_BIG_ENDIAN)
    code = int.from_bytes(letters.encode("ascii", "replace").ljust(4), "little")
    return code if letters == fourcc else code + _LETTERS + 1


def read_offer(ask: Ask, fourcc: str, width: int, height: int) -> Offer:
    """A format in a size, with its frame rates.

    Args:
        ask: Its driver.
        fourcc: Such as MJPG.
        width: In pixels, as for ``height``.
        height: Likewise.
    """
    code = code_of(fourcc)
    rates: list[float] = []
    between = False
    for data in _answers(ask, ENUM_FRAMEINTERVALS, _RATES, (code, width, height)):
        kind, *times = _RATES.unpack(data)[4:]
        # Seconds a frame: numerator and denominator, of the least and, in a range, of the most.
        pairs = [times[:2]] if kind == _DISCRETE else [times[:2], times[2:4]]
        rates += [below / above for above, below in pairs if above and below]
        if kind != _DISCRETE:
            between = True
            break
    return Offer(fourcc=fourcc, width=width, height=height, rates=rates, between=between)


def offers_near(ask: Ask, width: int, height: int) -> Sequence[Offer]:
    """All offers; of a grid of sizes the nearest to this, in pixels."""
    return [
        read_offer(ask, one.fourcc, *sizes.nearest(width, height))
        for one in read_formats(ask)
        for sizes in one.sizes or [Sizes(widths=_only(width), heights=_only(height))]
    ]


def _sizes(ask: Ask, code: int) -> Iterator[Sizes]:
    for data in _answers(ask, ENUM_FRAMESIZES, _SIZES, (code,)):
        kind, *numbers = _SIZES.unpack(data)[2:]
        if kind == _DISCRETE:
            yield Sizes(widths=_only(numbers[0]), heights=_only(numbers[1]))
            continue
        least_width, most_width, wide, least_height, most_height, high = numbers
        yield Sizes(
            widths=range(least_width, most_width + 1, wide or 1),
            heights=range(least_height, most_height + 1, high or 1),
        )
        return  # a grid is the only answer


def _answers(
    ask: Ask, request: int, layout: struct.Struct, subject: Sequence[int]
) -> Iterator[bytearray]:
    """Ask for the first, the second, ... until the driver refuses."""
    for index in range(_MOST):
        data = bytearray(layout.size)
        struct.pack_into(f"={1 + len(subject)}I", data, 0, index, *subject)
        try:
            ask(request, data)
        except OSError:
            return
        yield data


def _only(number: int) -> range:
    return range(number, number + 1)


def _nearest(numbers: range, number: int) -> int:
    if not numbers:
        return number
    steps = round((number - numbers.start) / numbers.step)
    return numbers[min(max(steps, 0), len(numbers) - 1)]
