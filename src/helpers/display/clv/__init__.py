"""What the notebook on lifetime value says and draws, a module per topic: sentences, drawings and tables together."""

from helpers.display.clv import acquisition, forecast, holdout, models, value

__all__ = ["acquisition", "forecast", "holdout", "models", "value"]
