"""How a network is trained: everything that decides the outcome, and nothing else."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from armlet.errors import OptionError
from armlet.export.stem import Stem


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Some epochs at one picture size; small pictures first save most of the time."""

    size: int
    """Height and width of the random crops, in pixels."""
    epochs: int


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training run.

    Dense convolutions are trained by Muon, everything else by SGD with Nesterov momentum, both
    on a one-cycle schedule; crops are random, and mirrored half of the time; what is kept is
    a running average of the weights and of the batch norm statistics.
    """

    network: str
    """A name of ``networks.NETWORKS``."""
    stem: Stem
    size: int
    """Height and width of the network's input, in pixels."""
    phases: Sequence[Phase]
    """In this order; the last one is usually at ``size``."""
    batch: int = 128
    """Pictures a step."""
    muon_rate: float = 0.05
    """Highest learning rate of Muon."""
    muon_decay: float = 0.05
    """Weight decay of Muon, a part of the learning rate."""
    sgd_rate: float = 0.15
    """Highest learning rate of SGD."""
    sgd_decay: float = 5e-4
    """Weight decay of SGD; batch norm and biases have none."""
    momentum: float = 0.9
    """Of SGD."""
    warm_up: float = 0.2
    """Part of the run in which the learning rates rise, 0 to 1."""
    label_smoothing: float = 0.05
    padding: int = 4
    """Pixels by which pictures are extended (mirrored) before they are cropped."""
    average: float = 0.999
    """How much of the running average is kept at each step, 0 to 1."""
    seed: int = 0
    """Of the first weights, the order of pictures and the crops."""

    def __post_init__(self) -> None:
        """Refuse a recipe that can't be followed.

        Raises:
            OptionError: Sizes, epochs or the batch make no sense.
        """
        if not self.phases or any(phase.epochs < 1 or phase.size < 1 for phase in self.phases):
            raise OptionError("a phase of training has no epoch or no size", "give 1 or more")
        largest = max(phase.size for phase in self.phases)
        if largest > self.size:
            raise OptionError(
                f"crops of {largest} pixels are larger than the network's input, {self.size}",
                "choose smaller crops or a larger --input-size",
            )
        if self.batch < 2:
            raise OptionError("a batch has fewer than 2 pictures", "give 2 or more")

    @property
    def epochs(self) -> int:
        """Epochs of all phases."""
        return sum(phase.epochs for phase in self.phases)

    def size_in(self, epoch: int) -> int:
        """Height and width of the crops in an epoch (counted from 0), in pixels."""
        return [phase.size for phase in self.phases for _ in range(phase.epochs)][epoch]

    def to_json(self) -> dict[str, Any]:
        """The object that stands in cards."""
        return asdict(self) | {"phases": [asdict(phase) for phase in self.phases]}


def phases_from_text(text: str) -> tuple[Phase, ...]:
    """Read ``SIZE:EPOCHS,...``, for example ``24:12,32:8``.

    Raises:
        OptionError: It is something else.
    """
    try:
        pairs = [part.split(":") for part in text.split(",")]
        return tuple(Phase(size=int(size), epochs=int(epochs)) for size, epochs in pairs)
    except ValueError:
        raise OptionError(
            f"{text!r} are no phases of training", "give SIZE:EPOCHS,..., such as 24:12,32:8"
        ) from None
