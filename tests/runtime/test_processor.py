import pytest

from armlet.runtime.processor import saturates_nowhere


@pytest.mark.parametrize(
    ("vendor", "flags", "exact"),
    [
        ("GenuineIntel", "fpu avx2 avx512_vnni amx_int8", True),
        ("GenuineIntel", "avx2 avx_vnni", True),
        ("GenuineIntel", "avx2 avx512f", False),
        ("AuthenticAMD", "avx2 avx512_vnni", False),
    ],
)
def test_only_intel_s_vnni_is_known_to_be_exact(vendor: str, flags: str, exact: bool) -> None:
    lines = [("processor", "0"), ("vendor_id", vendor), ("flags", flags)]
    assert saturates_nowhere(lines) is exact


def test_a_machine_that_tells_nothing_is_not_trusted() -> None:
    assert not saturates_nowhere([])
