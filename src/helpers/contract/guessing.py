"""Which delivered column is which canonical one: guessed from names in English and Chinese, and from the values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import ibis.expr.types as ir

from helpers.contract.dates import detect_date_format
from helpers.contract.evidence import filled, trimmed
from helpers.contract.parsing import parse_number

SAMPLE_ROWS = 10_000
EXACT, WITHIN = 100, 40
NAMES: dict[str, tuple[str, ...]] = {
    "order_id": tuple(
        (
            "orderid orderno ordernumber ordernum invoiceno invoiceid invoicenumber invoice basketid "
            "transactionid transid receiptid receiptno salesorder order 订单号 订单编号 订单id 订单编码 "
            "主订单编号 单号 交易号 交易编号 流水号 小票号"
        ).split()
    ),
    "customer_id": tuple(
        (
            "customerid customerno customernumber customer custid clientid memberid membershipid userid "
            "buyerid householdid accountid cardno cardid shopperid visitorid client member user buyer "
            "客户id 客户编号 客户号 客户代码 会员id 会员号 会员编号 会员卡号 用户id 用户编号 买家id "
            "买家会员名 顾客id 顾客编号 卡号 客户 会员 用户 买家"
        ).split()
    ),
    "ordered_at": tuple(
        (
            "orderedat orderdate orderedon ordertime orderdatetime ordertimestamp invoicedate purchasedate "
            "purchasedat purchasetime transactiondate transactiontimestamp transactiontime transdate "
            "saledate saletime createdat createddate paidat paymentdate timestamp datetime date time day "
            "下单时间 下单日期 订单日期 订单时间 订单创建时间 创建时间 购买时间 购买日期 交易时间 交易日期 "
            "付款时间 支付时间 销售日期 消费时间 消费日期 日期 时间"
        ).split()
    ),
    "amount": tuple(
        (
            "amount orderamount totalamount ordertotal total totalprice linetotal grandtotal netamount "
            "salesvalue salesamount sales revenue turnover paidamount amountpaid payment spend value "
            "subtotal nettotal 金额 订单金额 实付金额 实付款 实收金额 支付金额 付款金额 消费金额 销售金额 "
            "销售额 交易金额 总金额 总价 合计 总额 买家实际支付金额"
        ).split()
    ),
    "quantity": tuple(
        "quantity qty units itemcount count pieces numberofcds 数量 件数 购买数量 销售数量 商品数量".split()
    ),
    "unit_price": tuple("unitprice priceperunit itemprice price 单价 商品单价 价格 售价 销售单价".split()),
    "discount_amount": tuple(
        (
            "discountamount discount retaildisc discountvalue totaldiscount rebate 折扣金额 优惠金额 折扣 优惠 减免金额"
        ).split()
    ),
    "product_id": tuple(
        (
            "productid productcode stockcode sku skuid itemid itemcode articleid articleno article upc ean "
            "product item 商品编号 商品id 商品编码 商品代码 产品编号 产品id 货号 商品"
        ).split()
    ),
    "category": tuple("category productcategory department productgroup 品类 类目 商品类别 商品分类 类别 分类".split()),
    "channel": tuple("channel saleschannel orderchannel source platform 渠道 销售渠道 订单来源 平台 来源".split()),
    "store": tuple(
        "store storeid storename shop shopid branch outlet 门店 店铺 店铺名称 门店编号 门店名称 商店".split()
    ),
    "region": tuple("region country state province city market 地区 区域 国家 省份 城市 省".split()),
    "coupon": tuple("coupon couponcode promocode voucher promotioncode 优惠券 优惠码 优惠券编号 券号".split()),
    "currency": tuple("currency currencycode 币种 货币".split()),
}
NUMBERS = ("amount", "quantity", "unit_price", "discount_amount")


@dataclass(frozen=True)
class Guess:
    """A delivered column for a canonical one, and whether a person should look at it."""

    column: str
    is_sure: bool
    rivals: tuple[str, ...] = ()


def guess(table: ir.Table) -> dict[str, Guess]:
    """For each canonical column of an order that the table seems to have, the delivered one.

    Parameters
    ----------
    table
        As delivered; its first rows are looked at.

    Returns
    -------
    dict
        Canonical name to guess. A name that equals a known one, with values that fit, is sure; a name that only
        contains one, or several equally good, is not. Without any name that fits, the only column of dates is taken
        for `ordered_at`.
    """
    names = [name for name in table.columns if not name.startswith("_")]
    sample = table.select(*names).limit(SAMPLE_ROWS).cache()
    kinds = {name: _kind(sample, name) for name in names}
    taken: dict[str, Guess] = {}
    for canonical in NAMES:
        free = [name for name in names if name not in {guess.column for guess in taken.values()}]
        best = _best(canonical, free, kinds)
        if best is not None:
            taken[canonical] = best
    return taken


def _best(canonical: str, names: list[str], kinds: Mapping[str, str]) -> Guess | None:
    scores = {name: _score(canonical, name) for name in names if _fits(canonical, kinds[name])}
    ranked = sorted((name for name in scores if scores[name]), key=lambda name: -scores[name])
    if ranked:
        top = ranked[0]
        rivals = tuple(name for name in ranked[1:] if scores[name] >= EXACT / 2 or scores[name] == scores[top])
        return Guess(top, scores[top] > WITHIN and not (rivals and canonical == "ordered_at"), rivals)
    dated = [name for name in names if kinds[name] == "date"]
    return Guess(dated[0], False) if canonical == "ordered_at" and len(dated) == 1 else None


def _score(canonical: str, name: str) -> int:
    """100 and less where the name is a known one, 40 and less where it contains one, 0 where it does not."""
    plain = plain_name(name)
    for place, known in enumerate(NAMES[canonical]):
        if plain == known:
            return EXACT - place
    for place, known in enumerate(NAMES[canonical]):
        if known in plain and (len(known) > 4 or not known.isascii()):
            return max(WITHIN - place, 1)
    return 0


def plain_name(name: str) -> str:
    """Letters and digits of a name, in lower case; a unit in brackets left out."""
    bare = re.sub(r"[(（\[].*?[)）\]]", "", unicodedata.normalize("NFKC", name))
    return "".join(character for character in bare.casefold() if character.isalnum())


def _fits(canonical: str, kind: str) -> bool:
    if canonical in NUMBERS:
        return kind in ("number", "day number")
    if canonical == "ordered_at":
        return kind in ("date", "day number", "unclear date")
    if canonical == "coupon":
        return kind == "text"
    return kind not in ("date", "unclear date")


def _kind(sample: ir.Table, name: str) -> str:
    """What the values of a column are: number, date, day number (20111231), unclear date, text or nothing."""
    kind = sample.schema()[name]
    if kind.is_timestamp() or kind.is_date():
        return "date"
    if not kind.is_string() and not kind.is_numeric():
        return "text"
    text = filled(trimmed(sample[name]))
    counts = (
        sample.aggregate(given=text.count(), wordy=(~text.re_search("[0-9０-９]")).sum()).to_pyarrow().to_pylist()[0]
    )
    if counts["given"] == 0 or counts["wordy"]:
        return "text" if counts["given"] else "nothing"
    if kind.is_floating() or kind.is_decimal():
        return "number"
    is_number = parse_number(sample, name, decimal=None).problem is None
    dated = detect_date_format(sample, name)
    is_date = dated.problem is None and bool(dated.formats or dated.epoch)
    if is_number:
        return "day number" if is_date else "number"
    if is_date:
        return "date"
    return "unclear date" if "state `date_format`, such as" in (dated.problem or "") else "text"
