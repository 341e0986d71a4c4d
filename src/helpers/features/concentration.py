"""Concentration: how much of the revenue comes from how few customers (Lorenz curve, ABC classes).

Every number is a function of the amounts alone: customers of equal amount are interchangeable, share one ABC class and
cannot move the curve. Sums stay exact decimals until the last division, so that no engine and no number of threads
changes a digit.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import ibis

EXACT = "decimal(38, 4)"
ABC_SHARES = (0.8, 0.95)


def lorenz_curve(customers: ibis.Table, *, point_count: int = 101) -> ibis.Table:
    """The Lorenz curve at equally spaced shares of customers, for a figure.

    Parameters
    ----------
    customers
        One row per customer: customer_id, amount (0 or more).
    point_count
        Points on the curve, both ends included: 2 or more.

    Returns
    -------
    ibis.Table
        One row per point, ascending: customer_share (cumulative, from the smallest customer, 0 to 1), amount_share
        (0 to 1; missing where there is no revenue).

    References
    ----------
    Lorenz (1905), Methods of measuring the concentration of wealth, Publications of the ASA 9(70).
    """
    if point_count < 2:
        raise ValueError(f"point_count must be 2 or more, found {point_count}")
    steps, last = _steps(customers), point_count - 1
    # the points that fall on this step, in whole numbers: below * last < point * people <= (below + count) * last
    first_point = ibis.ifelse(steps.below == 0, -1, (steps.below * last) // steps.people) + 1
    steps = steps.mutate(
        first_point=first_point, end_point=((steps.below + steps.step_count) * last) // steps.people + 1
    )
    steps = steps.filter(steps.end_point > steps.first_point)
    points = steps.mutate(point=ibis.range(steps.first_point, steps.end_point).unnest())
    into_step = _double(points.point * points.people) / float(last) - _double(points.below)
    reached = _double(points.amount_below) + into_step * _double(points.amount)
    return points.select(
        customer_share=_double(points.point) / float(last),
        amount_share=ibis.ifelse(
            points.point == last, _ratio(points.total, points.total), _ratio(reached, points.total)
        ),
    ).order_by("customer_share")


def abc(customers: ibis.Table, *, abc_shares: tuple[float, float] = ABC_SHARES) -> ibis.Table:
    """Customers and revenue of the classes A, B and C.

    A customer is in class A while the customers who spent more hold less than the first of `abc_shares` of revenue,
    in class B while they hold less than the second, else in class C. So the customer who crosses a border still
    belongs to the better class, and equal amounts are never torn apart.

    Parameters
    ----------
    customers
        One row per customer: customer_id, amount (0 or more).
    abc_shares
        Cumulative shares of revenue at which class A and class B end, rising between 0 and 1.

    Returns
    -------
    ibis.Table
        One row per class that occurs: abc_class, customer_count, amount, customer_share, amount_share (0 to 1).
    """
    steps = _steps(customers)
    ahead = steps.total - steps.amount_below - steps.step_amount
    classed = steps.mutate(abc_class=_abc_class(ahead, steps.total, abc_shares))
    classes = classed.group_by("abc_class").aggregate(
        customer_count=classed.step_count.sum(),
        amount=classed.step_amount.sum(),
        people=classed.people.max(),
        total=classed.total.max(),
    )
    return classes.select(
        "abc_class",
        "customer_count",
        "amount",
        customer_share=_ratio(classes.customer_count, classes.people),
        amount_share=_ratio(classes.amount, classes.total),
    ).order_by("abc_class")


def _steps(customers: ibis.Table) -> ibis.Table:
    """One row per amount that occurs: how many customers spend it, how many spend less, and how much those hold."""
    amounts = customers.select(amount=customers.amount.cast(EXACT))
    steps = amounts.group_by("amount").aggregate(step_count=amounts.count(), step_amount=amounts.amount.sum())
    rising, everyone = ibis.cumulative_window(order_by=steps.amount), ibis.window()
    return steps.mutate(
        below=steps.step_count.sum().over(rising) - steps.step_count,
        amount_below=steps.step_amount.sum().over(rising) - steps.step_amount,
        people=steps.step_count.sum().over(everyone),
        total=steps.step_amount.sum().over(everyone),
    )


def _abc_class(ahead: Any, total: Any, abc_shares: tuple[float, float]) -> Any:
    _check_shares(*abc_shares)
    end_a, end_b = (Fraction(str(share)) for share in abc_shares)
    return ibis.cases((_is_less(ahead, end_a, total), "A"), (_is_less(ahead, end_b, total), "B"), else_="C")


def _is_less(amount: Any, share: Fraction, total: Any) -> Any:
    # amount / total < share without a division: exact, and nothing is divided by zero
    return amount * _whole(share.denominator) < total * _whole(share.numerator)


def _whole(number: int) -> Any:
    return ibis.literal(Decimal(number), type="decimal(18, 0)")


def _ratio(part: Any, whole: Any) -> Any:
    return _double(part) / _double(whole).nullif(0.0)


def _double(number: Any) -> Any:
    # before every multiplication with a fraction: Spark reads 0.8 as a decimal and cuts the digits of the product
    return number.cast("float64")


def _check_shares(*shares: float) -> None:
    if not all(0 < share < 1 for share in shares) or list(shares) != sorted(set(shares)):
        raise ValueError(f"shares must rise between 0 and 1, found {', '.join(map(str, shares))}")
