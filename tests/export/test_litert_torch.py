"""Without its packages, the second way to TFLite says what to install.

With them it is run by tests/litert_torch_check.py.
"""

import sys

import pytest
from torch import nn

from armlet.errors import BackendError
from armlet.export.litert_torch import convert

pytestmark = pytest.mark.torch


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # None makes Python say that there is no such module, even where there is.
    monkeypatch.setitem(sys.modules, "litert_torch", None)
    with pytest.raises(
        BackendError, match=r"^litert_torch .*pip install 'armlet\[litert-torch"
    ):
        convert(nn.Identity(), 8, [])
