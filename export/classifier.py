"""What is to be exported: a module with weights, labels and preprocessing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from armlet.cache import cache_folder
from armlet.errors import NetworkError, OptionError
from armlet.export import cards, factory, networks, published, weights
from armlet.export.stem import Stem
from armlet.labels import read_labels
from armlet.preprocessing import Preprocessing, Resize, Triple
from armlet.quantization import Ranges

IMAGENET = Preprocessing(
    size=224, resize="squash", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)
"""What a network expects of which nothing else is said."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the options say; None is "by default"."""

    network: str
    """A name of ``networks.NETWORKS``, or ``package.module:factory``."""
    weights: str | None = None
    """A file, ``imagenet`` or a name of shipped weights."""
    labels: Path | None = None
    stem: Stem | None = None
    input_size: int | None = None
    resize: Resize | None = None
    mean: Triple | None = None
    std: Triple | None = None


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """A network that is ready to be traced."""

    network: str
    module: nn.Module
    """In eval mode; (1, 3, size, size) float32 to logits (1, classes)."""
    labels: Sequence[str]
    preprocessing: Preprocessing
    stem: Stem | None
    """How it begins; None for a network from a factory."""
    weights: str
    """Where its weights come from, in words."""
    ranges: Ranges | None
    """Activation ranges from the weights' card, where they hold for this very export."""


def resolve(wish: Wish) -> Classifier:
    """Find or make what the options ask for.

    Raises:
        ArmletError: The network, weights or labels can't be had or don't fit one another.
    """
    labels = read_labels(wish.labels) if wish.labels else None
    classifier = (
        _from_factory(wish, labels) if ":" in wish.network else _from_registry(wish, labels)
    )
    expected = classifier.preprocessing
    wanted = replace(
        expected,
        size=wish.input_size or expected.size,
        resize=wish.resize or expected.resize,
        mean=wish.mean or expected.mean,
        std=wish.std or expected.std,
    )
    same = wanted == expected
    classifier = replace(
        classifier, preprocessing=wanted, ranges=classifier.ranges if same else None
    )
    classes = _count_classes(classifier)
    names = labels or classifier.labels or [f"class {index}" for index in range(classes)]
    if len(names) != classes:
        raise OptionError(
            f"{len(names)} labels for a network of {classes} classes",
            f"give --labels a file with {classes} lines",
        )
    return replace(classifier, labels=names)


def _from_registry(wish: Wish, labels: Sequence[str] | None) -> Classifier:
    networks.find(wish.network)
    name = wish.weights or cards.default_weights(wish.network)
    if name in cards.SHIPPED:
        card, path = cards.shipped(name, wish.network)
        stem = wish.stem or card.stem
        return Classifier(
            network=wish.network,
            module=_fit(wish.network, stem, path, labels or card.labels, name),
            labels=card.labels,
            preprocessing=card.preprocessing,
            stem=stem,
            weights=name,
            ranges=card.ranges if stem == card.stem else None,
        )
    path = published.fetch(wish.network, cache_folder()) if name == "imagenet" else Path(name)
    stem = wish.stem or "imagenet"
    return Classifier(
        network=wish.network,
        module=_fit(wish.network, stem, path, labels, str(path)),
        labels=(),
        preprocessing=IMAGENET,
        stem=stem,
        weights=name if name == "imagenet" else path.name,
        ranges=None,
    )


def _fit(
    network: str, stem: Stem, path: Path, labels: Sequence[str] | None, source: str
) -> nn.Module:
    classes = len(labels) if labels is not None else None
    return weights.fit(network, stem, weights.read(path), source, classes)


def _from_factory(wish: Wish, labels: Sequence[str] | None) -> Classifier:
    if wish.stem is not None:
        raise OptionError("--stem is for armlet's own networks", "drop it")
    module = factory.make(wish.network)
    source = "as the factory made them"
    if wish.weights is not None:
        path = Path(wish.weights)
        weights.load(module, wish.network, weights.read(path), str(path))
        source = path.name
    return Classifier(
        network=wish.network,
        module=module,
        labels=(),
        preprocessing=IMAGENET,
        stem=None,
        weights=source,
        ranges=None,
    )


def _count_classes(classifier: Classifier) -> int:
    """Run the network once: how many logits there are, and whether it runs at all."""
    size = classifier.preprocessing.size
    try:
        with torch.no_grad():
            logits = classifier.module(torch.zeros(1, 3, size, size))
    except Exception as error:  # whatever somebody's module raises
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise NetworkError(
            f"{classifier.network} can't run a picture of {size} pixels ({reason})",
            f"see that it takes float32 (1, 3, {size}, {size}), or give another --input-size",
        ) from error
    shape = list(getattr(logits, "shape", ()))
    if len(shape) != 2 or shape[0] != 1:
        found = f"a tensor of shape {shape}" if shape else f"a {type(logits).__name__}"
        raise NetworkError(
            f"{classifier.network} returns {found} for one picture, not [1, classes]",
            "give a classifier that returns one tensor of logits",
        )
    return int(shape[1])
