"""Machines laid out as files, for what reads /sys and /proc."""

from collections.abc import Mapping
from pathlib import Path

CPU = "sys/devices/system/cpu/cpufreq"

PI_4 = {
    f"{CPU}/policy0/scaling_governor": "ondemand\n",
    f"{CPU}/policy0/scaling_cur_freq": "1500000\n",
    f"{CPU}/policy0/cpuinfo_max_freq": "1800000\n",
    f"{CPU}/policy0/affected_cpus": "0 1 2 3\n",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "48312\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "50005\n",
    "proc/loadavg": "0.42 0.30 0.11 1/180 1234\n",
    "proc/self/status": "Name:\tpython3\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\n",
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "proc/cpuinfo": "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\n"
    "CPU implementer\t: 0x41\nCPU part\t: 0xd08\n"
    "processor\t: 1\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n",
    "proc/meminfo": "MemTotal:        3884320 kB\nMemAvailable:    3276800 kB\n",
    "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
}
"""64-bit, under-voltage now; frequency capped in the past."""

PI_5 = {
    f"{CPU}/policy0/scaling_governor": "performance\n",
    f"{CPU}/policy0/scaling_cur_freq": "2400000\n",
    f"{CPU}/policy0/cpuinfo_max_freq": "2400000\n",
    f"{CPU}/policy0/affected_cpus": "0 1 2 3\n",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "60950\n",
    "proc/loadavg": "1.00 0.30 0.11 2/180 1234\n",
    "proc/self/status": "Cpus_allowed_list:\t0,2-3\n",
    "proc/cpuinfo": "Features\t: fp asimd fphp asimdhp asimddp\n"
    "CPU implementer\t: 0x41\nCPU part\t: 0xd0b\n",
}

LAPTOP = {
    f"{CPU}/policy0/scaling_governor": "powersave\n",
    f"{CPU}/policy0/scaling_cur_freq": "400123\n",
    f"{CPU}/policy0/cpuinfo_max_freq": "4700000\n",
    f"{CPU}/policy10/scaling_governor": "performance\n",
    f"{CPU}/policy10/scaling_cur_freq": "3500000\n",
    f"{CPU}/policy2/scaling_governor": "powersave\n",
    f"{CPU}/policy2/scaling_cur_freq": "800000\n",
    "sys/class/thermal/thermal_zone0/type": "acpitz\n",
    "sys/class/thermal/thermal_zone0/temp": "27800\n",
    "sys/class/thermal/thermal_zone1/type": "iwlwifi_1\n",
    "sys/class/thermal/thermal_zone1/temp": "99000\n",
    "sys/class/thermal/thermal_zone2/type": "x86_pkg_temp\n",
    "sys/class/thermal/thermal_zone2/temp": "55000\n",
    "proc/cpuinfo": "model name\t: Fast CPU @ 3.00GHz\nflags\t\t: fpu avx2 avx_vnni\n"
    "model name\t: Fast CPU @ 3.00GHz\n",
}

CAMERAS = {
    "dev/video0": "",
    "sys/class/video4linux/video0/name": "HD Webcam\n",
    "sys/class/video4linux/video0/dev": "81:0\n",
    "run/udev/data/c81:0": "S:v4l/by-id/x\nE:ID_V4L_CAPABILITIES=:capture:\n",
    "dev/video1": "",
    "sys/class/video4linux/video1/name": "HD Webcam\n",
    "sys/class/video4linux/video1/dev": "81:1\n",
    "run/udev/data/c81:1": "E:ID_V4L_CAPABILITIES=:\n",
    "dev/video10": "",
    "sys/class/video4linux/video10/name": "bcm2835-codec-decode\n",
    "dev/video2": "",
    "sys/class/video4linux/video2/name": "unicam-image\n",
}
"""A webcam with its second node, a Pi's decoder, and a camera on the ribbon cable."""


def lay_out(root: Path, files: Mapping[str, str]) -> Path:
    """Write the files under a folder that stands for ``/``."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
