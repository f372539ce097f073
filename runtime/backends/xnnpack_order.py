"""Which operator of a .tflite file each kernel of the XNNPACK delegate stands for.

XNNPACK runs its kernels in the order of the file and tells no more than their names. Some
operators it takes into a neighbour, so they have no kernel of their own. There must be exactly
one way to read the kernels as the file's operators, or nothing is claimed.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

from armlet.runtime.backends.litert_events import IN_DELEGATE, OPERATOR, Event
from armlet.runtime.backends.tflite_operators import TfliteOperator

_ELEMENT_WISE: Mapping[str, str] = MappingProxyType(
    {
        "Abs": "ABS",
        "Add": "ADD",
        "Ceiling": "CEIL",
        "Clamp": "RELU RELU6 RELU_N1_TO_1",
        "Divide": "DIV",
        "ELU": "ELU",
        "Exp": "EXP",
        "Floor": "FLOOR",
        "GELU": "GELU",
        "HardSwish": "HARD_SWISH",
        "LeakyReLU": "LEAKY_RELU",
        "Log": "LOG",
        "Maximum": "MAXIMUM",
        "Minimum": "MINIMUM",
        "Multiply": "MUL",
        "Negate": "NEG",
        "PReLU": "PRELU",
        "Reciprocal Square Root": "RSQRT",
        "Sigmoid": "LOGISTIC",
        "Square": "SQUARE",
        "Square Root": "SQRT",
        "Squared Difference": "SQUARED_DIFFERENCE",
        "Subtract": "SUB",
        "TanH": "TANH",
    }
)
_OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "Average Pooling": "AVERAGE_POOL_2D",
        "Convert": "CAST DEQUANTIZE QUANTIZE",
        "Convolution": "CONV_2D DEPTHWISE_CONV_2D",
        "Constant Pad": "PAD PADV2",
        "Copy": "CONCATENATION EXPAND_DIMS RESHAPE SPLIT SPLIT_V SQUEEZE",
        "Deconvolution": "TRANSPOSE_CONV",
        "Depth To Space": "DEPTH_TO_SPACE",
        "Fully Connected": "CONV_2D FULLY_CONNECTED",
        "Max Pooling": "MAX_POOL_2D",
        "Mean": "MEAN",
        "Resize Bilinear": "RESIZE_BILINEAR",
        "Slice": "SLICE SPLIT SPLIT_V STRIDED_SLICE",
        "Softmax": "SOFTMAX",
        "Space To Depth": "SPACE_TO_DEPTH",
        "Static Expand Dims": "EXPAND_DIMS RESHAPE",
        "Static Reshape": "EXPAND_DIMS RESHAPE SQUEEZE",
        "Sum": "MEAN SUM",
        "Transpose": "TRANSPOSE",
    }
)
_KERNELS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        kernel: frozenset(kinds.split())
        for kernel, kinds in ({**_ELEMENT_WISE, **_OTHERS}).items()
    }
)
"""By the first words of a kernel's name: the operators that it may do the work of."""

_MAY_VANISH = frozenset(
    {
        *("PAD", "PADV2"),
        *("RELU", "RELU6", "RELU_N1_TO_1"),
        *("DENSIFY", "DEQUANTIZE", "EXPAND_DIMS", "RESHAPE", "SQUEEZE"),
    }
)
"""What XNNPACK may take into a neighbour: padding, clamping, and what moves nothing."""
_MAY_CLAMP = frozenset({"ADD", "DIV", "MAXIMUM", "MINIMUM", "MUL", "SUB"})
"""Operators whose activation may be a kernel of its own."""
_MAY_DROP_AXES = frozenset({"MEAN", "SUM"})
"""Operators that average axes away, for which there is a kernel of its own."""


