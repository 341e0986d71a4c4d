"""Shifted beta-geometric: the published cohorts, their extrapolation, and the demo's subscriptions."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from helpers.errors import FitError
from helpers.features import contract_renewals
from helpers.models.buying import fitting
from helpers.models.value import sbg
from helpers.simulation.company import simulate
from helpers.simulation.settings import Company

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]
"""Fader and Hardie (2007), table 1: percentages left after 0 to 12 years, of 1,000 customers each."""
SEEN = 8


def fitted(survivors):
    return fitting.fit(sbg.MODEL, sbg.from_survivors(survivors[:SEEN]), level=0.95)


class TestFaderAndHardie:
    """Fader and Hardie (2007): fitted to seven renewals, projected over five more."""

    @pytest.mark.parametrize(
        ("survivors", "alpha", "beta", "log_likelihood"),
        [(REGULAR, 0.704, 1.182, None), (HIGH_END, 0.668, 3.806, -1611.2)],
    )
    def test_parameters(self, survivors, alpha, beta, log_likelihood):
        found = fitted(survivors)
        assert found.theta.round(3).tolist() == [alpha, beta]
        assert found.is_identified
        if log_likelihood:
            assert found.log_likelihood == pytest.approx(log_likelihood, abs=0.05)

    def test_log_likelihood_at_the_starts_of_the_appendix(self):
        rows = sbg.from_survivors(HIGH_END[:SEEN])
        for start, published in ((1.0, -2115.5), (0.01, -2741.7)):
            value = sbg.MODEL.log_likelihood(np.array([start, start]), rows)[0] @ rows.weight
            assert value == pytest.approx(published, abs=0.05)

    @pytest.mark.parametrize("survivors", [REGULAR, HIGH_END])
    def test_projection_of_five_more_years(self, survivors):
        left = 1000 * sbg.survival(fitted(survivors).theta, periods=12)
        assert left[SEEN:] == pytest.approx(survivors[SEEN:], abs=17)  # within 1.7 points, as in the paper's figure

    def test_projection_as_others_print_it(self):
        """The README of shifted_beta_geometric_py: next five years, and the residual lifetime at 10 % a year."""
        theta = fitted(HIGH_END).theta
        assert sbg.survival(theta, periods=12)[SEEN:].round(3).tolist() == [0.460, 0.436, 0.414, 0.395, 0.378]
        assert sbg.residual(theta, np.array([7]), rate=0.1)[0] == pytest.approx(7.530, abs=5e-4)

    def test_curve(self):
        rows = sbg.from_survivors(HIGH_END[:SEEN])
        curve = sbg.curve(fitted(HIGH_END), rows, periods=12, level=0.9, seed=1)
        assert curve["period"].tolist() == list(range(1, 13))
        assert curve["at_risk_count"].tolist() == [*HIGH_END[:7], 0, 0, 0, 0, 0]
        assert curve["renewed_count"].tolist() == [*HIGH_END[1:SEEN], 0, 0, 0, 0, 0]
        assert curve["survival_share"][:7].tolist() == pytest.approx(np.array(HIGH_END[1:SEEN]) / 1000)
        assert curve.loc[7:, ["retention_share", "survival_share", "low", "high"]].isna().all(axis=None)
        assert (curve["model_low"] < curve["model_survival_share"]).all()
        assert (curve["model_survival_share"] < curve["model_high"]).all()
        assert (np.diff(curve["model_retention_share"]) > 0).all()
        again = sbg.curve(fitted(HIGH_END), rows, periods=12, level=0.9, seed=1)
        pd.testing.assert_frame_equal(curve, again)


class TestFormulas:
    theta = np.array([1.4, 6.0])

    def test_probabilities_are_one(self):
        ended = sbg.collapse(pd.DataFrame({"period_count": range(1, 31), "is_ended": True}))
        active = sbg.collapse(pd.DataFrame({"period_count": [30], "is_ended": False}))
        total = sum(np.exp(sbg.MODEL.log_likelihood(self.theta, rows)[0]).sum() for rows in (ended, active))
        assert total == pytest.approx(1, abs=1e-12)

    def test_survival_is_what_the_likelihood_says(self):
        rows = sbg.collapse(pd.DataFrame({"period_count": range(6), "is_ended": False}))
        left = np.exp(sbg.MODEL.log_likelihood(self.theta, rows)[0])
        assert sbg.survival(self.theta, periods=5) == pytest.approx(left)

    def test_gradient(self):
        rows = sbg.collapse(pd.DataFrame({"period_count": [1, 4, 0, 700], "is_ended": [True, True, False, False]}))
        _, gradient = sbg.MODEL.log_likelihood(self.theta, rows)
        for place, step in enumerate(1e-6 * np.eye(2)):
            logs = [np.log(self.theta) + s for s in (step, -step)]
            above, below = (sbg.MODEL.log_likelihood(np.exp(one), rows)[0] for one in logs)
            assert gradient[:, place] == pytest.approx((above - below) / 2e-6, rel=1e-6, abs=1e-6)

    def test_residual_is_the_discounted_sum(self):
        left = sbg.survival(self.theta, periods=2_000)
        for renewed in (0, 3, 40):
            later = left[renewed + 1 :] / left[renewed]
            by_hand = later @ 1.02 ** -np.arange(len(later))
            assert sbg.residual(self.theta, np.array([renewed]), rate=0.02)[0] == pytest.approx(by_hand, rel=1e-10)

    def test_expected_renewals_are_the_undiscounted_sum(self):
        left = sbg.survival(self.theta, periods=20)
        found = sbg.expected_renewals(self.theta, np.array([0, 5]), periods=12)
        assert found == pytest.approx([left[1:13].sum(), left[6:18].sum() / left[5]])

    def test_draws_agree_with_the_expectations(self):
        renewed = np.repeat([0, 2, 30], 20_000)
        found = sbg.draw(self.theta, renewed, periods=12, rng=np.random.default_rng(1)).reshape(3, -1)
        expected = sbg.expected_renewals(self.theta, np.array([0, 2, 30]), periods=12)
        assert found.mean(axis=1) == pytest.approx(expected, rel=0.01)
        assert found.max() == 12

    def test_misuse(self):
        with pytest.raises(ValueError, match="rate must be above 0"):
            sbg.residual(self.theta, np.array([1]), rate=0)
        with pytest.raises(ValueError, match="periods must be 0 or more, found -1"):
            sbg.survival(self.theta, periods=-1)
        with pytest.raises(ValueError, match="survivors must be two or more counts that never rise"):
            sbg.from_survivors([10, 11])
        with pytest.raises(ValueError, match="survivors must be two or more counts that never rise"):
            sbg.from_survivors([10])


class TestTruth:
    def test_recovery(self):
        truth, inside = np.array([0.8, 3.0]), []
        for seed in range(20):
            rng = np.random.default_rng(seed)
            watched = rng.integers(0, 13, 3_000)
            lasted = rng.geometric(rng.beta(*truth, 3_000))
            is_ended = lasted <= watched
            frame = pd.DataFrame({"period_count": np.where(is_ended, lasted, watched), "is_ended": is_ended})
            table = sbg.fit(frame, level=0.9).parameters
            inside.append((table["low"] < truth) & (truth < table["high"]))
        assert 0.78 <= np.mean(inside) <= 0.99

    def test_subscriptions_of_the_demo(self):
        """The hazards are by band of tenure and no Beta, so the curve is near, not equal; what is seen is Kaplan-Meier's."""
        company = Company(seed=3, customer_count=12_000)
        table = simulate(company, tables=["subscriptions"]).tables["subscriptions"]
        seen = contract_renewals.renewals(ibis.memtable(table), as_of=date(2024, 9, 15)).to_pandas()
        curves = {}
        for plan in company.subscriptions.plans:
            frame = seen[seen["plan"] == plan.name]
            found = sbg.fit(frame, level=0.9)
            assert found.is_identified
            curve = sbg.curve(found, sbg.collapse(frame), periods=14, level=0.9, seed=1)
            # at the first renewal nobody's tenure is of another band, and few had their incident
            assert curve["retention_share"][0] == pytest.approx(1 - plan.monthly_hazards[0], abs=0.025)
            assert curve["model_survival_share"].to_numpy() == pytest.approx(
                curve["survival_share"].to_numpy(), abs=0.06
            )
            curves[plan.name] = curve["model_survival_share"].iloc[-1]
        assert curves["basic"] < curves["plus"] < curves["family"]


