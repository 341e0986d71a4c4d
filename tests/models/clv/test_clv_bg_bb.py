"""BG/BB: the published fit of the donations, brute force, a known truth, and draws that agree with expectations."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from lifetimes import BetaGeoBetaBinomFitter
from lifetimes.datasets import load_donations
from scipy.special import roots_sh_jacobi

from helpers.errors import FitError
from helpers.models.buying import bg_bb

NAMES = {"recency": "recency_occasion", "periods": "occasion_count"}


def histories(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["frequency", "recency_occasion", "occasion_count"])


@pytest.fixture(scope="module")
def donors():
    grouped = load_donations()
    return grouped.loc[grouped.index.repeat(grouped["weights"])].rename(columns=NAMES)


@pytest.fixture(scope="module")
def fit(donors):
    return bg_bb.fit(donors, level=0.95)


@pytest.fixture(scope="module")
def rows(donors):
    return bg_bb.collapse(donors)


class TestDonations:
    """Fader, Hardie and Shang (2010) and their spreadsheet: 11,104 donors, 6 yearly occasions (1996 to 2001)."""

    def test_parameters(self, fit):
        assert fit.n == 11_104
        assert fit.theta == pytest.approx([1.203528, 0.749726, 0.656781, 2.783796], rel=2e-4)
        assert fit.log_likelihood == pytest.approx(-33225.58, abs=0.005)
        assert fit.is_identified
        assert fit.notes == ()

    def test_next_five_years(self, fit, rows):
        expected = bg_bb.expected_purchases(fit.theta, rows, occasions=5)
        assert rows.weight @ expected == pytest.approx(12_884.2, abs=0.2)  # actual: 13,260

    def test_p_alive_in_2002(self, fit, rows):
        """Table 6: no repeat .11, two to 1999 .59, six to 2001 .93."""
        alive = dict(zip(zip(rows.frequency, rows.recency, strict=True), bg_bb.p_alive(fit.theta, rows), strict=True))
        assert [round(alive[key], 2) for key in ((0, 0), (2, 4), (6, 6))] == [0.11, 0.59, 0.93]

    def test_donors_by_number_of_repeats(self, fit):
        shares = bg_bb.count_shares(fit.theta, occasions=6)
        assert shares.sum() == pytest.approx(1)
        assert 11_104 * shares[[0, 6]] == pytest.approx([3454.9, 1253.1], abs=0.1)

    def test_btyd_walkthrough(self, fit):
        """BTYD's walkthrough: customers A (x=0) and B (x=4, t_x=5) of n=6 over the next 10 occasions."""
        two = bg_bb.collapse(histories([(0, 0, 6), (4, 5, 6)]))
        found = bg_bb.expected_purchases(fit.theta, two, occasions=10)
        assert found == pytest.approx([0.1302169, 3.627858], rel=5e-5)

    def test_lifetimes_has_the_same_numbers(self, fit, rows):
        theirs = BetaGeoBetaBinomFitter().fit(rows.frequency, rows.recency, rows.count, rows.weight)
        assert theirs.params_.to_numpy() == pytest.approx(fit.theta, rel=2e-3)
        errors = theirs.summary["se(coef)"].to_numpy()
        assert fit.parameters["standard_error"].to_numpy() == pytest.approx(errors, rel=0.01)

    def test_means_have_intervals(self, fit):
        means = fit.means.set_index("parameter")
        a, b, c, d = fit.theta
        assert means["estimate"].tolist() == pytest.approx([a / (a + b), c / (c + d)])
        assert ((means["low"] < means["estimate"]) & (means["estimate"] < means["high"])).all()
        # weakly identified shapes, well identified means
        relative = fit.parameters["standard_error"] / fit.parameters["estimate"]
        assert (means["standard_error"] / means["estimate"]).max() < relative.min()

    def test_order_of_the_donors_changes_nothing(self, fit, donors):
        again = bg_bb.fit(donors.sample(frac=1, random_state=1), level=0.95)
        assert (again.theta == fit.theta).all()


