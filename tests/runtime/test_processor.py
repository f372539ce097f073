from armlet.runtime.processor import has_amx


def test_amx_is_one_of_the_flags() -> None:
    lines = [("processor", "0"), ("flags", "fpu avx2 avx512_vnni amx_tile amx_int8")]
    assert has_amx(lines)
    assert not has_amx([("flags", "fpu avx2 avx512_vnni amx_int8_later")])
    assert not has_amx([("model name", "amx_int8")])
