"""The name of a processor, as the kernel tells it."""

from collections.abc import Sequence

# Arm's own cores by number; the kernel of a 64-bit board gives no name.
_ARM = "0x41"
_ARM_CORES = {
    "0xb76": "ARM1176",
    "0xc07": "Cortex-A7",
    "0xc08": "Cortex-A8",
    "0xc09": "Cortex-A9",
    "0xc0f": "Cortex-A15",
    "0xd03": "Cortex-A53",
    "0xd04": "Cortex-A35",
    "0xd05": "Cortex-A55",
    "0xd07": "Cortex-A57",
    "0xd08": "Cortex-A72",
    "0xd09": "Cortex-A73",
    "0xd0a": "Cortex-A75",
    "0xd0b": "Cortex-A76",
    "0xd0c": "Neoverse N1",
    "0xd41": "Cortex-A78",
    "0xd42": "Cortex-A78AE",
    "0xd44": "Cortex-X1",
    "0xd46": "Cortex-A510",
    "0xd47": "Cortex-A710",
    "0xd80": "Cortex-A520",
    "0xd81": "Cortex-A720",
}


def name_processor(lines: Sequence[tuple[str, str]]) -> str | None:
    """Names of its kinds of core.

    Args:
        lines: Of /proc/cpuinfo, as ``read_table`` reads them.

    Returns:
        None where it has none that is known.
    """
    cores = []
    maker = ""
    for key, value in lines:
        if key == "CPU implementer":
            maker = value
        elif key == "CPU part":
            cores.append(_ARM_CORES.get(value, "") if maker == _ARM else "")
    named = [core for core in cores if core] or [
        value for key, value in lines if key == "model name"
    ]
    return ", ".join(dict.fromkeys(named)) or None


def identify_processor(lines: Sequence[tuple[str, str]]) -> str | None:
    """The same in words that tell any two apart, the kernel's numbers where nobody gave names.

    Args:
        lines: Likewise.

    Returns:
        None where the kernel tells nothing.
    """
    kinds = [
        f"{key} {value}"
        for key, value in lines
        if key in ("CPU implementer", "CPU part", "cpu model", "uarch", "isa", "machine")
    ]
    return name_processor(lines) or ", ".join(dict.fromkeys(kinds)) or None


def has_amx(lines: Sequence[tuple[str, str]]) -> bool:
    """Whether an x86 processor multiplies int8 matrices, which is exact.

    Args:
        lines: Likewise.
    """
    return any(key == "flags" and "amx_int8" in value.split() for key, value in lines)
