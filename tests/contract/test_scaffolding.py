"""A proposed params file: read by the kit, right where the data are plain, in doubt where they are not."""

from datetime import date
from decimal import Decimal

import pytest

from helpers.contract.loading import load
from helpers.contract.scaffolding import Answers, Proposal, propose
from helpers.errors import ContractError, ParamsError
from helpers.params import CommonParams, read_report


@pytest.fixture
def proposed(tmp_path):
    def make(content: str | bytes, name: str = "orders.csv", **answers) -> tuple[Proposal, CommonParams]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        proposal = propose("my_shop", path, root=tmp_path, answers=Answers(**answers))
        written = tmp_path / "my_shop.yml"
        written.write_text(proposal.text, encoding="utf-8")
        return proposal, read_report(written).params["exploration"]

    return make


PLAIN = "Order ID;Client No;Order Date;Total (EUR);Shop\n1;a;2024-01-30;12,50;x\n2;b;2024-01-31;3,00;y\n"


def test_plain_orders_leave_little_to_ask(proposed, tmp_path):
    proposal, params = proposed(PLAIN)
    assert params.orders.columns == {
        "order_id": "Order ID",
        "customer_id": "Client No",
        "ordered_at": "Order Date",
        "amount": "Total (EUR)",
        "store": "Shop",
    }
    assert (params.title, params.as_of, params.currency) == ("My shop", date(2024, 1, 31), "EUR")
    assert params.language == "en"
    assert (params.orders.source, params.orders.grain) == ("orders.csv", "order")
    assert "# orders.csv: utf-8, delimiter ';', decimal mark ','" in proposal.text
    tables = load(**params.delivery, root=tmp_path)
    assert tables.orders.amount.sum().execute() == Decimal("15.50")
    assert proposed(PLAIN.replace("Shop", "门店"))[1].language == "en", "one Chinese name among English ones"


def test_chinese_names(proposed):
    content = "订单号,客户ID,下单时间,金额（元）,门店\n1,a,2024-01-02 10:00,12.5,x\n2,b,2024-01-03 11:30,3,y\n"
    proposal, params = proposed(content.encode("gb18030"))
    assert params.orders.columns == {
        "order_id": "订单号",
        "customer_id": "客户ID",
        "ordered_at": "下单时间",
        "amount": "金额（元）",
        "store": "门店",
    }
    assert (params.as_of, params.currency, params.language) == (date(2024, 1, 3), "CNY", "zh")
    assert proposal.unsure == ()


LINES = """InvoiceNo,StockCode,Quantity,UnitPrice,InvoiceDate,CustomerID
536365,A,1,2.5,2010-12-01 08:26,17850
536365,A,1,2.5,2010-12-01 08:26,17850
536365,B,2,1.0,2010-12-01 08:26,17850
536366,B,2,0,2010-12-01 09:00,
C536367,B,-2,1.0,2010-12-02 09:00,17850
536368,A,1,2,2010-12-02 10:00,17851
"""


def test_lines_of_orders_and_the_rules_they_seem_to_need(proposed):
    proposal, params = proposed(LINES)
    assert params.orders.grain == "line"
    assert params.orders.columns["unit_price"] == "UnitPrice"
    assert "amount" not in params.orders.columns
    assert [rule.rule for rule in params.orders.rules] == ["no customer"], "the data cannot be read without"
    proposed_rules = [line.split("- ", 1)[1] for line in proposal.text.splitlines() if "- {rule" in line]
    assert [tuple(line.split("   # ")) for line in proposed_rules] == [
        ("{rule: no customer, column: customer_id, missing: true}", "1 row, 0.00: without a customer"),
        (
            "{rule: exact duplicates, duplicates: true}",
            "1 row, 2.50: the same as an earlier row in every column",
        ),
        (
            "{rule: cancelled invoice, column: order_id, matches: ^C, do: refund}",
            "1 row, -2.00: an order id that begins with C, as cancelled invoices do",
        ),
        ("{rule: no price, column: unit_price, at_most: 0}", "1 row, 0.00: a price of zero or less"),
    ]
    assert proposal.unsure[0] == "The currency is unknown: write its ISO code in place of XXX (`--currency`)."
    assert params.currency == "XXX"


def test_proposed_rules_can_be_taken_as_they_are(proposed, tmp_path):
    _, params = proposed(LINES, rules=("all",))
    assert [rule.rule for rule in params.orders.rules] == [
        "exact duplicates",
        "no customer",
        "cancelled invoice",
        "no price",
    ]
    tables = load(**params.delivery, root=tmp_path)
    assert (tables.orders.count().execute(), tables.refunds.count().execute()) == (2, 1)