class TestFormulas:
    theta = np.array([1.3, 0.8, 0.7, 2.5])

    def test_every_possible_history_by_brute_force(self):
        # 4 occasions, 16 sequences: those of equal (x, t_x) are equally likely, and all of them sum to one
        sequences = list(itertools.product([0, 1], repeat=4))
        keys = [(sum(one), max([i + 1 for i in range(4) if one[i]], default=0), 4) for one in sequences]
        rows = bg_bb.collapse(histories(keys))
        likelihood = np.exp(bg_bb.MODEL.log_likelihood(self.theta, rows)[0])
        assert rows.weight @ likelihood == pytest.approx(1, abs=1e-12)
        shares = np.bincount(rows.frequency.astype(int), weights=rows.weight * likelihood)
        assert bg_bb.count_shares(self.theta, occasions=4) == pytest.approx(shares)
        assert shares @ np.arange(5) == pytest.approx(bg_bb.expected_new(self.theta, occasions=4)[-1])

    def test_likelihood_is_the_integral_over_the_probabilities(self):
        a, b, c, d = self.theta
        (p, of_p), (u, of_u) = (roots_sh_jacobi(12, one + two - 1, one) for one, two in ((a, b), (c, d)))
        u, weights = u[:, None], np.outer(of_u / of_u.sum(), of_p / of_p.sum())
        for x, last, n in ((0, 0, 3), (2, 3, 6), (5, 5, 5), (1, 4, 9)):
            ends = sum(u * (1 - u) ** t * (1 - p) ** (t - x) for t in range(last, n))
            exact = (weights * p**x * (ends + (1 - u) ** n * (1 - p) ** (n - x))).sum()
            value = bg_bb.MODEL.log_likelihood(self.theta, bg_bb.collapse(histories([(x, last, n)])))[0][0]
            assert np.exp(value) == pytest.approx(exact, rel=1e-10)

    def test_gradient(self, rows):
        logs = np.log(self.theta)
        _, gradient = bg_bb.MODEL.log_likelihood(self.theta, rows)
        for place, step in enumerate(1e-6 * np.eye(4)):
            above, below = (bg_bb.MODEL.log_likelihood(np.exp(logs + s), rows)[0] for s in (step, -step))
            assert gradient[:, place] == pytest.approx((above - below) / 2e-6, rel=1e-6, abs=1e-6)

    def test_blocks_change_nothing(self, rows, monkeypatch):
        whole = bg_bb.MODEL.log_likelihood(self.theta, rows)
        monkeypatch.setattr(bg_bb, "BLOCK", 7)
        for block, one in zip(bg_bb.MODEL.log_likelihood(self.theta, rows), whole, strict=True):
            assert block == pytest.approx(one, rel=1e-13)

    def test_residual_is_the_discounted_sum(self, rows):
        ahead = [bg_bb.p_alive(self.theta, rows, ahead=i) / 1.1**i for i in range(1, 400)]
        buys = (self.theta[0] + rows.frequency) / (self.theta[0] + self.theta[1] + rows.count)
        assert bg_bb.residual(self.theta, rows, rate=0.1) == pytest.approx(buys * np.sum(ahead, axis=0), rel=1e-10)

    def test_gamma_of_one_is_no_hole(self, rows):
        values = [
            bg_bb.expected_purchases(np.array([1.2, 0.8, c, 2.5]), rows, occasions=5) for c in (0.999999, 1.0, 1.000001)
        ]
        assert values[1] == pytest.approx((values[0] + values[2]) / 2, rel=1e-9)

    def test_hundreds_of_occasions(self):
        many = bg_bb.collapse(histories([(0, 0, 900), (700, 900, 900), (700, 760, 900), (1, 1, 900)]))
        value, gradient = bg_bb.MODEL.log_likelihood(self.theta, many)
        assert np.isfinite(value).all()
        assert np.isfinite(gradient).all()
        alive = bg_bb.p_alive(self.theta, many)
        assert ((alive >= 0) & (alive <= 1)).all()
        assert np.isfinite(bg_bb.expected_purchases(self.theta, many, occasions=300)).all()

    def test_who_has_had_no_occasion_yet(self):
        new = bg_bb.collapse(histories([(0, 0, 0)]))
        assert bg_bb.MODEL.log_likelihood(self.theta, new)[0].tolist() == [0.0]
        expected = bg_bb.expected_purchases(self.theta, new, occasions=7)
        assert expected == pytest.approx(bg_bb.expected_new(self.theta, occasions=7)[-1:])

    def test_misuse(self, rows):
        with pytest.raises(ValueError, match="occasions must be 0 or more, found -1"):
            bg_bb.expected_purchases(self.theta, rows, occasions=-1)
        with pytest.raises(ValueError, match="ahead must be 0 or more, found -1"):
            bg_bb.p_alive(self.theta, rows, ahead=-1)
        with pytest.raises(ValueError, match="rate must be above 0 per occasion, found 0"):
            bg_bb.residual(self.theta, rows, rate=0)