def find_operators(
    operators: Sequence[TfliteOperator], events: Sequence[Event]
) -> Sequence[int] | None:
    """Read one run's events as operators.

    Returns:
        For each event the operator's position in the file; None if there is no way to read
        them, or more than one.
    """
    direct = {event.index for event in events if event.type == OPERATOR}
    if any(index >= len(operators) for index in direct):
        return None
    delegated = [index for index in range(len(operators)) if index not in direct]
    kernels = [event.tag for event in events if event.type == IN_DELEGATE]
    counts = _only_way([operators[index] for index in delegated], kernels)
    if counts is None:
        return None
    places = iter(
        index for index, count in zip(delegated, counts, strict=True) for _ in range(count)
    )
    order = [event.index if event.type == OPERATOR else next(places) for event in events]
    return order if _can_run(operators, order) else None


def _only_way(
    operators: Sequence[TfliteOperator], kernels: Sequence[str]
) -> Sequence[int] | None:
    """How many kernels each operator has, if order and names leave no choice."""
    # For each operator and each kernel that it may begin with: how many it may have.
    choices: list[dict[int, Sequence[int]]] = []
    begins = {0}
    for operator in operators:
        choices.append({one: _counts(operator, kernels[one : one + 2]) for one in begins})
        begins = {one + count for one, counts in choices[-1].items() for count in counts}
    # In how many ways the rest can be read from there on.
    ways = [{len(kernels): 1}]
    for options in reversed(choices):
        rest = ways[-1]
        ways.append(
            {
                one: sum(rest.get(one + count, 0) for count in counts)
                for one, counts in options.items()
            }
        )
    if ways[-1].get(0) != 1:
        return None
    found: list[int] = []
    for options, rest in zip(choices, reversed(ways[:-1]), strict=True):
        place = sum(found)
        found.append(next(count for count in options[place] if rest.get(place + count)))
    return found


def _counts(operator: TfliteOperator, kernels: Sequence[str]) -> Sequence[int]:
    """How many of the next (up to two) kernels may be one operator's."""
    counts = []
    # A grouped CONV_2D may be depthwise, too.
    kind = "DEPTHWISE_CONV_2D" if operator.work().depthwise else operator.kind
    fitting = [kind in _meaning(kernel) for kernel in kernels]
    if kind in _MAY_VANISH:
        counts.append(0)
    if fitting[:1] == [True]:
        dropped = kind in _MAY_DROP_AXES and (
            len(operator.outputs[0].shape) < len(operator.inputs[0].shape)
        )
        counts.append(2 if dropped and kernels[1:] == ["Static Reshape (NC)"] else 1)
        if kind in _MAY_CLAMP and kernels[1:] == ["Clamp (NC)"]:
            counts.append(2)
    elif kind == "FULLY_CONNECTED" and fitting == [False, True]:
        # What isn't flat is made so, and what isn't int8 is for int8 weights.
        flat = len(operator.inputs[0].shape) == 2
        if kernels[0].startswith("Convert" if flat else ("Convert", "Static Reshape")):
            counts.append(2)
    return counts


@cache
def _meaning(kernel: str) -> frozenset[str]:
    """The operators that a kernel may stand for, such as ``Convolution (NHWC, F32) DWConv``."""
    if kernel.endswith("DWConv"):
        return frozenset({"DEPTHWISE_CONV_2D"})
    return _KERNELS.get(kernel.split(" (")[0], frozenset())


def _can_run(operators: Sequence[TfliteOperator], order: Sequence[int]) -> bool:
    """Whether each operator has its inputs by the time it runs.

    Delegates may run parts of the file in another order than it has, and would be misread.
    """
    makers = {
        tensor.index: place
        for place, operator in enumerate(operators)
        for tensor in operator.outputs
    }
    vanished = frozenset(range(len(operators))) - frozenset(order)
    done: set[int] = set()

    def ready(place: int) -> bool:
        needed = {makers[one.index] for one in operators[place].inputs if one.index in makers}
        return all(one in done or (one in vanished and ready(one)) for one in needed)

    for place in order:
        if not ready(place):
            return False
        done.add(place)
    return True
