"""A program that stands in for rpicam-vid, which only runs on a Raspberry Pi with a camera.

It takes the options that rpicam-apps documents, and no others, and writes real JPEGs.
"""

import sys
from pathlib import Path

SENSORS = """\
Available cameras
-----------------
0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)
    Modes: 'SRGGB10_CSI2P' : 640x480 [206.65 fps - (1000, 752)/1280x960 crop]
                             1640x1232 [41.85 fps - (0, 0)/3280x2464 crop]
           'SRGGB8' : 640x480 [206.65 fps - (1000, 752)/1280x960 crop]
1 : imx477 [4056x3040 12-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx477@1a)
    Modes: 'SRGGB10_CSI2P' : 1332x990 [120.05 fps - (696, 528)/2664x1980 crop]
"""

_PROGRAM = """\
#!{python}
import argparse, os, subprocess, sys, time

import cv2
import numpy as np

parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("--codec", choices=["h264", "libav", "mjpeg", "yuv420"], default="h264")
parser.add_argument("--quality", type=int, default=50)
parser.add_argument("--output", required=True)
parser.add_argument("--flush", action="store_true")
parser.add_argument("--timeout", default="5sec")
parser.add_argument("--nopreview", action="store_true")
parser.add_argument("--width", type=int, default=0)
parser.add_argument("--height", type=int, default=0)
parser.add_argument("--framerate", type=float, default=-1)
parser.add_argument("--camera", type=int, default=0)
asked = parser.parse_args()
assert asked.codec == "mjpeg" and asked.output == "-" and asked.timeout == "0" and asked.flush


def say(line):
    print(line, file=sys.stderr, flush=True)


def shot(number):
    pixels = np.full((asked.height, asked.width, 3), 10 * number, np.uint8)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def show(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


say("[0:19:06.390293141] [2746]  INFO Camera camera_manager.cpp:293 libcamera v0.0.1+54")
if asked.camera > 1:
    say("ERROR: *** selected camera is not available ***")
    sys.exit(255)
{act}
"""


def install(folder: Path, act: str, name: str = "rpicam-vid") -> Path:
    """Put the program into a folder.

    Args:
        folder: To be found on PATH.
        act: Python code of what it does, with ``asked``, ``say``, ``shot`` and ``show``.
        name: Its own.
    """
    return _write(folder / name, _PROGRAM.format(python=sys.executable, act=act))


def install_tool(folder: Path, act: str, name: str = "rpicam-hello") -> Path:
    """Likewise the tool that lists cameras; its act is a shell's."""
    return _write(folder / name, f'#!/bin/sh\n[ "$*" = --list-cameras ] || exit 9\n{act}\n')


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path
