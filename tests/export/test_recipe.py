"""Recipes of training runs."""

import json
from collections.abc import Sequence

import pytest

from armlet.errors import OptionError
from armlet.export.recipe import Phase, Recipe, phases_from_text


def recipe(phases: Sequence[Phase], batch: int = 128) -> Recipe:
    return Recipe(
        network="shufflenet_v2_x0_5", stem="cifar", size=32, phases=phases, batch=batch
    )


def test_phases_follow_each_other() -> None:
    phases = phases_from_text("24:2,32:1")
    assert phases == (Phase(size=24, epochs=2), Phase(size=32, epochs=1))
    one = recipe(phases)
    assert one.epochs == 3
    assert [one.size_in(epoch) for epoch in range(3)] == [24, 24, 32]
    assert json.loads(json.dumps(one.to_json()))["phases"][1] == {"size": 32, "epochs": 1}


@pytest.mark.parametrize("text", ["", "24", "24:x", "24:1:2", "24:1,"])
def test_text_that_is_no_phases_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="are no phases of training; give SIZE:EPOCHS"):
        phases_from_text(text)


def test_recipe_that_cannot_be_followed_is_refused() -> None:
    with pytest.raises(OptionError, match="no epoch"):
        recipe([])
    with pytest.raises(OptionError, match="no epoch"):
        recipe([Phase(size=32, epochs=0)])
    with pytest.raises(OptionError, match="crops of 33 pixels are larger than .* input, 32"):
        recipe([Phase(size=24, epochs=1), Phase(size=33, epochs=1)])
    with pytest.raises(OptionError, match="fewer than 2 pictures"):
        recipe([Phase(size=32, epochs=1)], batch=1)
