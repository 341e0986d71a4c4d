"""Every number of the params has an upper bound, and every name is one that a reader can tell from the others."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from helpers.contract import bookkeeping, counting, rules
from helpers.contract.checking import statement_problems
from helpers.features import dimensions
from helpers.models.segments import actions as contact_lists
from helpers.models.segments import movements, tier_economics
from helpers.models.value import acquisition
from helpers.params import ChurnParams, ClvParams, ExplorationParams, SegmentationParams
from helpers.reports import manifest
from helpers.schema.sources import OrdersSource
from helpers.schemes.action import Action
from helpers.validation import LABELS, name_problems

NOTEBOOKS = {
    "exploration": ExplorationParams,
    "segmentation": SegmentationParams,
    "clv": ClvParams,
    "churn": ChurnParams,
}
FINITE_ONLY = {"at_most", "at_least", "cut", "quantiles", "rfm_cuts", "tier_shares", "abc_shares", "where"}
"""Numbers that a condition compares with data, or that must lie between others."""
TWO_WAYS = {"title": "Two ways", "axes": {"r": 3}}


def unbounded(schema: dict[str, Any], place: str) -> list[str]:
    """The places of a JSON schema that hold a number without an upper bound."""
    if schema.get("type") in ("integer", "number") and not {"maximum", "exclusiveMaximum", "enum"} & schema.keys():
        return [place]
    inner = [(key, one) for key, one in schema.get("properties", {}).items() if key not in FINITE_ONLY]
    inner += [(place, one) for key in ("anyOf", "prefixItems") for one in schema.get(key, ())]
    inner += [(place, schema[key]) for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    return [found for name, one in inner for found in unbounded(one, name)]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_number_has_an_upper_bound(name: str) -> None:
    schema = NOTEBOOKS[name].model_json_schema()
    for part, one in {name: schema, **schema.get("$defs", {})}.items():
        assert unbounded(one, part) == [], part


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("clv", {"value_months": [12, 121]}),
        ("clv", {"value_months": list(range(1, 14))}),
        ("clv", {"interval_level": 0.9999999}),
        ("clv", {"season_factors": [1.0] * 11 + [100.0]}),
        ("clv", {"season_factors": [1.0] * 11 + [0.0]}),
        ("clv", {"order_cost_amount": 1e13}),
        ("clv", {"order_cost_amount": math.inf}),
        ("clv", {"budget_amount": math.inf}),
        ("clv", {"seed": 2**32}),
        ("clv", {"discount_share": math.nan}),
        ("clv", {"as_of": "9999-12-31"}),
        ("segmentation", {"point_amount": math.inf}),
        ("segmentation", {"tier_rules": [{"tier": "gold", "amount": math.inf}]}),
        ("segmentation", {"rfm_cuts": {"order_count": [1, 2, 3, math.inf]}}),
        ("exploration", {"abc_shares": [0.5, math.nan]}),
        ("exploration", {"orders": {"source": "a.csv", "header_row": 10**9}}),
    ],
)
def test_numbers_beyond_reason_are_refused(name: str, given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NOTEBOOKS[name].model_validate(given)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Gold", " Gold"], "has blanks around it"),
        (["Gold Plus", "Gold  Plus"], "differs from 'Gold Plus' by blanks, capitals or width alone"),
        (["Gold", "ＧＯＬＤ"], "differs from 'Gold'"),
        (["Gold\u200b"], "holds a control character"),
        (["Go\nld"], "holds a control character"),
        (["( none )"], "is a label of the kit"),
        (["All others"], "is a label of the kit"),
    ],
)
def test_names_that_a_reader_takes_for_another_are_refused(names: list[str], said: str) -> None:
    assert said in " ".join(name_problems(names, what="tier"))
    tiers = [{"tier": name} for name in names]
    with pytest.raises(ValidationError, match="tier"):
        SegmentationParams.model_validate({"tier_rules": tiers})
    segments = [{"name": name, "cells": str(place)} for place, name in enumerate((*names, "Rest")[:2])]
    with pytest.raises(ValidationError, match="segment"):
        SegmentationParams.model_validate({"own_schemes": {"mine": {**TWO_WAYS, "segments": segments}}})
    asked = [{"rule": name, "column": "amount", "missing": True} for name in (*names, "rows kept")]
    found = statement_problems("orders", OrdersSource.model_validate({"source": "a.csv", "rules": asked}))
    assert "'rows kept' is a label of the kit" in " ".join(found)


def test_offers_and_channels_are_told_apart() -> None:
    action = {"segment": "Champions", "offer": "thanks", "channel": "email", "owner": "Ann"}
    with pytest.raises(ValidationError, match="channel ' email' has blanks around it"):
        SegmentationParams.model_validate({"actions": [action, action | {"channel": " email"}]})
    assert Action.model_validate(action).channel == "email"


def test_the_labels_of_the_kit_are_known() -> None:
    own = (
        dimensions.OTHERS,
        dimensions.NOT_GIVEN,
        contact_lists.TAKEN,
        contact_lists.OVER_LIMIT,
        contact_lists.HOLDOUT,
    )
    own += (movements.NEW, movements.NONE, movements.ALL, tier_economics.NO_TIER, acquisition.UNKNOWN)
    assert set(own) <= set(LABELS)
    ledger = Path(counting.__file__).read_text(encoding="utf-8") + Path(bookkeeping.__file__).read_text(
        encoding="utf-8"
    )
    assert all(f'"{label}"' in ledger for label in rules.LABELS)


def test_a_manifest_is_json_whatever_its_numbers(tmp_path: Path) -> None:
    manifest.write({"findings": [{"value": math.nan, "interval": (1.5, math.inf)}], "count": 3}, tmp_path)
    text = (tmp_path / "manifest.json").read_text(encoding="utf-8")
    record = json.loads(text, parse_constant=pytest.fail)
    assert record == {"findings": [{"value": None, "interval": [1.5, None]}], "count": 3}
