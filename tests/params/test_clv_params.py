"""What the notebook on lifetime value refuses before anything runs."""

from __future__ import annotations

import pytest

from helpers.errors import ParamsError
from helpers.params import ClvParams
from helpers.validation import validated


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"tier_shares": [0.8, 0.5]}, "`tier_shares` must rise between 0 and 1, found [0.8, 0.5]"),
        ({"value_months": [24, 12]}, "`value_months` must rise from 1 month on, found [24, 12]"),
        ({"value_months": [0, 12]}, "`value_months.0`: input should be greater than or equal to 1, found 0"),
        ({"forecast_weeks": 13, "forecast_count": 5}, "`forecast_count` 5 periods of 13 weeks are more than a year"),
        ({"models": ["bg_nbd", "bg_nbd"]}, "`models` must each be named once, found bg_nbd, bg_nbd"),
        ({"models": ["bgnbd"]}, "found 'bgnbd'"),
        ({"forecast_weeks": 3}, "found 3"),
        ({"discount_share": 10}, "found 10"),
        ({"lever_share": 0.6}, "found 0.6"),
    ],
)
def test_what_does_not_fit_is_refused(values: dict[str, object], told: str) -> None:
    with pytest.raises(ParamsError) as caught:
        ClvParams.from_cell(values)
    assert told in str(caught.value)


def test_the_former_name_of_a_key_names_the_new_one() -> None:
    with pytest.raises(ParamsError, match="`step_share` is called `lever_share` here"):
        validated(ClvParams, {"step_share": 0.1}, "clv.yml")
