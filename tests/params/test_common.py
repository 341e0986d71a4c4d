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


@pytest.mark.parametrize(
    ("given", "near"),
    [("Shanghai", "Asia/Shanghai"), ("new york", "America/New_York"), ("Asia/Shangai", "Asia/Shanghai")],
)
def test_a_time_zone_is_one_that_there_is(given: str, near: str) -> None:
    with pytest.raises(ParamsError) as caught:
        CommonParams.from_cell({"time_zone": given})
    assert (
        f"`time_zone`: must be the IANA name of a time zone, such as Asia/Shanghai (Did you mean `{near}`?), found '{given}'"
    ) in str(caught.value)


def test_a_time_zone_reaches_whoever_loads() -> None:
    assert CommonParams(time_zone="Asia/Kolkata").delivery["time_zone"] == "Asia/Kolkata"
    assert CommonParams().delivery["time_zone"] is None
