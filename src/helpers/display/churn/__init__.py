"""What the churn notebook says and draws, a module per topic: its sentences, drawings and tables together."""

from helpers.display.churn import (
    alarms,
    doing,
    forecasts,
    leavers,
    paying,
    read_outs,
    stays,
    subscribers_ahead,
    uplifts,
    winning_back,
)

__all__ = [
    "alarms",
    "doing",
    "forecasts",
    "leavers",
    "paying",
    "read_outs",
    "stays",
    "subscribers_ahead",
    "uplifts",
    "winning_back",
]