class TestBadInput:
    def test_impossible_lengths_are_told_at_once(self):
        wrong = pd.DataFrame({"period_count": [0.0, 2.5, 3.0], "is_ended": [1.0, 0.0, 2.0]})
        with pytest.raises(FitError) as told:
            sbg.collapse(wrong)
        assert str(told.value).splitlines() == [
            "lengths of contracts must be possible; 3 problems.",
            "- `period_count` must be a whole number, 0 or more: 1 contracts, first 2.5",
            "- `period_count` must be 1 or more where a contract ended: 1 contracts, first 0",
            "- `is_ended` must be true or false: 1 contracts, first 3",
        ]

    def test_no_contract(self):
        with pytest.raises(FitError, match="there must be one contract at least, found none"):
            sbg.collapse(pd.DataFrame({"period_count": [], "is_ended": []}))

    @pytest.mark.parametrize("survivors", [[50, 50, 50], [50, 0], [1, 0], [40, 20]])
    def test_nothing_to_tell_apart(self, survivors):
        rows = sbg.from_survivors(survivors)
        found = fitting.fit(sbg.MODEL, rows, level=0.9)
        assert not found.is_identified
        assert found.notes[0].startswith("Shifted beta-geometric is not identified: ")
        curve = sbg.curve(found, rows, periods=3, level=0.9, seed=1)
        assert curve[["model_low", "model_high"]].isna().all(axis=None)
        assert curve["model_survival_share"].between(0, 1).all()
