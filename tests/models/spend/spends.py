"""Spend of customers for the tests of the models of spend: CDNOW's, as published, and companies whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.connectors.locations import installed

CALIBRATION_END = "19970930"


def cdnow_days() -> pd.DataFrame:
    """CDNOW's sample to 1997-09-30: a row per customer and day, with what was paid on it and whether it was the first."""
    path = installed("lifetimes") / "datasets" / "CDNOW_sample.txt"
    names = ["master_id", "customer_id", "day", "quantity", "amount"]
    lines = pd.read_csv(path, sep=r"\s+", header=None, names=names, dtype={"day": str})
    days = lines[lines["day"] <= CALIBRATION_END].groupby(["customer_id", "day"], as_index=False)["amount"].sum()
    return days.assign(is_first=days["day"] == days.groupby("customer_id")["day"].transform("min"))


def repeat_spend(days: pd.DataFrame) -> pd.DataFrame:
    """repeat_count, mean_amount (NaN for one-time buyers) and first_amount, a row per customer."""
    first = days[days["is_first"]].set_index("customer_id")["amount"]
    repeat = days[~days["is_first"]].groupby("customer_id")["amount"].agg(["size", "mean"]).reindex(first.index)
    count = repeat["size"].fillna(0).astype(int)
    return pd.DataFrame({"repeat_count": count, "mean_amount": repeat["mean"], "first_amount": first}).reset_index()


def all_spend(days: pd.DataFrame) -> pd.DataFrame:
    """The same with the first purchase counted like any other."""
    each = days.groupby("customer_id")["amount"].agg(["size", "mean"]).reset_index()
    return each.rename(columns={"size": "repeat_count", "mean": "mean_amount"})


@dataclass(frozen=True, eq=False)
class Made:
    """Simulated spend, and the true mean of each customer."""

    spend: pd.DataFrame
    mean: np.ndarray


def made(seed: int, n: int, *, theta: tuple[float, float, float] = (6.0, 4.0, 90.0), slope: float = 0.0) -> Made:
    """Gamma-Gamma spend of customers whose rate of buying scatters; mean spend goes with rate ** slope."""
    rng, (p, q, gamma) = np.random.default_rng(seed), theta
    rate = rng.gamma(0.7, 1.0, n)
    count = rng.poisson(3 * rate)
    mean = p * gamma / rng.gamma(q, 1.0, n) * np.maximum(rate, 0.02) ** slope
    paid = rng.gamma(np.maximum(p * count, 1e-9)) * mean / p / np.maximum(count, 1)
    frame = {"repeat_count": count, "mean_amount": np.where(count > 0, paid, np.nan), "first_amount": mean}
    return Made(pd.DataFrame(frame), mean)
