"""Random crops."""

import numpy as np

from armlet.export.crops import random_crops

PICTURES = np.random.default_rng(0).integers(0, 256, (40, 6, 6, 3), np.uint8)


def places(crop: np.ndarray, picture: np.ndarray, padding: int) -> list[tuple[int, int, bool]]:
    """Where in the padded picture, and whether mirrored, the crop can be found."""
    sides = ((padding, padding), (padding, padding), (0, 0))
    padded = np.pad(picture, sides, mode="reflect")
    size = len(crop)
    last = len(padded) - size + 1
    return [
        (top, left, mirrored)
        for top in range(last)
        for left in range(last)
        for mirrored in (False, True)
        if np.array_equal(
            padded[top : top + size, left : left + size][:, :: -1 if mirrored else 1], crop
        )
    ]


def test_crops_are_parts_of_the_padded_pictures_in_all_places() -> None:
    crops = random_crops(PICTURES, 5, 1, np.random.default_rng(1))
    assert crops.shape == (40, 5, 5, 3)
    found = [places(*pair, 1) for pair in zip(crops, PICTURES, strict=True)]
    assert all(found)
    tops, lefts, mirrored = zip(*(one[0] for one in found), strict=True)
    assert set(tops) == set(lefts) == {0, 1, 2, 3}
    assert 10 < sum(mirrored) < 30


def test_the_same_seed_gives_the_same_crops() -> None:
    once = random_crops(PICTURES, 6, 2, np.random.default_rng(2))
    again = random_crops(PICTURES, 6, 2, np.random.default_rng(2))
    other = random_crops(PICTURES, 6, 2, np.random.default_rng(3))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)
