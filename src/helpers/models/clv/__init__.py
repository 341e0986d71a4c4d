"""What customers will do and what that is worth: models of buying and of spend, their judges, values and forecasts."""
