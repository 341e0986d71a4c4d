"""Comments in English and Chinese whose topic, polarity and language are known: templates as data, and their filling.

The negative Chinese texts lean on 不, 没 and 很, which lists of stop words drop: 不便宜 is a complaint, 不贵 is praise.
"""

from __future__ import annotations

from itertools import product
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Texts = NDArray[Any]

TOPICS = ("price", "delivery", "quality", "service", "app", "range")
POLARITIES = ("negative", "neutral", "positive")
LANGUAGES = ("en", "zh")

# What may stand in a slot of a template; no word of a slot carries topic or polarity of its own.
SLOTS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "days": ("two", "three", "five", "six"),
        "item": ("kettle", "lamp", "jacket", "backpack", "toy", "chair"),
        "when": ("this month", "last week", "this time", "in spring", "on Monday"),
        "step": ("at checkout", "on the basket page", "when I search", "at the login"),
        "who": ("The woman on the phone", "The man in the shop", "Your staff", "The lady in the chat"),
    },
    "zh": {
        "days": ("两", "三", "五", "六"),
        "item": ("水壶", "台灯", "外套", "背包", "玩具", "椅子"),
        "when": ("这个月", "上周", "这次", "春天的时候", "星期一"),
        "step": ("结账的时候", "购物车页面上", "搜索的时候", "登录的时候"),
        "who": ("接电话的女士", "店里的先生", "你们的员工", "在线的客服"),
    },
}

# (topic, polarity) -> language -> templates.
TEMPLATES: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("price", "negative"): {
        "en": (
            "The {item} has become too expensive {when}.",
            "Not cheap at all: I saw the same {item} for less elsewhere.",
            "Prices went up again {when}, hardly worth it any more.",
        ),
        "zh": (
            "{item}太贵了，别家便宜得多。",
            "价格一点也不便宜，{when}又涨价了。",
            "{when}买的{item}性价比很低，不值这个价。",
        ),
    },
    ("price", "neutral"): {
        "en": (
            "Please put the price of the {item} on the first page.",
            "I compared the price of a {item} {when}.",
            "Is there a price list for members?",
        ),
        "zh": ("{when}我比较了{item}的价格。", "请问{item}的价格含税吗？", "会员价和普通价有什么区别？"),
    },
    ("price", "positive"): {
        "en": (
            "Great price for a {item}, I saved a lot {when}.",
            "The {item} is not expensive, good value for money.",
            "Fair prices and honest discounts {when}.",
        ),
        "zh": ("{item}一点也不贵，很划算。", "{when}的折扣很实在，价格公道。", "性价比很高，{when}省了不少钱。"),
    },
    ("delivery", "negative"): {
        "en": (
            "The parcel came {days} days late {when}.",
            "My {item} was shipped to the wrong address, and nobody told me.",
            "Waited {days} days longer than promised for the delivery.",
        ),
        "zh": (
            "快递晚了{days}天，没有人通知我。",
            "{when}发货很慢，等了{days}天还没到。",
            "{item}送错了地址，配送太不靠谱。",
        ),
    },
    ("delivery", "neutral"): {
        "en": (
            "The delivery of the {item} took {days} days.",
            "Can the parcel be left with a neighbour?",
            "I picked up my parcel at the station {when}.",
        ),
        "zh": ("{item}的配送用了{days}天。", "快递可以放在邻居家吗？", "{when}我去驿站取的快递。"),
    },
    ("delivery", "positive"): {
        "en": (
            "Fast delivery, the {item} arrived after {days} days already.",
            "The courier was on time {when}, thank you.",
            "Shipping could not be smoother, parcel well packed.",
        ),
        "zh": ("物流很快，{days}天就到了。", "{when}快递很准时，包装也没有破损。", "{item}发货及时，配送非常顺利。"),
    },
    ("quality", "negative"): {
        "en": (
            "The {item} broke after {days} days.",
            "Poor material, the {item} does not look like the picture.",
            "The {item} that I bought {when} was faulty.",
        ),
        "zh": ("{item}用了{days}天就坏了。", "材质很差，{item}和图片不一样。", "{when}买的{item}质量不行，有毛病。"),
    },
    ("quality", "neutral"): {
        "en": (
            "What material is the {item} made of?",
            "The {item} is as described.",
            "I have used the {item} for {days} days.",
        ),
        "zh": ("请问{item}是什么材质的？", "{item}和描述的一样。", "{item}用了{days}天。"),
    },
    ("quality", "positive"): {
        "en": (
            "The {item} is very well made.",
            "Excellent quality, nothing wrong with the {item} so far.",
            "Solid material, I would buy the {item} again.",
        ),
        "zh": ("{item}做工很好。", "质量非常不错，{item}没有任何问题。", "材质很结实，{item}还会再买。"),
    },
    ("service", "negative"): {
        "en": (
            "{who} was rude and did not help me.",
            "Nobody answered my question {when}, the service is bad.",
            "I had to ask {days} times before the service replied.",
        ),
        "zh": ("{who}态度很差，不解决问题。", "{when}问了{days}次，客服都不回复。", "售后服务太差，没有人管。"),
    },
    ("service", "neutral"): {
        "en": (
            "I talked to the customer service {when}.",
            "When is the service line open?",
            "{who} asked for my order number.",
        ),
        "zh": ("{when}我联系过客服。", "客服电话几点开始？", "{who}问了我的订单号。"),
    },
    ("service", "positive"): {
        "en": (
            "{who} was friendly and solved it at once.",
            "Never had a problem with the service, they answer quickly.",
            "Kind and patient service {when}.",
        ),
        "zh": ("{who}很耐心，马上就解决了。", "{when}客服回复很快，态度不错。", "服务没得说，非常热情。"),
    },
    ("app", "negative"): {
        "en": (
            "The app crashes {step}.",
            "The website is slow {step}, not usable on my phone.",
            "Since the update {when} the app does not work any more.",
        ),
        "zh": ("{step}应用总是闪退。", "{step}网页很卡，手机上不好用。", "{when}更新以后应用打不开了。"),
    },
    ("app", "neutral"): {
        "en": (
            "I use the app on a tablet.",
            "I installed the update of the app {when}.",
            "There is a button in the app {step}.",
        ),
        "zh": ("我在平板上用应用。", "{when}我更新了应用。", "{step}应用里有一个按钮。"),
    },
    ("app", "positive"): {
        "en": (
            "The app is easy to use, everything quick {step}.",
            "Love the new app, no crashes {when}.",
            "The website is clear and simple {step}.",
        ),
        "zh": ("应用很好用，{step}非常方便。", "{when}更新以后应用不卡了，点赞。", "网页简洁清楚，{step}很流畅。"),
    },
    ("range", "negative"): {
        "en": (
            "The {item} I wanted was sold out {when}.",
            "Too little choice, no {item} in my size.",
            "Nothing new in the assortment {when}.",
        ),
        "zh": ("想要的{item}{when}没有货。", "{item}的款式太少，没什么可选的。", "{when}商品种类不多，没有新品。"),
    },
    ("range", "neutral"): {
        "en": (
            "Do you also stock a {item} in blue?",
            "I looked at the new collection {when}.",
            "How many models of the {item} are there?",
        ),
        "zh": ("{item}有蓝色的款式吗？", "{when}我看了新品系列。", "{item}一共有几个型号？"),
    },
    ("range", "positive"): {
        "en": (
            "Huge choice, I found the {item} at once.",
            "You have every kind of {item}, wonderful selection.",
            "Lovely new assortment {when}, nothing is missing.",
        ),
        "zh": ("商品种类很全，一下就找到了{item}。", "{item}款式很多，选择丰富。", "{when}新品很喜欢，想要的都有。"),
    },
}