class TestTruth:
    theta = np.array([1.2, 0.75, 0.65, 2.8])

    def made(self, seed: int, n: int, occasions: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        a, b, c, d = self.theta
        stays = np.minimum(rng.geometric(rng.beta(c, d, n)) - 1, occasions)
        buys = (rng.random((n, occasions)) < rng.beta(a, b, n)[:, None]) & (np.arange(occasions) < stays[:, None])
        last = np.where(buys.any(axis=1), occasions - np.argmax(buys[:, ::-1], axis=1), 0)
        return histories(np.column_stack([buys.sum(axis=1), last, np.full(n, occasions)]))

    def test_recovery(self):
        inside = []
        for seed in range(10):
            found = bg_bb.fit(self.made(seed, 3_000, 8), level=0.9)
            table = pd.concat([found.parameters, found.means])
            truth = [*self.theta, *bg_bb.MODEL.means(self.theta).values()]
            inside.append((table["low"] < truth) & (truth < table["high"]))
        assert 0.78 <= np.mean(inside) <= 0.99

    def test_draws_agree_with_the_expectations(self, rows):
        rng = np.random.default_rng(1)
        found = np.array([bg_bb.draw(self.theta, rows, occasions=5, rng=rng) for _ in range(30)])
        by_row = np.array([found[:, rows.index == place].mean() for place in range(len(rows))])
        expected = bg_bb.expected_purchases(self.theta, rows, occasions=5)
        error = np.sqrt(expected * 5 / (30 * rows.weight))
        assert (np.abs(by_row - expected) < 4 * error).all()
        assert found.max() <= 5
        assert found.sum(axis=1).mean() == pytest.approx(rows.weight @ expected, rel=0.005)


class TestBadInput:
    def test_impossible_histories_are_told_at_once(self):
        wrong = histories([(3, 2, 6), (1, 7, 6), (0, 2, 6), (1.5, 2, 6)])
        with pytest.raises(FitError) as told:
            bg_bb.collapse(wrong)
        assert str(told.value).splitlines() == [
            "histories of occasions must be possible; 4 problems.",
            "- all three must be whole numbers, 0 or more: 1 customers, first frequency 1.5, recency_occasion 2, occasion_count 6",
            "- `recency_occasion` must not be above `occasion_count`: 1 customers, first frequency 1, recency_occasion 7, occasion_count 6",
            "- `frequency` must not be above `recency_occasion`: 1 customers, first frequency 3, recency_occasion 2, occasion_count 6",
            "- `recency_occasion` must be 0 for who never bought again: 1 customers, first frequency 0, recency_occasion 2, occasion_count 6",
        ]

    def test_no_customer(self):
        with pytest.raises(FitError, match="there must be one customer at least, found none"):
            bg_bb.collapse(histories([]))

    @pytest.mark.parametrize("rows", [[(0, 0, 6)] * 40, [(2, 3, 6)], [(6, 6, 6)] * 40])
    def test_nothing_to_tell_apart(self, rows):
        found = bg_bb.fit(histories(rows), level=0.9)
        assert not found.is_identified
        assert found.notes[0].startswith("BG/BB is not identified: ")

    def test_no_occasion_yet(self):
        with pytest.raises(FitError, match="BG/BB needs customers who have had an occasion to come back, found none"):
            bg_bb.fit(histories([(0, 0, 0)] * 5), level=0.9)

    def test_spread_gives_each_customer_the_own_value(self):
        rows = bg_bb.collapse(histories([(2, 3, 6), (0, 0, 6), (2, 3, 6)]))
        assert rows.spread(rows.frequency).tolist() == [2, 0, 2]
        assert (len(rows), rows.customer_count, rows.weight.tolist()) == (2, 3, [1, 2])
