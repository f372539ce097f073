"""The processors that are emulated, and what Linux says of them in /proc/cpuinfo.

Runtimes pick their kernels by the features and the part number that stand there, so it must be
that of the processor that QEMU emulates; with the workstation's own, onnxruntime even crashes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_ARM = 0x41
_A72 = "fp asimd evtstrm crc32 cpuid"
_A76 = (
    "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc "
    "dcpop asimddp"
)


@dataclass(frozen=True, kw_only=True)
class Processor:
    """A processor of an ARM board."""

    title: str
    """For people."""
    board: str
    part: int
    """Arm's number for it."""
    features: str
    """As the board's Linux names them."""
    cores: int = 4

    @property
    def cpuinfo(self) -> str:
        """What /proc/cpuinfo holds."""
        blocks = (
            f"processor\t: {core}\n"
            "BogoMIPS\t: 108.00\n"
            f"Features\t: {self.features}\n"
            f"CPU implementer\t: {_ARM:#x}\n"
            "CPU architecture: 8\n"
            "CPU variant\t: 0x0\n"
            f"CPU part\t: {self.part:#x}\n"
            "CPU revision\t: 3\n\n"
            for core in range(self.cores)
        )
        return "".join(blocks)


PROCESSORS: Mapping[str, Processor] = MappingProxyType(
    {
        "cortex-a72": Processor(
            title="Cortex-A72", board="Raspberry Pi 4", part=0xD08, features=_A72
        ),
        "cortex-a76": Processor(
            title="Cortex-A76", board="Raspberry Pi 5", part=0xD0B, features=_A76
        ),
    }
)
"""By the name that QEMU has for each."""
