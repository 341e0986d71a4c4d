"""What groups of customers are: their names, what sets them apart, who is in them and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

from helpers.models.segments.groups import Groups
from helpers.models.statistics.intervals import ratio_of_totals

WORDS: dict[str, tuple[str, str, str]] = {
    "purchases_per_month": ("rhythm", "seldom", "often"),
    "days_between": ("rhythm", "short pauses", "long pauses"),
    "mean_amount": ("amount", "small orders", "large orders"),
    "amount_variation": ("variation", "even amounts", "uneven amounts"),
    "weekend_share": ("week", "weekdays", "weekends"),
    "evening_share": ("hour", "daytime", "evenings"),
    "discount_share": ("price", "full price", "discounts"),
    "items_per_order": ("basket", "small baskets", "large baskets"),
    "category_count": ("range", "few categories", "many categories"),
    "top_category_share": ("range", "mixed categories", "one category"),
}
"""For each feature: what it is about (a name says one thing about each), and the words for less and for more of it."""
NAMED_FROM, NAMED_COUNT = 0.5, 3
OUTSIDE = "(no group: too few orders, or something missing)"


@dataclass(frozen=True)
class _Word:
    """Something to say of a group, how strongly it holds, and the place of its feature among all."""

    text: str
    strength: float
    place: int


def contrasts(groups: Groups) -> pd.DataFrame:
    """Each group against all grouped customers, feature by feature.

    Returns
    -------
    pandas.DataFrame
        One row per group and used feature: group; name; feature; difference (mean of the group minus that of all
        grouped customers, in spreads of the feature); median and base_median (in the feature's own unit). No rows where
        nothing is stable.
    """
    columns = ["group", "name", "feature", "difference", "median", "base_median"]
    if not groups.is_stable:
        return pd.DataFrame(columns=columns)
    rows = _differences(groups)
    named = names(groups).set_index("group")["name"]
    return rows.assign(name=rows["group"].map(named))[columns]


def names(groups: Groups) -> pd.DataFrame:
    """A name for each group, made from what sets it apart most.

    Up to three features in which the group differs from the rest by half a spread or more, the most distinct first, one
    of each kind; so many more as two groups need to have different names.

    Returns
    -------
    pandas.DataFrame
        One row per group, the largest first: group, name.
    """
    if not groups.is_stable:
        return _named({})
    differences = _differences(groups)
    # a feature of which the typical value is the same in all groups names none, however means on the scale differ
    differences = differences[differences.groupby("feature")["median"].transform("nunique") > 1]
    everyone = sorted(int(group) for group in groups.labels.dropna().unique())
    words = {group: _words(differences[differences["group"] == group]) for group in everyone}
    lengths = {group: sum(word.strength >= NAMED_FROM for word in said[:NAMED_COUNT]) for group, said in words.items()}
    name_of = {group: _name(words[group], lengths[group]) for group in words}
    for length in range(1, 1 + max(map(len, words.values()), default=0)):
        alike = [group for group, name in name_of.items() if list(name_of.values()).count(name) > 1]
        name_of |= {group: _name(words[group], max(length, lengths[group])) for group in alike}
    names = list(name_of.values())
    return _named({group: f"{name} ({group})" if names.count(name) > 1 else name for group, name in name_of.items()})


def _named(name_of: dict[int, str]) -> pd.DataFrame:
    names = pd.Series(list(name_of.values()), dtype="str")
    return pd.DataFrame({"group": pd.Series(list(name_of), dtype="Int64"), "name": names})


def members(groups: Groups) -> pd.DataFrame:
    """The group of every customer.

    Returns
    -------
    pandas.DataFrame
        One row per customer, by customer_id: customer_id, group, name; the last two missing outside the groups.
    """
    frame = pd.DataFrame({"customer_id": groups.features["customer_id"], "group": groups.labels})
    return frame.merge(names(groups), on="group", how="left").sort_values("customer_id", ignore_index=True)


def profile(groups: Groups, people: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """What each group is worth.

    Parameters
    ----------
    groups
        Of `find`.
    people
        One row per customer: customer_id, value_amount. Customers without a row here have a value of 0.
    level
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row per group, the largest first, and a last one for the customers outside of all groups, if any: group
        (missing for these), name, customer_count, customer_share (of all customers in `groups`), value_amount,
        value_share (missing without revenue), mean_amount (value per customer), low, high (its interval; missing for
        fewer than ten customers). Counts and values sum to those of all customers in `groups`. No rows where nothing is
        stable.

    Notes
    -----
    The interval takes the groups as given: it does not know that they were chosen by the same data.
    """
    columns = "group name customer_count customer_share value_amount value_share mean_amount low high".split()
    if not groups.is_stable:
        return pd.DataFrame(columns=columns)
    values = people.set_index("customer_id")["value_amount"].astype(float)
    rows = members(groups)
    rows = rows.assign(value_amount=rows["customer_id"].map(values).fillna(0.0))
    total = float(rows["value_amount"].sum())
    named = names(groups).itertuples(index=False, name=None)
    parts = [(group, name, rows.loc[rows["group"] == group, "value_amount"]) for group, name in named]
    parts += [(pd.NA, OUTSIDE, rows.loc[rows["group"].isna(), "value_amount"])]
    valued = [(group, name, *_worth(part, len(rows), total, level)) for group, name, part in parts if len(part)]
    return pd.DataFrame(valued, columns=columns).astype({"group": "Int64"})


def _worth(part: pd.Series, everybody: int, total: float, level: float) -> tuple[object, ...]:
    value = float(part.sum())
    mean = ratio_of_totals(part, np.ones(len(part)), level=level)
    share = value / total if total else nan
    return (len(part), len(part) / everybody, value, share, mean.value, mean.low, mean.high)


def _differences(groups: Groups) -> pd.DataFrame:
    """One row per group and used feature: group, feature, difference, median, base_median."""
    scaled, labels = groups.scaled, groups.labels.loc[groups.scaled.index].astype("int64")
    own = groups.features.loc[scaled.index, list(scaled.columns)].astype(float)
    difference = (scaled.groupby(labels).mean() - scaled.mean()).stack()
    medians, base = own.groupby(labels).median().stack(), own.median()
    rows = pd.DataFrame({"difference": difference, "median": medians}).rename_axis(["group", "feature"]).reset_index()
    return rows.assign(base_median=rows["feature"].map(base))


def _words(rows: pd.DataFrame) -> list[_Word]:
    """What can be said of a group, one thing of each kind, the most distinct first."""
    said: dict[str, _Word] = {}
    features = enumerate(zip(rows["feature"].tolist(), rows["difference"].tolist(), strict=True))
    for place, (feature, difference) in sorted(features, key=lambda item: -abs(item[1][1])):
        kind, less, more = _vocabulary(feature)
        said.setdefault(kind, _Word(more if difference > 0 else less, abs(difference), place))
    return list(said.values())


def _vocabulary(feature: str) -> tuple[str, str, str]:
    if feature in WORDS:
        return WORDS[feature]
    if feature.endswith("_per_month"):
        kind = feature.removesuffix("_per_month")
        return "events", f"few {kind} events", f"many {kind} events"
    words = feature.replace("_", " ")
    return feature, f"low {words}", f"high {words}"


def _name(said: list[_Word], length: int) -> str:
    words = sorted(said[:length], key=lambda word: word.place)
    return ", ".join(word.text for word in words) or "close to the average"
