"""Actions as data: what they may state."""

from __future__ import annotations

import pytest

from helpers.errors import ParamsError
from helpers.schemes.action import Action
from helpers.validation import validated

STATED = {"segment": "At Risk", "offer": "voucher", "channel": "email", "owner": "CRM"}


def test_the_former_name_of_the_control_share_is_refused_with_the_name_of_today() -> None:
    with pytest.raises(ParamsError) as caught:
        validated(Action, STATED | {"holdout_share": 0.2}, "the action")
    problems = [line for line in str(caught.value).splitlines() if line.startswith("-")]
    assert problems == ["- `holdout_share` is now `control_share`"]


def test_a_tenth_is_left_alone_where_nothing_is_stated() -> None:
    assert validated(Action, STATED, "the action").control_share == 0.1
