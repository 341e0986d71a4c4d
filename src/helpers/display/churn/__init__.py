"""What the churn notebook says and draws, a module per topic: its sentences, drawings and tables together."""

from helpers.display.churn import alarms, doing, forecasts, leavers, stays, subscribers_ahead

__all__ = ["alarms", "doing", "forecasts", "leavers", "stays", "subscribers_ahead"]
