"""Which delivered column is which canonical one: guessed from its name, weighed by whether its values can be that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis.expr.types as ir

from helpers.contract.column_names import KNOWN, WITHIN, name_score, plain_name
from helpers.contract.column_profiles import Profile, profiles

SURE = 100 * WITHIN
"""Above this score a name is a known one, and its values can be that."""
RIVAL = 30.0
MOST_LEVELS = 300
"""Of a channel, store or region: more different values are something else."""
COUNTERS = ("", "index", "no", "序号", "行号", "id", "rowid", "rownumber", "编号")


@dataclass(frozen=True)
class Guess:
    """A delivered column for a canonical one, and whether a person should look at it; `why` tells what is odd."""

    column: str
    is_sure: bool
    rivals: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Guesses:
    """The delivered column of each canonical one that was found, and what was seen of all columns."""

    columns: Mapping[str, Guess]
    profiles: Mapping[str, Profile]

    @property
    def names(self) -> dict[str, str]:
        """Canonical name: delivered name."""
        return {canonical: one.column for canonical, one in self.columns.items()}


def guess(table: ir.Table, *, stated: Mapping[str, str] | None = None) -> Guesses:
    """For each canonical column of an order that the table seems to have, the delivered one.

    Parameters
    ----------
    table
        As delivered; its first rows are looked at.
    stated
        Canonical name to delivered column, where somebody said so: that is not guessed.

    Returns
    -------
    Guesses
        A name that is known, with values that fit, is sure; a name that only contains a known one, values that are odd,
        or a rival that is as good, is not. Without any name that fits, the only column of dates is taken for
        `ordered_at`, and the only one of e-mail addresses for `customer_id`.
    """
    seen = profiles(table, [name for name in table.columns if not name.startswith("_")])
    taken = {canonical: Guess(column, True) for canonical, column in (stated or {}).items()}
    for canonical in (name for name in KNOWN if name not in taken):
        used = {one.column for one in taken.values()}
        best = _best(canonical, {name: profile for name, profile in seen.items() if name not in used})
        if best is not None:
            taken[canonical] = best
    return Guesses({name: taken[name] for name in KNOWN if name in taken}, seen)


def _best(canonical: str, seen: Mapping[str, Profile]) -> Guess | None:
    named = {name: score for name in seen if (score := name_score(canonical, name))}
    scores = {name: score * _plausibility(canonical, seen[name]) for name, score in named.items()}
    ranked = sorted((name for name in scores if scores[name]), key=lambda name: -scores[name])
    if not ranked:
        return _only_one(canonical, seen)
    top = ranked[0]
    rivals = tuple(
        name for name in ranked[1:] if scores[name] >= RIVAL and not _says_the_same(canonical, seen, top, name)
    )
    why = _oddity(canonical, seen[top])
    is_disputed = canonical == "ordered_at" and bool(rivals)
    return Guess(top, scores[top] > SURE and not is_disputed and not why, rivals, why)


def _says_the_same(canonical: str, seen: Mapping[str, Profile], one: str, other: str) -> bool:
    """Whether it makes no difference which is taken: ids that tell the same rows apart, values that are equal."""
    sample = seen[one].sample
    left, right = sample[one].cast("string"), sample[other].cast("string")
    if not canonical.endswith("_id"):
        return bool((left.identical_to(right)).all().to_pyarrow().as_py())
    pairs = sample.filter(left.notnull() & right.notnull()).select(left=left, right=right).distinct().count()
    return bool(pairs.to_pyarrow().as_py() == seen[one].distinct == seen[other].distinct)


def _only_one(canonical: str, seen: Mapping[str, Profile]) -> Guess | None:
    """Without a name to go by, what the values of one column alone can be."""
    if canonical == "ordered_at":
        dated = [name for name, profile in seen.items() if profile.kind == "date"]
        return Guess(dated[0], False) if len(dated) == 1 else None
    if canonical == "customer_id":
        mailed = [name for name, profile in seen.items() if profile.shares["email"] > 0.9 and profile.fill > 0.5]
        return Guess(mailed[0], False) if len(mailed) == 1 else None
    return None


def _oddity(canonical: str, profile: Profile) -> str:
    """What is odd about values that may be right all the same."""
    if canonical != "customer_id":
        return ""
    if profile.shares["person"] > 0.9 and profile.distinct > 1 and profile.given > 20 and _has_gaps(profile):
        return "its values look like names, and two people may share a name"
    if profile.given >= 50 and profile.distinct == profile.given:
        return "no value comes twice, so that nobody would have come back"
    return ""


def _has_gaps(profile: Profile) -> bool:
    """Whether most values are of several words, as names of people and firms are."""
    column = profile.sample[profile.name].cast("string")
    return bool((column.re_search(r"\S\s\S").mean().to_pyarrow().as_py() or 0) > 0.5)


def _plausibility(canonical: str, profile: Profile) -> float:
    """How well the values can be the column: 0 (they cannot) to 1."""
    if profile.kind == "nothing":
        return 0.0
    return PLAUSIBLE.get(canonical, _as_level)(profile)


def _as_order_id(profile: Profile) -> float:
    is_told = plain_name(profile.name) in ("name", "id")
    if profile.kind in ("date", "unclear date") or profile.has_fractions or profile.distinct < min(2, profile.given):
        return 0.0
    if profile.given >= 100 and profile.variety < 0.02:
        return 0.0
    if is_told and profile.shares["order"] < 0.95:
        return 0.0
    if profile.is_index and plain_name(profile.name) in COUNTERS:
        return 0.1
    # ids of merged cells stand on the first row of an order only
    return 1.0 if profile.fill > 0.2 or not is_told else profile.fill


def _as_customer(profile: Profile) -> float:
    if profile.kind in ("date", "unclear date") or profile.has_fractions or profile.is_rate:
        return 0.0
    if profile.given < 0.05 * profile.row_count:
        return 0.0
    if profile.is_index and plain_name(profile.name) in COUNTERS:
        return 0.1
    few = 0.3 if profile.given >= 100 and profile.distinct < 5 else 1.0
    # a column of which half is empty comes after one that is full
    return few * min(1.0, 0.5 + profile.fill / 2)


def _as_instant(profile: Profile) -> float:
    dated = profile.kind in ("date", "unclear date") or (profile.kind == "day number")
    return min(1.0, 0.5 + profile.fill / 2) if dated else 0.0


def _as_money(profile: Profile) -> float:
    if profile.kind not in ("number", "day number") or profile.is_rate:
        return 0.0
    if profile.numbers.get("high") == 0 or (profile.given >= 50 and profile.distinct == 1):
        return 0.3
    return 0.2 if profile.is_index and profile.given >= 20 else 1.0


def _as_number(profile: Profile) -> float:
    """A quantity, a discount, a refund: often empty or zero throughout, and never a rate."""
    return 1.0 if profile.kind in ("number", "day number") and not profile.is_rate else 0.0


def _as_level(profile: Profile) -> float:
    """A channel, store, region or category: text of which most values come again and again."""
    if profile.kind in ("date", "unclear date") or profile.has_fractions:
        return 0.0
    return 1.0 if profile.distinct <= MOST_LEVELS else 0.0


def _as_product(profile: Profile) -> float:
    return 0.0 if profile.kind in ("date", "unclear date") or profile.has_fractions else 1.0


def _as_coupon(profile: Profile) -> float:
    return 1.0 if profile.kind == "text" else 0.0


def _as_currency(profile: Profile) -> float:
    return 1.0 if profile.kind == "text" and profile.distinct <= 20 else 0.0


PLAUSIBLE: dict[str, Callable[[Profile], float]] = {
    "order_id": _as_order_id,
    "customer_id": _as_customer,
    "ordered_at": _as_instant,
    "amount": _as_money,
    "quantity": _as_number,
    "unit_price": _as_money,
    "discount_amount": _as_number,
    "refund_amount": _as_number,
    "product_id": _as_product,
    "coupon": _as_coupon,
    "currency": _as_currency,
}
