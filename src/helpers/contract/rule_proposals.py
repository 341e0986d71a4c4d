"""Rules that delivered orders seem to need: cancelled, unpaid, refunded, test and guest orders; each with its money."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
import yaml
from ibis import selectors

from helpers.contract.column_names import plain_name
from helpers.contract.column_profiles import Profile
from helpers.contract.evidence import is_missing, rows, single_row
from helpers.contract.grain import Grain, number
from helpers.contract.parsing import Parsed

MOST_LEVELS = 40
WORDS = {
    "closed orders": """
        cancelled canceled cancel cancellation void voided failed failure expired abandoned declined rejected deleted
        error wccancelled wcfailed ordercancelled 交易关闭 已关闭 关闭 已取消 取消 订单取消 订单关闭 交易取消
        作废 已作废 无效 支付失败 失败
        """.split(),
    "unpaid orders": """
        pending pendingpayment unpaid awaitingpayment paymentpending notpaid wcpending draft checkoutdraft
        等待买家付款 等待付款 待付款 未付款 待支付 未支付 买家未付款
        """.split(),
    "refunded orders": """
        refunded fullyrefunded fullrefund returned chargeback chargedback reversed wcrefunded
        退款成功 已退款 全额退款 退款完成 退货退款 已退货 退款
        """.split(),
    "test orders": "test testorder testing 测试 测试订单 测试单".split(),
}
"""By kind of rule the values that say so, without spaces and signs."""
GUESTS = """
    guest guests guestcheckout anonymous anon unknown walkin walkincustomer cash cashsale
    散客 游客 匿名 匿名用户 无 零售
    """.split()
GUEST_IDS = ("0", "-1")
YES = ("true", "yes", "y", "1", "是")
FLAGS = {
    "test orders": re.compile("^(is)?test(order|mode)?$|^(是否)?测试(订单)?$"),
    "closed orders": re.compile("^(is)?(cancell?ed|voided|deleted)$|^是否(取消|作废|关闭)$"),
}
MARKS = {"closed orders": re.compile("^(cancell?ed|voided)(at|on|date|time)$|^(取消|作废|关闭)(时间|日期)$")}
REFUNDS = "refunded orders"
STATUS = re.compile("status|state|状态|eventtype")
NOT_OF_ORDERS = re.compile("fulfil|ship|deliver|lineitem|物流|发货|收货|subscription|marketing|备注|note|message|留言")


@dataclass(frozen=True)
class Proposed:
    """A rule as YAML, why it is proposed, and whether the data cannot be read without it."""

    name: str
    yaml: str
    reason: str
    is_needed: bool = False


@dataclass(frozen=True)
class _Seen:
    table: ir.Table
    columns: Mapping[str, str]
    profiles: Mapping[str, Profile]
    grain: Grain
    numbers: Mapping[str, Parsed]
    amount: ir.Value | None

    def weight(self, condition: ir.BooleanValue) -> str:
        """How many rows meet a condition, and their money: `12 rows, 1,234.50`; "" where none does."""
        return self.weights([condition])[0][0]

    def weights(self, conditions: Sequence[ir.BooleanValue]) -> list[tuple[str, int]]:
        """The same for several conditions, and how many rows of each meet none before it; in one query."""
        marks = {f"m{i}": condition.fill_null(False) for i, condition in enumerate(conditions)}
        known = {} if self.amount is None else {"amount": self.amount.cast("float64")}
        order = {"order": self.table[self.columns["order_id"]]} if self._by_order else {}
        marked = self.table.select(**marks, **known, **order)
        asked: dict[str, ir.Value] = {}
        for i, name in enumerate(marks):
            earlier = ibis.or_(ibis.literal(False), *(marked[f"m{j}"] for j in range(i)))
            asked |= {f"n{i}": marked[name].sum(), f"f{i}": (marked[name] & ~earlier).sum()}
            if known:
                asked[f"t{i}"] = (marked.amount.max if order else marked.amount.sum)(where=marked[name])
        # of lines that tell the amount of their order, each order once
        by_order = marked.group_by("order").aggregate(**asked) if order else None
        summed = (
            marked.aggregate(**asked)
            if by_order is None
            else by_order.aggregate(**{name: by_order[name].sum() for name in asked})
        )
        found = single_row(summed)
        return [(_weight(found, i), int(found[f"f{i}"] or 0)) for i in range(len(marks))]

    @property
    def _by_order(self) -> bool:
        return self.grain.amount_of == "order" and "order_id" in self.columns


def _weight(found: Mapping[str, Any], place: int) -> str:
    count = int(found[f"n{place}"] or 0)
    if not count or f"t{place}" not in found:
        return rows(count) if count else ""
    return f"{rows(count)}, {Decimal(repr(float(found[f't{place}'] or 0))):,.2f}"


@dataclass(frozen=True)
class _Sign:
    """Rows of which a column says that they are of a kind, the condition of a rule that catches them, and in words."""

    kind: str
    column: str
    met: ir.BooleanValue
    condition: Mapping[str, object]
    words: str


def find(
    table: ir.Table,
    columns: Mapping[str, str],
    profiles: Mapping[str, Profile],
    grain: Grain,
    *,
    numbers: Mapping[str, Parsed],
    far_years: Sequence[int] = (),
) -> list[Proposed]:
    """The rules that the orders seem to need, in the order in which they should be asked.

    Parameters
    ----------
    table
        As delivered, merged cells filled down.
    columns
        Canonical name to delivered column.
    profiles
        What was seen of each delivered column.
    grain
        What a row is.
    numbers
        The columns of numbers as they were read.
    far_years
        Years of which a few orders are, far before all others.
    """
    seen = _Seen(table, columns, profiles, grain, numbers, _amount(numbers))
    finders = (_told_again, _duplicates, _no_customer, _cancelled_ids, _no_price, _statuses, _guests)
    return [*(rule for find_rules in finders for rule in find_rules(seen)), *_far_orders(seen, far_years)]


def _amount(numbers: Mapping[str, Parsed]) -> ir.NumericValue | None:
    if "amount" in numbers:
        return number(numbers, "amount")
    quantity, price = number(numbers, "quantity"), number(numbers, "unit_price")
    return None if quantity is None or price is None else quantity.cast("float64") * price.cast("float64")


def _rule(**parts: object) -> str:
    """A rule as YAML on one line."""
    return yaml.safe_dump(parts, allow_unicode=True, default_flow_style=True, sort_keys=False, width=10_000).strip()


def _told_again(seen: _Seen) -> Iterator[Proposed]:
    """Of orders that are told several times the latest row, or the lines of the latest file."""
    grain = seen.grain
    if not grain.overlap and not (grain.retold and grain.changed):
        return
    by = next((name for name in grain.changed if _tells_change(seen, name)), None)
    stated = {"rule": "told again", "column": "order_id", "keep": "latest"}
    several = f"{grain.overlap:,} orders stand in several files"
    count = several if grain.overlap else f"{rows(grain.retold)} tell an order again"
    changed = f"; what changed: {', '.join(grain.changed[:3])}" if grain.changed else ""
    yield Proposed("told again", _rule(**stated | ({"by": by} if by else {})), count + changed, is_needed=True)


def _tells_change(seen: _Seen, name: str) -> bool:
    words = r"updat|modif|changed|export|更新|修改|导出"
    return seen.profiles[name].kind == "date" and bool(re.search(words, plain_name(name)))


def _duplicates(seen: _Seen) -> Iterator[Proposed]:
    if "order_id" not in seen.columns or seen.grain.overlap:
        return  # two like orders on a day may well be two orders
    delivered = [name for name in seen.table.columns if not name.startswith("_")]
    same = ibis.window(group_by=delivered, order_by=[seen.table[name] for name in ("_file", "_row")])
    weight = seen.weight(ibis.row_number().over(same) > 0)
    if not weight:
        return
    caught_rows = f"{weight}: the same as an earlier row in every column"
    is_needed = bool(seen.grain.retold) and not seen.grain.changed
    yield Proposed("exact duplicates", _rule(rule="exact duplicates", duplicates=True), caught_rows, is_needed)


def _no_customer(seen: _Seen) -> Iterator[Proposed]:
    if "customer_id" not in seen.columns:
        return
    weight = seen.weight(is_missing(seen.table[seen.columns["customer_id"]]))
    if weight:
        rule = _rule(rule="no customer", column="customer_id", missing=True)
        yield Proposed("no customer", rule, f"{weight}: without a customer", is_needed=True)


def _cancelled_ids(seen: _Seen) -> Iterator[Proposed]:
    if "order_id" not in seen.columns or not seen.table.schema()[seen.columns["order_id"]].is_string():
        return
    order = seen.table[seen.columns["order_id"]]
    counts = seen.table.aggregate(marked=order.re_search(r"^[Cc]\d+$").sum(), plain=order.re_search(r"^\d+$").sum())
    marked, plain = (int(value or 0) for value in single_row(counts).values())
    if marked and marked <= plain:
        rule = _rule(rule="cancelled invoice", column="order_id", matches="^C", do="refund")
        weight = seen.weight(order.re_search(r"^[Cc]\d+$"))
        yield Proposed("cancelled invoice", rule, f"{weight}: an order id that begins with C, as cancelled invoices do")


def _no_price(seen: _Seen) -> Iterator[Proposed]:
    """Prices of zero or less; amounts need no rule, since the contract notes zeros and takes the rest for refunds."""
    if "unit_price" not in seen.columns or "amount" in seen.columns:
        return
    price = number(seen.numbers, "unit_price")
    weight = seen.weight(price <= 0) if price is not None else ""
    if weight:
        rule = _rule(rule="no price", column="unit_price", at_most=0)
        yield Proposed("no price", rule, f"{weight}: a price of zero or less")


def _plain(value: str) -> str:
    text = unicodedata.normalize("NFKC", value).casefold()
    return "".join(character for character in text if character.isalnum())


def _levels(seen: _Seen, names: Sequence[str]) -> dict[str, list[str]]:
    """The values of those of some columns that have few."""
    if not names:
        return {}
    texts = seen.table.select(**{name: seen.table[name].cast("string").strip() for name in names})
    cells = texts.pivot_longer(selectors.all(), names_to="name", values_to="value")
    found: dict[str, list[str]] = {name: [] for name in names}
    for one in cells.filter(cells["value"].notnull()).distinct().to_pyarrow().to_pylist():
        found[one["name"]].append(one["value"])
    return {name: sorted(values) for name, values in found.items() if len(values) <= MOST_LEVELS}


def _statuses(seen: _Seen) -> Iterator[Proposed]:
    """Rules for columns that tell of cancelled, unpaid, refunded or test orders; one for rows that several catch."""
    told, flags = _status_columns(seen), _flag_columns(seen)
    levels = _levels(seen, list(dict.fromkeys([*told, *flags])))
    signs = [*_status_words(seen, told, levels), *_flags(seen, flags, levels), *_marks(seen)]
    caught_kinds: set[str] = set()
    weights = seen.weights([sign.met for sign in signs]) if signs else []
    for sign, (weight, fresh_count) in zip(signs, weights, strict=True):
        if not fresh_count:
            continue
        title = f"{sign.kind} ({sign.column})" if sign.kind in caught_kinds else sign.kind
        caught_kinds.add(sign.kind)
        yield Proposed(title, _rule(rule=title, column=sign.column, **sign.condition), f"{weight}: {sign.words}")


def _status_columns(seen: _Seen) -> list[str]:
    """Columns of few values, those that are named as a status first."""
    mapped = ("order_id", "customer_id", "ordered_at", "amount", "product_id", "region", "coupon", "store", "category")
    used = {seen.columns[name] for name in mapped if name in seen.columns}
    few = [name for name, one in seen.profiles.items() if 0 < one.distinct <= MOST_LEVELS and name not in used]
    text = [name for name in few if seen.profiles[name].kind == "text" and not NOT_OF_ORDERS.search(plain_name(name))]
    return sorted(text, key=lambda name: not STATUS.search(plain_name(name)))


def _status_words(seen: _Seen, names: Sequence[str], levels: Mapping[str, list[str]]) -> Iterator[_Sign]:
    """Columns of which some values say so."""
    for name in names:
        for kind, values in _by_kind(levels.get(name, [])).items():
            # where a column tells how much was given back, a refunded order keeps its place beside its refund
            if kind != REFUNDS or "refund_amount" not in seen.columns:
                yield _one_of(seen, kind, name, values)


def _one_of(seen: _Seen, kind: str, name: str, values: list[str]) -> _Sign:
    met = seen.table[name].cast("string").strip().isin(values).fill_null(False)
    return _Sign(kind, name, met, {"one_of": values}, f"`{name}` is {', '.join(values)}")


def _by_kind(values: list[str]) -> dict[str, list[str]]:
    matching = {kind: [value for value in values if _plain(value) in words] for kind, words in WORDS.items()}
    return {kind: hits for kind, hits in matching.items() if hits and len(hits) < len(values)}


def is_mark(name: str) -> bool:
    """Whether a column is named as one that tells when an order was cancelled."""
    return any(words.search(plain_name(name)) for words in MARKS.values())


def _flag_columns(seen: _Seen) -> dict[str, str]:
    """Columns that are named as one that says yes or no, with the kind of rule they are for."""
    named = {
        name: next((kind for kind, words in FLAGS.items() if words.search(plain_name(name))), None)
        for name in seen.profiles
    }
    return {name: kind for name, kind in named.items() if kind and 0 < seen.profiles[name].distinct <= len(YES)}


def _flags(seen: _Seen, names: Mapping[str, str], levels: Mapping[str, list[str]]) -> Iterator[_Sign]:
    """Columns that say yes or no."""
    for name, kind in names.items():
        values = [value for value in levels.get(name, []) if value.casefold() in YES]
        if values:
            yield _one_of(seen, kind, name, values)


def _marks(seen: _Seen) -> Iterator[_Sign]:
    """Columns that tell when an order was cancelled, and are empty for all others."""
    for name, profile in seen.profiles.items():
        kind = next((kind for kind, words in MARKS.items() if words.search(plain_name(name))), None)
        if kind and profile.given:
            yield _Sign(kind, name, ~is_missing(seen.table[name]), {"matches": "."}, f"`{name}` is filled")


def _far_orders(seen: _Seen, years: Sequence[int]) -> Iterator[Proposed]:
    """Orders of days far before all others, which stand for a day that is not known."""
    for year in years:
        weight = seen.weight(seen.table[seen.columns["ordered_at"]].cast("string").re_search(rf"^\D?{year}"))
        if weight:
            title = f"day unknown ({year})"
            rule = _rule(rule=title, column="ordered_at", matches=rf"^{year}")
            yield Proposed(title, rule, f"{weight}: of {year}, far before all others")


def _guests(seen: _Seen) -> Iterator[Proposed]:
    """Customers who are nobody in particular: all guests would be one very good customer."""
    if "customer_id" not in seen.columns:
        return
    text = seen.table[seen.columns["customer_id"]].cast("string").strip()
    counted = seen.table.select(value=text).group_by("value").aggregate(n=ibis._.count())
    known = [*GUEST_IDS, *GUESTS]
    bare = counted.value.lower().re_replace(r"[\s_\-'\"=]", "")
    matching = counted.filter(bare.isin(known) | counted.value.isin(GUEST_IDS)).to_pyarrow()["value"].to_pylist()
    if matching:
        weight = seen.weight(text.isin(matching))
        rule = _rule(rule="guests", column="customer_id", one_of=sorted(matching))
        reason = f"{weight}: the customer is {', '.join(sorted(matching))}, who is nobody in particular"
        yield Proposed("guests", rule, reason)