def texts(topic: str, polarity: str, language: str) -> tuple[str, ...]:
    """Every text that a customer may write about a topic: each template with each filling of its slots.

    >>> texts("quality", "positive", "zh")[0]
    '水壶做工很好。'
    """
    return tuple(text for template in TEMPLATES[topic, polarity][language] for text in filled(template, language))


def filled(template: str, language: str) -> list[str]:
    """The fillings of one template."""
    slots = [name for _, name, _, _ in Formatter().parse(template) if name]
    words = product(*(SLOTS[language][slot] for slot in slots))
    return [template.format(**dict(zip(slots, chosen, strict=True))) for chosen in words]


def write(wanted: pd.DataFrame, *, generator: np.random.Generator) -> Texts:
    """A comment for each row of `wanted`.

    Parameters
    ----------
    wanted
        A row per comment: `topic`, `polarity` and `language`, names out of TOPICS, POLARITIES and LANGUAGES.
    generator
        Where the choice among the templates, and the filling of their slots, comes from.

    Returns
    -------
    array of object
        The texts, in the order of the rows: a template is as likely as any other of its topic, polarity and language.
    """
    draws = generator.random((len(wanted), 2))
    written: Texts = np.full(len(wanted), "", dtype=object)
    for (topic, polarity), templates in TEMPLATES.items():
        of_cell = (wanted["topic"].to_numpy() == topic) & (wanted["polarity"].to_numpy() == polarity)
        for language in LANGUAGES:
            rows = np.flatnonzero(of_cell & (wanted["language"].to_numpy() == language))
            written[rows] = _chosen(templates[language], language, draws[rows])
    return written


def _chosen(templates: tuple[str, ...], language: str, draws: NDArray[np.float64]) -> Texts:
    """Of each row of two draws: the first chooses the template, the second its filling."""
    chosen: Texts = np.full(len(draws), "", dtype=object)
    which = (draws[:, 0] * len(templates)).astype(int)
    for number, template in enumerate(templates):
        choices = np.array(filled(template, language)).astype(object)
        rows = which == number
        chosen[rows] = choices[(draws[rows, 1] * len(choices)).astype(int)]
    return chosen
