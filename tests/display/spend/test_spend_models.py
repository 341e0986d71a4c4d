"""What the page says of the model of spend."""

from __future__ import annotations

from helpers.display.spend import spend_models


def test_the_model_is_named_with_its_reasons() -> None:
    said = spend_models.chosen("gamma_gamma", ["Spend hardly goes with frequency", ""], n=30)
    assert said.sentence == "The spend of a purchase is expected by Gamma-Gamma. Spend hardly goes with frequency."
    assert (said.key, said.n, said.value) == ("clv_spend_model", 30, None)


def test_the_shrunk_mean_is_named_in_words() -> None:
    said = spend_models.chosen("shrunk_mean", [], n=0)
    assert said.sentence.endswith("each customer's own mean, shrunk towards that of all.")
