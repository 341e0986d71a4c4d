"""What `new` proposes for orders as people have them: right, or a question that names the point.

So are tested grain, rule_proposals, currencies, params_text and sheet_choice, which it is made of.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from helpers.contract.canonical import Tables
from helpers.contract.loading import load
from helpers.contract.scaffolding import Answers, Proposal, propose
from helpers.errors import ParamsError
from helpers.params import CommonParams, read_report


@dataclass(frozen=True)
class Read:
    """A proposal, its params, and the tables that they give."""

    proposal: Proposal
    params: CommonParams
    tables: Tables

    @property
    def total(self) -> Decimal:
        return Decimal(self.tables.orders.amount.sum().to_pyarrow().as_py() or 0)

    @property
    def refunded(self) -> Decimal:
        return Decimal(self.tables.refunds.amount.sum().to_pyarrow().as_py() or 0)

    def asks(self, words: str) -> bool:
        return any(words in sentence for sentence in self.proposal.unsure)


def read(folder: Path, source: str, **answers: Any) -> Read:
    proposal = propose("shop", source, root=folder, answers=Answers(**{"currency": "EUR"} | answers))
    (folder / "shop.yml").write_text(proposal.text, encoding="utf-8")
    params = read_report(folder / "shop.yml").params["exploration"]
    return Read(proposal, params, load(**params.delivery, root=folder))


def orders(count: int = 24) -> list[tuple[str, str, str, int]]:
    """Orders of seven customers: id, customer, day, amount in whole units."""
    return [(f"A{n:03d}", f"c{n % 7}", f"2024-{n // 28 + 1:02d}-{n % 28 + 1:02d}", 10 + n) for n in range(count)]


TOTAL = sum(10 + n for n in range(24))


def write(folder: Path, text: str, *, name: str = "orders.csv", encoding: str = "utf-8") -> str:
    (folder / name).write_text(text, encoding=encoding)
    return name


def order_per_row(folder: Path) -> str:
    return write(folder, "Order,Customer ID,Date,Amount\n" + "".join(f"{o},{c},{d},{a}\n" for o, c, d, a in orders()))


def lines_with_own_amounts(folder: Path) -> str:
    rows = "".join(f"{o},{c},{d},cup,{a - 3}\n{o},{c},{d},pot,3\n" for o, c, d, a in orders())
    return write(folder, "Order,Customer ID,Date,SKU,Amount\n" + rows)


def lines_with_the_total(folder: Path) -> str:
    rows = "".join(f"{o},{c},{d},cup,1,{a - 3},{a}\n{o},{c},{d},pot,1,3,{a}\n" for o, c, d, a in orders())
    return write(folder, "Order,Customer ID,Date,SKU,Quantity,Unit Price,Order Total\n" + rows)


def lines_with_the_total_on_the_first(folder: Path) -> str:
    rows = "".join(
        f"{o},{c},{d},cup,{a},{'voided' if o == 'A001' else 'paid'}\n{o},{c},{d},pot,,\n" for o, c, d, a in orders()
    )
    return write(folder, "Order,Customer ID,Date,SKU,Total,Financial Status\n" + rows)


def overlapping_exports(folder: Path) -> str:
    for part, parts in (("1", orders()[:16]), ("2", orders()[12:])):
        rows = "".join(f"{o},{c},{d},{a},{'sent' if part == '2' else 'new'}\n" for o, c, d, a in parts)
        write(folder, "Order,Customer ID,Date,Amount,Fulfillment\n" + rows, name=f"part_{part}.csv")
    return "part_*.csv"


def overlapping_lines(folder: Path) -> str:
    for part, parts in (("1", orders()[:16]), ("2", orders()[12:])):
        rows = "".join(f"{o},{c},{d},cup,{a - 3}\n{o},{c},{d},pot,3\n" for o, c, d, a in parts)
        write(folder, "Order,Customer ID,Date,SKU,Amount\n" + rows, name=f"part_{part}.csv")
    return "part_*.csv"


def told_again_in_one_file(folder: Path) -> str:
    rows = [f"{o},{c},{d},{a},new,2024-03-01\n" for o, c, d, a in orders()]
    rows += [f"{o},{c},{d},{a},sent,2024-03-02\n" for o, c, d, a in orders()[:5]]
    return write(folder, "Order,Customer ID,Date,Amount,Stage,Updated at\n" + "".join(rows))


def merged_cells(folder: Path) -> str:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Order", "Customer ID", "Date", "SKU", "Amount"])
    for o, c, d, a in orders():
        sheet.append([o, c, d, "cup", a - 3])
        sheet.append([None, None, None, "pot", 3])
    book.save(folder / "orders.xlsx")
    return "orders.xlsx"


def workbook_of_sheets(folder: Path) -> str:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.append(["Customer ID", "Name"])
    for n in range(40):
        first.append([f"c{n}", f"N {n}"])
    sheet = book.create_sheet("2024")
    sheet.append(["Order", "Customer ID", "Date", "Amount"])
    for row in orders():
        sheet.append(list(row))
    book.save(folder / "orders.xlsx")
    return "orders.xlsx"


def one_of_2042(folder: Path) -> str:
    order_per_row(folder)
    return write(folder, (folder / "orders.csv").read_text() + "A999,c1,2042-10-03,99\n")


def one_of_1970(folder: Path) -> str:
    order_per_row(folder)
    return write(folder, (folder / "orders.csv").read_text() + "A999,c1,1970-01-01,99\n")


def closed_and_refunded(folder: Path) -> str:
    """The first order was never paid, the second closed after it was paid and given back, the third partly given back."""
    paid = {"A000": 0}
    back, state = {"A001": 11, "A002": 4}, {"A000": "交易关闭", "A001": "交易关闭"}
    rows = "".join(
        f"{o},{c},{d} 10:00,{a},{paid.get(o, a)},{state.get(o, '交易成功')},{back.get(o, 0)}\n"
        for o, c, d, a in orders()
    )
    return write(
        folder,
        "订单编号,买家会员名,订单创建时间,总金额,买家实际支付金额,订单状态,退款金额\n" + rows,
        encoding="gb18030",
    )


def guests_and_tests(folder: Path) -> str:
    rows = "".join(
        f"{o},{'guest' if c == 'c3' else c},{d},{a},{'test' if o == 'A001' else 'live'}\n" for o, c, d, a in orders()
    )
    return write(folder, "Order,Customer ID,Date,Amount,Kind\n" + rows)


@dataclass(frozen=True)
class Kind:
    """How orders are delivered, what they come to as proposed, and what is asked."""

    make: Callable[[Path], str]
    total: int
    orders: dict[str, object] = field(default_factory=dict)
    asks: tuple[str, ...] = ()
    refunded: int = 0
    text: tuple[str, ...] = ()


KINDS = [
    Kind(order_per_row, TOTAL, {"grain": "order"}),
    Kind(lines_with_own_amounts, TOTAL, {"grain": "line", "amount_of": "row"}),
    Kind(
        lines_with_the_total,
        TOTAL,
        {"grain": "line", "amount_of": "order"},
        ("In all 516.00 if the amount is the order's, 1,032.00 if the line's (`--amount-of`).",),
    ),
    Kind(
        lines_with_the_total_on_the_first,
        TOTAL,
        {"grain": "line", "amount_of": "order", "fill_down": ["Total", "Financial Status"]},
        ("2 rows, 11.00: `Financial Status` is voided: is the rule `closed orders` right?",),
    ),
    Kind(
        overlapping_exports,
        TOTAL,
        {"grain": "order"},
        ("4 orders stand in several files", "516.00 if each order is counted once, 610.00 if all rows are"),
        text=("    - {rule: told again, column: order_id, keep: latest}",),
    ),
    Kind(overlapping_lines, TOTAL, {"grain": "line", "amount_of": "row"}, ("4 orders stand in several files",)),
    Kind(
        told_again_in_one_file,
        TOTAL,
        {"grain": "order"},
        ("5 rows repeat the id of another order", "516.00 in all"),
        text=("    - {rule: told again, column: order_id, keep: latest, by: Updated at}",),
    ),
    Kind(
        merged_cells,
        TOTAL,
        {"grain": "line", "amount_of": "row", "fill_down": ["Order", "Customer ID", "Date"]},
        ("In all 516.00; the rows with an order alone would be 444.00.",),
    ),
    Kind(workbook_of_sheets, TOTAL, {"table": "2024"}, ("Of 2 sheets `2024` (24 rows) looks most like orders",)),
    Kind(one_of_2042, TOTAL, {}, ("1 row of 2042-10-03 is far from all others",)),
    Kind(
        one_of_1970,
        TOTAL + 99,
        {},
        ("1 row of 1970-01-01 is far from all others", "1 row, 99.00: of 1970, far before all others"),
        text=("  #   - {rule: day unknown (1970), column: ordered_at, matches: ^1970}",),
    ),
    Kind(
        closed_and_refunded,
        TOTAL - 10,
        {"grain": "order"},
        (
            "It could also be `总金额`",
            "`退款金额` is taken for what orders gave back (2 times, 15.00)",
            "2 rows, 11.00: `订单状态` is 交易关闭: is the rule `closed orders` right? (--take 'closed orders')",
        ),
        refunded=15,
        text=("  #   - {rule: closed orders, column: 订单状态, one_of: [交易关闭]}",),
    ),
    Kind(
        guests_and_tests,
        TOTAL,
        {},
        ("1 row, 11.00: `Kind` is test", "3 rows, 60.00: the customer is guest, who is nobody in particular"),
    ),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.make.__name__)
def test_the_proposal_is_right_or_asks(kind: Kind, tmp_path: Path) -> None:
    result = read(tmp_path, kind.make(tmp_path))
    assert result.total == kind.total
    assert result.refunded == kind.refunded
    stated = result.params.orders.model_dump()
    assert {name: stated[name] for name in kind.orders} == kind.orders
    for words in kind.asks:
        assert result.asks(words), result.proposal.unsure
    for line in kind.text:
        assert line in result.proposal.text, result.proposal.text
    assert result.params.as_of.isoformat() == "2024-01-24"
    if not kind.asks:
        assert result.proposal.unsure == ()


def test_a_rule_is_taken_when_it_is_named(tmp_path: Path) -> None:
    result = read(tmp_path, closed_and_refunded(tmp_path), rules=("closed orders",))
    assert (result.total, result.refunded) == (TOTAL - 10 - 11, 4)
    assert not result.asks("closed orders")
    with pytest.raises(
        ParamsError, match=r"--take names the rule 'closed order', which is not proposed\. Did you mean"
    ):
        read(tmp_path, closed_and_refunded(tmp_path), rules=("closed order",))


def test_answers_decide(tmp_path: Path) -> None:
    result = read(tmp_path, lines_with_the_total(tmp_path), amount_of="row")
    assert result.total == 2 * TOTAL
    assert not result.asks("--amount-of")
    assert (
        read(tmp_path, order_per_row(tmp_path), columns={"customer_id": "Order"})
        .tables.orders.filter(lambda table: table.customer_id == "A001")
        .count()
        .to_pyarrow()
        .as_py()
        == 1
    )
    with pytest.raises(ParamsError, match=r"--customer names column 'Custmer ID', which is not there\. Did you mean"):
        read(tmp_path, order_per_row(tmp_path), columns={"customer_id": "Custmer ID"})


def test_a_zone_is_asked_for_and_answered(tmp_path: Path) -> None:
    rows = "".join(
        f"{o},{c},{d} 23:30:00 {'-0500' if n % 2 else '-0400'},{a}\n" for n, (o, c, d, a) in enumerate(orders())
    )
    source = write(tmp_path, "Order,Customer ID,Created at,Amount\n" + rows)
    proposal = propose("shop", source, root=tmp_path, answers=Answers(currency="USD"))
    assert any("--time-zone" in sentence for sentence in proposal.unsure)
    result = read(tmp_path, source, time_zone="Asia/Shanghai")
    assert result.params.time_zone == "Asia/Shanghai"
    assert result.params.as_of.isoformat() == "2024-01-25", (
        "half past eleven at night there is noon of the next day here"
    )
    assert not result.asks("--time-zone")


@pytest.mark.parametrize(
    ("name", "code", "asks"),
    [
        ("金额（元）", "CNY", False),
        ("金额（￥）", "CNY", True),
        ("Amount (¥)", "XXX", True),
        ("Amount USD", "USD", False),
    ],
)
def test_the_currency_is_told_by_a_word_and_asked_for_by_a_sign_of_two(
    tmp_path: Path, name: str, code: str, asks: bool
) -> None:
    rows = "".join(f"{o},{c},{d},{a}\n" for o, c, d, a in orders())
    source = write(tmp_path, f"order,customer,date,{name}\n" + rows)
    proposal = propose("shop", source, root=tmp_path)
    assert f"currency: {code}" in proposal.text
    assert any("Yuan or yen" in sentence for sentence in proposal.unsure) is asks


@pytest.fixture
def cases() -> Path:
    """The folder of cases beside the data."""
    folder = Path(os.environ.get("REGULARS_DATA", "")).parent / "cases"
    if not os.environ.get("REGULARS_DATA") or not folder.is_dir():
        pytest.skip("there is no folder cases beside REGULARS_DATA")
    return folder


CASES = [
    ("08-order-total-on-every-line/orders.csv", "26076.29", "0"),
    ("12-taobao-status-and-paid/ExportOrderList.csv", "23093.46", "2713.93"),
    ("14-workbook-with-sheets/orders.xlsx", "26076.29", "0"),
    ("16-merged-order-cells/orders.xlsx", "26076.27", "0"),
    ("29-overlapping-exports/*.csv", "26076.29", "0"),
    ("30-email-letter-case/orders.csv", "26076.29", "0"),
]


@pytest.mark.parametrize(("source", "total", "refunded"), CASES)
def test_the_cases(source: str, total: str, refunded: str, tmp_path: Path, cases: Path) -> None:
    result = read(tmp_path, str(cases / source))
    assert (result.total, result.refunded) == (Decimal(total), Decimal(refunded))
    assert result.tables.orders.customer_id.nunique().to_pyarrow().as_py() == 120
