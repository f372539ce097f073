"""What every model file says about itself, so that it works without its bundle.

An ONNX file carries it as ``metadata_props``, a TFLite file as ``tflite_metadata.py`` says.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import armlet
from armlet.bundle import Variant
from armlet.preprocessing import Preprocessing


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a model file is called, takes and answers."""

    network: str
    """Name of the network, or the factory it came from."""
    labels: Sequence[str]
    """One for each logit, in their order."""
    preprocessing: Preprocessing
    variant: Variant | None = None
    """Of the file, see ``armlet.bundle.Kind``."""

    def to_json(self) -> dict[str, Any]:
        """The object that a TFLite file carries as ``armlet.json``."""
        record = {
            "network": self.network,
            "labels": list(self.labels),
            "preprocessing": self.preprocessing.to_json(),
            "output": "logits",
            "armlet_version": armlet.__version__,
        }
        return record if self.variant is None else {**record, "variant": self.variant}


def properties(identity: Identity) -> Mapping[str, str]:
    """The ``metadata_props`` of an ONNX file.

    Returns:
        The members of ``Identity.to_json``: strings as they are, all else as JSON.
    """
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in identity.to_json().items()
    }
