"""Response rates by the standard definitions, with intervals, and which of them differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from string import ascii_uppercase

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from helpers.models.statistics import small_groups
from helpers.models.statistics.families import Control, adjusted
from helpers.models.survey import proportions
from helpers.models.survey.design import Floats

OUTCOMES = ("complete", "partial", "refusal", "no_contact", "other", "unknown", "ineligible")
RATES = ("rate_1", "rate_2", "rate_3", "rate_4", "rate_5", "rate_6")
COLUMNS = ["grouping", "group", "letter", "invited", *OUTCOMES, *RATES, "low", "high", "letters", "trend_p_value"]
EVERYBODY, WAVE = "all", "wave"


def rates(
    invitations: pd.DataFrame,
    groupings: Mapping[str, pd.Series],
    *,
    is_in: pd.Series,
    level: float,
    smallest_base: int,
    control: Control,
) -> pd.DataFrame:
    """The response rates of all, of each wave, and of each group of one wave.

    Parameters
    ----------
    invitations
        A row per invitation: outcome (one of OUTCOMES), and wave where there are several.
    groupings
        The group of each invitation by the name of the grouping, such as mode: online, phone, onsite.
    is_in
        The invitations of the wave of which groups are told.
    smallest_base
        Invitations below which a group is neither told nor tested.

    Returns
    -------
    pandas.DataFrame
        A row per group: grouping (`all`, `wave`, or the name), group, letter, invited, how many of each outcome,
        rate_1 to rate_6 (shares), low and high (of rate_1), letters of the groups whose rate_1 is clearly lower, and of
        waves the p value of a trend.

    References
    ----------
    AAPOR (2023), Standard Definitions, 10th edition: rate 1 counts complete interviews among all who may be eligible,
    rate 3 takes of those of unknown eligibility the share that is eligible among all others, rate 5 none of them; rates
    2, 4 and 6 count partial interviews too. Letters: pairs tested as shares of simple samples.
    """
    if not len(invitations):
        return pd.DataFrame(columns=COLUMNS)
    rows = [_block(EVERYBODY, pd.Series(EVERYBODY, index=invitations.index).where(is_in), invitations, level)]
    if "wave" in invitations:
        rows.append(_block(WAVE, invitations["wave"].astype(str), invitations, level))
    rows += [_block(name, labels.where(is_in), invitations, level) for name, labels in groupings.items()]
    told = [_lettered(block, level, smallest_base, control) for block in rows if len(block)]
    return pd.concat(told, ignore_index=True)[COLUMNS]


def without_few(rates: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The rates as `rates` gives them, with nothing told of groups of few, nor of an outcome that few had."""
    numbers = [str(name) for name in rates.select_dtypes("number") if name != "trend_p_value"]
    hidden = _hidden_within(rates, "complete", numbers, smallest_cell=smallest_cell)
    for outcome in OUTCOMES[1:]:
        told = _hidden_within(hidden, outcome, [outcome], smallest_cell=smallest_cell)
        hidden = told.assign(is_hidden=hidden["is_hidden"])
    return hidden


def _hidden_within(rates: pd.DataFrame, outcome: str, values: Sequence[str], *, smallest_cell: int) -> pd.DataFrame:
    """The rates without these values where few of the invited, or all but few, came to this outcome."""
    parts = {outcome: "invited"}
    return small_groups.hide_within(rates, parts=parts, values=values, by=["grouping"], smallest_cell=smallest_cell)


def _block(grouping: str, labels: pd.Series, invitations: pd.DataFrame, level: float) -> pd.DataFrame:
    counts = pd.crosstab(labels.dropna().astype(str), invitations["outcome"]).reindex(columns=OUTCOMES, fill_value=0)
    found = pd.concat([counts, standard_rates(counts)], axis=1)
    asked = (counts.sum(axis=1) - counts["ineligible"]).to_numpy()
    share = found["rate_1"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.sqrt(share * (1 - share) / np.maximum(asked - 1, 1))
    low, high = proportions.bounds(share, errors, asked, degrees=np.maximum(asked - 1, 1), level=level)
    told = found.assign(grouping=grouping, invited=counts.sum(axis=1), low=low, high=high)
    return told.rename_axis("group").reset_index()


def standard_rates(counts: pd.DataFrame) -> pd.DataFrame:
    """The six rates of each row of counts of OUTCOMES; NaN where nobody may be eligible."""
    known = counts[["complete", "partial", "refusal", "no_contact", "other"]].sum(axis=1)
    eligible = known / (known + counts["ineligible"]).where(lambda total: total > 0)
    both = counts["complete"] + counts["partial"]
    found = {}
    for place, of_unknown in enumerate((eligible * 0 + 1, eligible, eligible * 0)):
        base = (known + counts["unknown"] * of_unknown).where(lambda total: total > 0)
        found[RATES[2 * place]], found[RATES[2 * place + 1]] = counts["complete"] / base, both / base
    return pd.DataFrame(found, index=counts.index)[list(RATES)]


def _lettered(block: pd.DataFrame, level: float, smallest_base: int, control: Control) -> pd.DataFrame:
    asked = (block["invited"] - block["ineligible"]).to_numpy()
    is_told, complete = block["invited"].to_numpy() >= smallest_base, block["complete"].to_numpy()
    letters = [""] * len(block)
    named = [ascii_uppercase[place % len(ascii_uppercase)] for place in range(len(block))]
    places = np.flatnonzero(is_told & (asked > 0))
    pairs = list(combinations(places.tolist(), 2))
    p_values = pairwise_p_values(complete[places], asked[places])
    for (a, b), p_value in zip(pairs, adjusted(p_values, control=control), strict=True):
        if p_value < 1 - level:
            above, below = (a, b) if complete[a] / asked[a] > complete[b] / asked[b] else (b, a)
            letters[above] += named[below]
    is_wave = block["grouping"].iloc[0] == WAVE and len(places) > 1
    trend = trend_test(complete[places], asked[places])[1] if is_wave else np.nan
    told = block.assign(letter=named, letters=["".join(sorted(one)) for one in letters], trend_p_value=trend)
    told.loc[~is_told, [*RATES, "low", "high"]] = np.nan
    return told


def pairwise_p_values(successes: np.ndarray, sizes: np.ndarray) -> Floats:
    """The p values of all pairs of shares, first with second, first with third ..., not adjusted.

    Pearson's test of two shares, without a correction for continuity (Agresti (2013), Categorical Data Analysis,
    section 3.2.1).
    """
    found = []
    for a, b in combinations(range(len(sizes)), 2):
        share = (successes[a] + successes[b]) / (sizes[a] + sizes[b])
        apart = successes[a] / sizes[a] - successes[b] / sizes[b]
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append(chdtrc(1, apart**2 / (share * (1 - share) * (1 / sizes[a] + 1 / sizes[b]))))
    return np.array(found, dtype=float)


def trend_test(successes: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    """Whether shares of groups in their order rise or fall: a chi-squared with one degree of freedom, and its p value.

    References
    ----------
    Cochran (1954), Biometrics 10, 417-451; Armitage (1955), Biometrics 11, 375-386.
    """
    n, yes = np.asarray(sizes, dtype=float), np.asarray(successes, dtype=float)
    place, share = np.arange(len(n), dtype=float), yes.sum() / n.sum()
    place = place - n @ place / n.sum()
    if not 0 < share < 1:
        return np.nan, np.nan
    statistic = float((place @ yes) ** 2 / (share * (1 - share) * (n @ place**2)))
    return statistic, float(chdtrc(1, statistic))
