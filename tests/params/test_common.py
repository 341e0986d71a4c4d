"""What every notebook is told: the limits of the data-health light, and parameters out of a cell."""

from __future__ import annotations

import pytest

from helpers.contract.health import Limits
from helpers.errors import ParamsError
from helpers.params import NOTEBOOKS, CommonParams


@pytest.mark.parametrize("model", NOTEBOOKS.values())
def test_every_notebook_can_light_its_data(model: type[CommonParams]) -> None:
    limits = Limits(**model(stale_days=7, hole_days=30).health_limits)
    assert (limits.stale_days, limits.hole_days) == (7, 30)


@pytest.mark.parametrize("model", NOTEBOOKS.values())
def test_a_light_turns_amber_before_it_turns_red(model: type[CommonParams]) -> None:
    with pytest.raises(ParamsError, match=r"`warn_share` 0.5 must not be above `alarm_share` 0.1"):
        model.from_cell({"warn_share": 0.5})


@pytest.mark.parametrize("model", NOTEBOOKS.values())
def test_a_cell_may_hold_other_names(model: type[CommonParams]) -> None:
    assert model.from_cell({"title": "Shop", "pd": object(), "_i1": "x"}).title == "Shop"
