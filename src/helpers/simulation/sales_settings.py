"""Settings of the customers, their purchases and spend, and the products of a simulated company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Channel:
    """A way in which customers are won; its effects are on the log of a rate, 0 where it changes nothing."""

    name: str
    share: float
    rate_effect: float = 0.0
    dropout_effect: float = 0.0
    acquisition_cost_amount: float = 0.0


@dataclass(frozen=True)
class Customers:
    """Who the customers are, and what moves their leaving besides the purchases' own dropout.

    Attributes
    ----------
    channels
        Acquisition channels with shares that sum to one; effects multiply rate and hazard of leaving by their exp.
    regions, region_shares
        Where customers live.
    genders, gender_shares
        As delivered.
    birth_years
        First and last year of birth, uniform between.
    growth_per_year
        Log growth of the number who join; joining follows the season as purchases do.
    satisfaction_dropout_effect, satisfaction_spend_effect
        Change of the log hazard of leaving, and of the log of expected spend, per standard deviation of satisfaction.
    incident_rate_per_year
        Bad service incidents per year of a customer; the first one counts.
    incident_hazard_ratio
        By what the hazard of leaving is multiplied from the incident on.
    """

    channels: tuple[Channel, ...] = (
        Channel("search", 0.35, 0.0, 0.0, 38.0),
        Channel("social", 0.25, -0.2, 0.4, 24.0),
        Channel("referral", 0.15, 0.3, -0.4, 30.0),
        Channel("store", 0.15, 0.15, -0.2, 52.0),
        Channel("marketplace", 0.10, -0.3, 0.2, 18.0),
    )
    regions: tuple[str, ...] = ("Shanghai", "Beijing", "Guangdong", "Zhejiang", "Sichuan", "Hubei")
    region_shares: tuple[float, ...] = (0.26, 0.2, 0.2, 0.14, 0.12, 0.08)
    genders: tuple[str, ...] = ("female", "male", "not stated")
    gender_shares: tuple[float, ...] = (0.54, 0.4, 0.06)
    birth_years: tuple[int, int] = (1950, 2005)
    growth_per_year: float = 0.1
    satisfaction_dropout_effect: float = -0.25
    satisfaction_spend_effect: float = 0.05
    incident_rate_per_year: float = 0.08
    incident_hazard_ratio: float = 2.5


@dataclass(frozen=True)
class Purchases:
    """How often people buy, and how they stop.

    A customer's purchases after the first are a Poisson process of rate lambda until death. lambda ~ Gamma(r, rate
    alpha) [weeks]. Pareto/NBD: death comes at rate mu ~ Gamma(s, rate beta) [weeks of the calendar]. BG/NBD: each
    purchase after the first is the last with probability p ~ Beta(a, b).

    Attributes
    ----------
    process
        "pareto_nbd" (Schmittlein, Morrison and Colombo 1987) or "bg_nbd" (Fader, Hardie and Lee 2005).
    r, alpha_weeks
        Shape and rate of lambda.
    s, beta_weeks
        Shape and rate of mu, Pareto/NBD.
    a, b
        Of the dropout probability, BG/NBD.
    weekly_share
        Share of customers of the other kind, who buy about weekly; 0 makes the company pure Pareto/NBD or BG/NBD.
    weekly_shape, weekly_gap_weeks
        lambda of the weekly kind ~ Gamma(shape, rate shape * gap): mean one purchase per gap.
    months, weekdays, hours
        Season: factors on the rate by month, taken as they are; profiles by weekday (Monday first) and by hour, of
        which only the shape counts.
    order_channels, order_channel_shares
        Where orders are placed; orders of the last one are placed in one of `stores`, all others in `site`.
    """

    process: Literal["pareto_nbd", "bg_nbd"] = "pareto_nbd"
    r: float = 0.7
    alpha_weeks: float = 34.0
    s: float = 0.6
    beta_weeks: float = 8.0
    a: float = 0.8
    b: float = 2.5
    weekly_share: float = 0.005
    weekly_shape: float = 20.0
    weekly_gap_weeks: float = 1.0
    months: tuple[float, ...] = (1.05, 0.85, 0.9, 0.9, 0.95, 1.1, 0.9, 0.9, 1.0, 1.0, 1.35, 1.1)
    weekdays: tuple[float, ...] = (0.9, 0.9, 0.9, 0.95, 1.1, 1.2, 1.05)
    hours: tuple[float, ...] = (
        *(0.3, 0.15, 0.1, 0.1, 0.1, 0.2, 0.4, 0.7, 1.0, 1.2, 1.3, 1.3),
        *(1.4, 1.2, 1.1, 1.1, 1.1, 1.1, 1.2, 1.5, 1.9, 2.0, 1.5, 0.8),
    )
    order_channels: tuple[str, ...] = ("app", "web", "shop")
    order_channel_shares: tuple[float, ...] = (0.5, 0.3, 0.2)
    stores: tuple[str, ...] = ("Shanghai", "Beijing", "Guangzhou")
    site: str = "online"


@dataclass(frozen=True)
class Spend:
    """What an order is worth: amount ~ Gamma(p, rate nu), nu ~ Gamma(q, rate gamma) (Fader and Hardie 2013).

    Attributes
    ----------
    p, q, gamma_amount
        Of the Gamma-Gamma; the mean over customers is p * gamma / (q - 1).
    margin_share, margin_precision
        A customer's share of margin ~ Beta with this mean and a + b equal to the precision.
    coupon, coupon_share, coupon_discount_share
        Code, share of orders that use it, and what it takes off the price; `amount` is what was paid.
    """

    p: float = 6.0
    q: float = 4.0
    gamma_amount: float = 90.0
    margin_share: float = 0.38
    margin_precision: float = 60.0
    coupon: str = "TEA10"
    coupon_share: float = 0.12
    coupon_discount_share: float = 0.1


@dataclass(frozen=True)
class Category:
    """A category of main products: `nouns` by `variants`, each in English and Chinese, at prices between two bounds."""

    name: str
    name_zh: str
    nouns: tuple[tuple[str, str], ...]
    price_amounts: tuple[float, float]
    margin_share: float


@dataclass(frozen=True)
class Extra:
    """A product that is added to orders; `share` is the share of all orders that have it."""

    name: str
    name_zh: str
    category: str
    price_amount: float
    share: float
    margin_share: float = 0.45


@dataclass(frozen=True)
class Pair:
    """Two extras, by name, whose joint share is `lift` times the product of their shares; one: a control."""

    first: str
    second: str
    lift: float


@dataclass(frozen=True)
class Bundle:
    """Extras, by name, that are bought together in `share` of all orders, besides entering apart by their own share."""

    name: str
    extras: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class Catalogue:
    """Products and how they come together.

    Attributes
    ----------
    categories, variants
        The main products: each order has one, chosen by what the extras leave of its amount.
    extras
        Products that are added; an extra has quantity two with probability `two_share`.
    pairs
        Planted affinities and, with lift one, controls. An extra may be in one pair or bundle only.
    bundles
        Sets that are sold together.
    price_noise
        Standard deviation of the log of price paid over list price that the choice of the main product allows.
    """

    categories: tuple[Category, ...] = (
        Category(
            "tea",
            "茶叶",
            (("Longjing", "龙井"), ("Tieguanyin", "铁观音"), ("Pu'er", "普洱"), ("white tea", "白茶")),
            (36.0, 680.0),
            0.42,
        ),
        Category(
            "coffee",
            "咖啡",
            (("Yunnan beans", "云南咖啡豆"), ("espresso", "意式浓缩"), ("drip bags", "挂耳包")),
            (28.0, 320.0),
            0.36,
        ),
        Category(
            "tableware",
            "餐具",
            (("teapot", "茶壶"), ("cup set", "杯具套装"), ("tray", "茶盘"), ("bowl set", "碗具套装")),
            (45.0, 1280.0),
            0.4,
        ),
        Category(
            "kitchen",
            "厨具",
            (("kettle", "电水壶"), ("grinder", "磨豆机"), ("scale", "厨房秤")),
            (89.0, 2400.0),
            0.3,
        ),
        Category(
            "gifts",
            "礼盒",
            (("spring festival box", "春节礼盒"), ("mid-autumn box", "中秋礼盒"), ("wedding box", "喜礼盒")),
            (120.0, 3600.0),
            0.44,
        ),
    )
    variants: tuple[tuple[str, str], ...] = (("small", "小"), ("classic", "经典"), ("large", "大"), ("reserve", "珍藏"))
    extras: tuple[Extra, ...] = (
        Extra("tea strainer", "茶漏", "accessories", 12.0, 0.06),
        Extra("tea tongs", "茶夹", "accessories", 9.0, 0.05),
        Extra("filter papers", "滤纸", "accessories", 15.0, 0.07),
        Extra("cleaning tablets", "清洁片", "accessories", 18.0, 0.04),
        Extra("storage tin", "茶叶罐", "accessories", 25.0, 0.08),
        Extra("gift bag", "礼品袋", "accessories", 6.0, 0.1),
        Extra("greeting card", "贺卡", "accessories", 5.0, 0.08),
        Extra("coaster", "杯垫", "accessories", 10.0, 0.06),
        Extra("green bean cake", "绿豆糕", "snacks", 16.0, 0.08),
        Extra("dried mango", "芒果干", "snacks", 14.0, 0.09),
        Extra("sunflower seeds", "瓜子", "snacks", 8.0, 0.09),
        Extra("shortbread", "黄油酥饼", "snacks", 19.0, 0.07),
        Extra("dark chocolate", "黑巧克力", "snacks", 22.0, 0.06),
        Extra("walnuts", "核桃", "snacks", 24.0, 0.06),
        Extra("red dates", "红枣", "snacks", 17.0, 0.02),
        Extra("goji berries", "枸杞", "snacks", 21.0, 0.02),
        Extra("rock sugar", "冰糖", "snacks", 7.0, 0.02),
    )
    pairs: tuple[Pair, ...] = (
        Pair("tea strainer", "tea tongs", 6.0),
        Pair("filter papers", "cleaning tablets", 4.0),
        Pair("gift bag", "greeting card", 5.0),
        Pair("green bean cake", "storage tin", 2.0),
        Pair("dark chocolate", "shortbread", 0.3),
        Pair("dried mango", "sunflower seeds", 1.0),
        Pair("walnuts", "coaster", 1.0),
    )
    bundles: tuple[Bundle, ...] = (Bundle("eight-treasure tea", ("red dates", "goji berries", "rock sugar"), 0.03),)
    two_share: float = 0.15
    price_noise: float = 0.12

    def __post_init__(self) -> None:
        problems = _problems(self)
        if problems:
            raise ValueError("`catalogue` must be possible: " + "; ".join(problems))


def _problems(catalogue: Catalogue) -> list[str]:
    shares = {extra.name: extra.share for extra in catalogue.extras}
    used = [name for pair in catalogue.pairs for name in (pair.first, pair.second)]
    used += [name for bundle in catalogue.bundles for name in bundle.extras]
    problems = [f"{name!r} is no extra" for name in used if name not in shares]
    problems += [f"{name!r} is in two pairs or bundles" for name in sorted(set(used)) if used.count(name) > 1]
    for pair in catalogue.pairs:
        first, second = shares.get(pair.first, 0.0), shares.get(pair.second, 0.0)
        if not max(first + second - 1, 0) <= pair.lift * first * second <= min(first, second):
            problems.append(f"a lift of {pair.lift} of {pair.first!r} and {pair.second!r} is outside what shares allow")
    return problems
