"""What the page says of the model of spend."""

from __future__ import annotations

import re

from helpers.display.spend import spend_models
from helpers.display.wording import speaking
from helpers.models.spend.spend_choice import INSTEAD


def test_the_model_is_named_with_its_reasons() -> None:
    said = spend_models.chosen("gamma_gamma", ["Spend hardly goes with frequency", ""], n=30)
    assert said.sentence == "The spend of a purchase is expected by Gamma-Gamma. Spend hardly goes with frequency."
    assert (said.key, said.n, said.value) == ("clv_spend_model", 30, None)


def test_the_shrunk_mean_is_named_in_words() -> None:
    said = spend_models.chosen("shrunk_mean", [], n=0)
    assert said.sentence.endswith("each customer's own mean, shrunk towards that of all.")


def test_reasons_have_the_numbers_of_the_page_and_are_said_in_chinese() -> None:
    note = (
        "correlation -0.05 (-0.09 to -0.01), the mean purchase 6% below the mean customer, 946 customers who came back"
    )
    notes = [f"{INSTEAD} Spend goes with frequency, too much for Gamma-Gamma: {note}"]
    english = spend_models.chosen("shrunk_mean", notes, n=9).evidence
    assert "correlation −0.05 (−0.09 to −0.01), the mean purchase 6\u00a0% below" in english
    with speaking("zh"):
        chinese = spend_models.chosen("shrunk_mean", notes, n=9).evidence
    assert "6%" in chinese
    assert not re.search("[A-Za-z]{2,}", chinese.replace("Gamma-Gamma", ""))
