"""A camera in an emulated machine that shows pictures of the test's own, and can be pulled out.

It is Linux's driver vivid: what is written to one of its devices comes out of the other, bit
for bit, as if an HDMI cable were between a player and a grabber.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from tests.arm.machine import Machine
from tests.arm.tools import ArmError

Picture = npt.NDArray[np.uint8]
"""[HEIGHT, WIDTH, 3] BGR."""
WIDTH, HEIGHT = 640, 480
DEVICE = "/dev/video0"
_PLAYER = "/dev/video1"
_PICTURE = PurePosixPath("/tmp/picture.bgr")  # in the machine's memory

# One node that captures from HDMI and one that puts out to it, without sound, radio and text.
_PLUG = f"""
modprobe vivid n_devs=1 node_types=0x101 num_inputs=1 input_types=3 num_outputs=1 output_types=1
for device in {DEVICE} {_PLAYER}; do
    until [ -c $device ]; do sleep 0.1; done
    chgrp video $device
    chmod 660 $device
    v4l2-ctl --device $device --set-dv-bt-timings index=0
done
v4l2-ctl --device {DEVICE} --set-ctrl loop_video=1,osd_text_mode=2
v4l2-ctl --device {_PLAYER} \
    --set-fmt-video-out width={WIDTH},height={HEIGHT},pixelformat=BGR3
"""
_PLAY = f"""
setsid v4l2-ctl --device {_PLAYER} --stream-out-mmap --stream-from {_PICTURE} --stream-loop \
    </dev/null >/dev/null 2>&1 &
echo $!
"""

# A webcam: several sizes, formats and rates, and a picture of its own.
_PLUG_WEBCAM = f"""
modprobe vivid n_devs=1 node_types=0x1 num_inputs=1 input_types=0 no_error_inj=1
until [ -c {DEVICE} ]; do sleep 0.1; done
chgrp video {DEVICE}
chmod 660 {DEVICE}
"""

# It would come back by itself when the last program that has it open closes it; so this one has
# it open until there is no node, and then the driver goes.
_UNPLUG = f"""
set -u
sleep 600 <{_PLAYER} &
v4l2-ctl --device {DEVICE} --set-ctrl disconnect=1
rm {DEVICE} {_PLAYER}
kill $! {{player}}
for one in $(seq 100); do
    modprobe --remove vivid && exit
    sleep 0.2
done
exit 1
"""


@dataclass
class Camera:
    """A camera of a machine, pulled out at first."""

    machine: Machine
    _player: str = ""
    """The process that plays its picture."""

    def plug(self, picture: Picture) -> None:
        """Put it in, so that it is ``DEVICE`` and shows a picture."""
        self._as_root("set -eu", _PLUG)
        self.show(picture)
        self._player = self._as_root(_PLAY).strip()

    def plug_webcam(self) -> None:
        """Put another one in: it shows a picture of its own, in whatever mode one asks for."""
        self._as_root("set -eu", _PLUG_WEBCAM)

    def show(self, picture: Picture) -> None:
        """Show another picture from now on; a frame or two may have parts of both."""
        if picture.shape != (HEIGHT, WIDTH, 3) or picture.dtype != np.uint8:
            raise ArmError(f"no camera shows {picture.dtype} {picture.shape}", "resize it")
        # Into the same file, which is being played.
        self._as_root(
            f"dd of={_PICTURE} bs=1M conv=notrunc status=none", input=picture.tobytes()
        )

    def unplug(self) -> None:
        """Pull it out: whoever has it open finds it gone, and so is its node."""
        self._as_root(_UNPLUG.format(player=self._player))

    def _as_root(self, *lines: str, input: bytes | None = None) -> str:
        return self.machine.run("\n".join(lines), user="root", input=input)