def test_day_and_month_are_left_to_a_person(proposed):
    proposal, params = proposed("order,customer,date,amount\n1,a,01/02/2024,5\n2,b,03/04/2024,6\n")
    assert any("must show which is the day and which the month" in doubt for doubt in proposal.unsure)
    assert "# date_format: '%d/%m/%Y'" in proposal.text
    assert params.orders.date_format is None


def test_columns_that_were_not_found_are_asked_for(proposed):
    proposal, params = proposed("foo,bar\nx1,y\nx2,z\n")
    assert params.orders.columns == {}
    assert proposal.unsure == (
        "No column was found for `customer_id` (the customer): map it under `columns`, or pass --customer.",
        "No column was found for `ordered_at` (when it was ordered): map it under `columns`, or pass --ordered-at.",
        "No column was found for `amount` (what the customer paid): map it under `columns`, or pass --amount.",
        "No column looks like an order id: each row is taken for an order of its own. (--order-id)",
        "The currency is unknown: write its ISO code in place of XXX (`--currency`).",
    )
    assert "    # customer_id:    # the customer: no column was found" in proposal.text


def test_rivals_are_named(proposed):
    text = "order_id,customer_id,created_at,paid_at,amount\n1,a,2024-01-01,2024-01-02,5\n"
    proposal, params = proposed(text)
    assert params.orders.columns["ordered_at"] == "created_at"
    doubt = "Column `created_at` is taken for `ordered_at`. It could also be `paid_at`. (--ordered-at)"
    assert doubt in proposal.unsure
    proposal, params = proposed(text, columns={"ordered_at": "paid_at"})
    assert params.orders.columns["ordered_at"] == "paid_at"
    assert not any("`ordered_at`" in sentence for sentence in proposal.unsure)


def test_a_thin_last_day_is_told(proposed):
    days = "".join(f"{day}{n},c{n},2024-01-{day:02d},1\n" for day in range(1, 10) for n in range(20))
    proposal, params = proposed(f"order_id,customer_id,ordered_at,amount\n{days}999,c1,2024-01-10,1\n")
    assert params.as_of == date(2024, 1, 10)
    doubt = "The last day, 2024-01-10, has 1 row only: is it complete, or is `as_of` the day before (`--as-of`)?"
    assert doubt in proposal.unsure


def test_names_from_the_data_cannot_break_the_file(proposed):
    proposal, params = proposed('order_id,customer_id,ordered_at,"amount: #1",": {x}\n- y"\n1,a,2024-01-01,5,z\n')
    assert params.orders.columns["amount"] == "amount: #1"
    assert "    # not used: : {x} - y" in proposal.text.splitlines()


def test_currency_comes_from_a_sign_or_a_column(proposed):
    assert proposed("order_id,customer_id,date,amount\n1,a,2024-01-01,£5.10\n")[1].currency == "GBP"
    assert proposed("order_id,customer_id,date,amount,currency\n1,a,2024-01-01,5,sek\n")[1].currency == "SEK"
    proposal, params = proposed(
        "order_id,customer_id,date,amount,currency\n1,a,2024-01-01,5,SEK\n2,a,2024-01-01,5,EUR\n"
    )
    assert params.currency == "XXX"
    assert any("holds several currencies" in doubt for doubt in proposal.unsure)


@pytest.mark.parametrize("name", ["../../x", "a b", "", "x" * 65, "a/b", "a\nb: c"])
def test_a_report_name_that_is_no_name(name, tmp_path):
    with pytest.raises(ParamsError, match="letters, digits, _ and - only, 64 at most"):
        propose(name, "cdnow", root=tmp_path)


def test_files_that_cannot_be_read(proposed, tmp_path):
    with pytest.raises(ParamsError, match=r"nothing\.csv must be a file"):
        propose("x", "nothing.csv", root=tmp_path)
    with pytest.raises(ContractError, match=r"orders\.csv must hold a header line and rows"):
        proposed("")


@pytest.mark.usefixtures("online_retail")
def test_online_retail(tmp_path):
    source = "${REGULARS_DATA}/online_retail/transactions_2010_2011.parquet"
    proposal = propose("online_retail", source, root=tmp_path)
    (tmp_path / "online_retail.yml").write_text(proposal.text)
    params = read_report(tmp_path / "online_retail.yml").params["exploration"]
    assert params.orders.source == source
    assert params.orders.columns == {
        "order_id": "InvoiceNo",
        "customer_id": "CustomerID",
        "ordered_at": "InvoiceDate",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
        "product_id": "StockCode",
        "region": "Country",
    }
    assert (params.as_of, params.orders.grain) == (date(2011, 12, 9), "line")
