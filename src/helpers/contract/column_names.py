"""What columns of orders are called in English and Chinese, in shops, market places and spreadsheets."""

from __future__ import annotations

import re
import unicodedata

KNOWN: dict[str, tuple[tuple[int, str], ...]] = {
    "order_id": (
        (
            100,
            """
            orderid orderno ordernumber ordernum ordercode ordername salesorderid salesordernumber salesorder
            amazonorderid orderreference 订单号 订单编号 订单id 订单编码 主订单编号 主订单号 父订单号
            交易订单号
            """,
        ),
        (
            90,
            """
            incrementid invoiceno invoiceid invoicenumber invoice basketid transactionid transid receiptid
            receiptno checkid billno tid 单号 交易号 交易编号 流水号 小票号 销售单号 发票号
            """,
        ),
        (70, "order 订单 merchantorderid"),
        (60, "name id"),
    ),
    "customer_id": (
        (
            100,
            """
            customerid customerno customernumber customercode custid custno clientid clientno memberid
            memberno membershipid userid buyerid householdid accountid cardno cardid shopperid visitorid
            customeruser openid unionid 客户id 客户编号 客户号 客户代码 客户编码 会员id 会员号 会员编号
            会员卡号 会员编码 用户id 用户编号 买家id 顾客id 顾客编号 卡号
            """,
        ),
        (
            90,
            """
            customer client member user buyer shopper username buyerusername useraccount 买家会员名 会员名
            会员名称 买家昵称 会员昵称 用户昵称 买家旺旺 下单帐号 下单账号 用户名 买家账号 客户 会员 用户 买家
            顾客
            """,
        ),
        (
            75,
            """
            email emailaddress customeremail billingemail emailbilling buyeremail useremail contactemail mail
            邮箱 电子邮箱 邮件地址 客户邮箱 买家邮箱 买家支付宝账号
            """,
        ),
        (
            65,
            """
            phone phonenumber mobile mobilephone customerphone billingphone phonebilling telephone tel 手机
            手机号 手机号码 联系手机 会员手机号 客户手机 买家手机 买家手机号 电话 联系电话 电话号码
            """,
        ),
        (50, "shippingemail shippingphone 收货人手机 收货人手机号 收货人电话 收件人手机 收件人手机号 收件人电话"),
    ),
    "ordered_at": (
        (
            100,
            """
            orderedat orderdate orderedon ordertime orderdatetime ordertimestamp ordercreatedat ordercreated
            下单时间 下单日期 订单日期 订单时间 订单创建时间 订单创建日期 拍下时间
            """,
        ),
        (
            95,
            """
            createdat createddate created createdon createdatetime createtime datecreated creationdate
            createdutc createddateutc purchasedate purchasedat purchasetime purchasedon invoicedate placedat
            dateadded transactiondate transactiontimestamp transactiontime transdate saledate saletime
            创建时间 创建日期 购买时间 购买日期 交易时间 交易日期 交易创建时间 销售日期 销售时间 消费时间
            消费日期 订单成交时间
            """,
        ),
        (80, "date datetime timestamp day time 日期 时间"),
        (
            60,
            """
            paidat paiddate datepaid paymentdate paymenttime paytime 付款时间 支付时间 订单付款时间 支付日期
            付款日期 订单支付时间
            """,
        ),
    ),
    "amount": (
        (
            100,
            """
            amountpaid paidamount totalpaid paid actualpaid paidtotal netpaid totalcollected paymentamount
            totalaftertax 实付金额 实付款 实付 实付总额 实际支付金额 买家实际支付金额 买家实付金额
            用户实付金额 客户实付金额 实际支付 实际付款金额 实收金额 实收 实收款 支付金额 付款金额 已付金额
            已支付金额 买家实付
            """,
        ),
        (
            92,
            """
            ordertotal ordertotalamount totalorderamount grandtotal grandtotalpurchased total totalamount
            totalprice totalinctax totalincltax amount orderamount ordervalue netamount nettotal netsales 金额
            订单金额 订单总额 订单总金额 成交金额 成交总额 消费金额 交易金额 结算金额
            """,
        ),
        (
            85,
            """
            linetotal lineamount lineitemtotal salesvalue salesamount sales revenue turnover extendedprice
            payment spend value 销售金额 销售额 总额 合计 价税合计 成交价
            """,
        ),
        (
            72,
            """
            subtotal ordersubtotal ordersubtotalamount grossamount grosssales listtotal totalbeforetax
            untaxedamount totalextax itemprice 总金额 总价 商品总价 商品金额 小计 应付金额 应付 应付款
            应付总额 应收金额 应收 买家应付货款 货款 原价 原价金额
            """,
        ),
    ),
    "quantity": (
        (
            100,
            """
            quantity qty units itemcount pieces lineitemquantity quantityordered qtyordered quantitypurchased
            orderedqty orderquantity numberofcds count 数量 件数 购买数量 销售数量 商品数量 订购数量 购买件数
            宝贝数量 商品件数 数目
            """,
        ),
        (80, "宝贝总数量 商品总数量 totalquantity totalqty"),
    ),
    "unit_price": (
        (
            100,
            """
            unitprice priceperunit itemprice lineitemprice itemcost priceeach saleprice price 单价 商品单价
            价格 售价 销售单价 成交单价 商品价格 宝贝价格 京东价
            """,
        ),
    ),
    "discount_amount": (
        (
            100,
            """
            discountamount totaldiscount discounttotal discountvalue cartdiscountamount orderdiscountamount
            折扣金额 优惠金额 减免金额 优惠总额 折扣总额
            """,
        ),
        (80, "discount discounts retaildisc rebate 折扣 优惠"),
    ),
    "refund_amount": (
        (
            100,
            """
            refundedamount refundamount amountrefunded refundedtotal totalrefunded orderrefundamount
            refundtotal partialrefunds 退款金额 退款总额 已退款金额 实退金额 退货金额 订单退款金额
            """,
        ),
        (70, "refunds refund refunded 退款"),
    ),
    "product_id": (
        (
            100,
            """
            productid productcode stockcode sku skuid lineitemsku itemid itemcode articleid articleno asin upc
            ean 商品编号 商品id 商品编码 商品代码 产品编号 产品编码 产品id 货号 宝贝id 商家编码 规格编码
            """,
        ),
        (
            80,
            """
            product item article productname itemname lineitemname 商品 产品 商品名称 产品名称 宝贝标题
            商品标题 品名
            """,
        ),
    ),
    "category": (
        (100, "category productcategory department productgroup 品类 类目 商品类别 商品分类 类别 分类 产品类别"),
    ),
    "channel": (
        (
            100,
            """
            channel saleschannel orderchannel source ordersource platform 渠道 销售渠道 订单来源 平台 来源
            订单渠道
            """,
        ),
    ),
    "store": (
        (
            100,
            """
            store storename shop shopname storeid shopid branch outlet location 门店 店铺 店铺名称 门店名称
            门店编号 商店 店铺id 分店
            """,
        ),
    ),
    "region": (
        (
            100,
            """
            region country state province city market shippingcountry countryshipping billingcountry
            countrybilling countrycodebilling shippingprovince billingprovince shipcountry 地区 区域 国家 省份
            城市 省 收货省份 收件省份
            """,
        ),
    ),
    "coupon": ((100, "coupon couponcode promocode voucher promotioncode discountcode 优惠券 优惠码 优惠券编号 券号"),),
    "currency": ((100, "currency currencycode ordercurrency 币种 货币"),),
}
"""For each canonical column the names that people give it, plain as `plain_name` makes them, with how much they say."""
ELSEWHERE: dict[str, str] = {
    "order_id": """
        sub line item payment tracking shipment customer product date time status amount total count
        source type 子订单 支付 物流 快递 运单 状态 金额 时间 日期 来源 类型 备注 数量 姓名
    """,
    "customer_id": """
        name$ agent note message address street city group type 姓名 名字 地址 留言 备注 service 客服 等级
        类型 积分 应付 实付 实际 支付金额 cost total count since
    """,
    "ordered_at": """
        update modif ship deliver cancel refund birth finish complete close expir due register 发货 更新
        修改 收货 完成 结束 退款 生日 关闭 取消 到期 注册 签收 zone
    """,
    "amount": r"""
        积分 point 邮费 运费 shipping freight
        (?<!incl)(?<!inc)(?<!after)(?<!with)tax(?!ed) ^vat 税额 税费 手续费 服务费 佣金 fee ^tip cost
        成本 profit margin 利润 balance outstanding 数量 count$ rate 率 折扣 discount 优惠 减免 refund
        退款 退货 coupon 券 deposit 定金 红包 gift credit weight 重量 quantity qty status 状态 方式 method
        currency 单价 unitprice price$
    """,
    "quantity": "account discount refund 退 种类",
    "unit_price": "total compare cost$ 总 original list 原价 成本",
    "discount_amount": "code rate tax 率 名称 name percent coupon 码",
    "refund_amount": "status 状态 date time 时间 reason 原因 count 数量 单号 编号 type 类型",
    "product_id": "date price count quantity qty total 数量 金额 单价 状态 status 种类 总",
}
"""By canonical column: what a name that only contains a known one must not contain, since it is of something else."""
WITHIN = 0.4
EXCEPTIONS = ("itemprice", "itemcost", "totalaftertax")


def plain_name(name: str) -> str:
    """Letters and digits of a name, in lower case; a unit in brackets left out."""
    bare = re.sub(r"[(（\[【].*?[)）\]】]", "", unicodedata.normalize("NFKC", name))
    plain = "".join(character for character in bare.casefold() if character.isalnum())
    # "Email (Billing)" and "(Billing) Email" say with their brackets which one
    return plain + "billing" if re.search(r"\(billing\)", name, re.IGNORECASE) else plain


def name_score(canonical: str, name: str) -> float:
    """How much a name says that the column is this one: 0 to 100; at most 40 where it only contains a known name."""
    plain = plain_name(name)
    for score, words in KNOWN[canonical]:
        listed = words.split()
        if plain in listed:
            return score - listed.index(plain) / 100
    elsewhere = "|".join(ELSEWHERE.get(canonical, "^$").split())
    if re.search(elsewhere, plain) and plain not in EXCEPTIONS:
        return 0.0
    within = [
        score * WITHIN
        for score, words in KNOWN[canonical]
        for known in words.split()
        if known in plain and (len(known) > 4 or (not known.isascii() and len(known) > 1))
    ]
    return max(within, default=0.0)
