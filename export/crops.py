"""Random crops and mirror images: what training sees instead of the same pictures each time."""

import numpy as np
from numpy.typing import NDArray


def random_crops(
    pictures: NDArray[np.uint8], size: int, padding: int, random: np.random.Generator
) -> NDArray[np.uint8]:
    """A random part of each picture, mirrored half of the time.

    Args:
        pictures: (N, H, W, 3), H equal to W.
        size: Height and width of the parts, at most H + 2 * padding.
        padding: Pixels by which each side is first extended with its own mirror image.
        random: Where the randomness comes from.

    Returns:
        (N, size, size, 3)
    """
    count, side = pictures.shape[:2]
    sides = (padding, padding)
    padded = np.pad(pictures, ((0, 0), sides, sides, (0, 0)), mode="reflect")
    places = side + 2 * padding - size + 1
    tops = random.integers(0, places, count)
    lefts = random.integers(0, places, count)
    mirrored = np.asarray(random.random(count) < 0.5)
    crops = np.empty((count, size, size, 3), np.uint8)
    for index in range(count):
        top, left = tops[index], lefts[index]
        crop = padded[index, top : top + size, left : left + size]
        crops[index] = crop[:, ::-1] if mirrored[index] else crop
    return crops
