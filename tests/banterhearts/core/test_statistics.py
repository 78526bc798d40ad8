"""The arithmetic of the engine agrees with other people's, and keeps its head on numbers that are hardly any."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from banterhearts.core.statistics import (
    PERCENTILES,
    benjamini_hochberg,
    bootstrap,
    holm,
    interval,
    median_interval,
    p_value,
    paired,
    percentile,
    smallest_rank_sum_p,
    smallest_signed_rank_p,
    step,
    tost_p,
    welch,
    wilcoxon_p,
)

LOGS = np.array([0.021, 0.034, -0.004, 0.018, 0.040, 0.011, 0.025, 0.007])
OTHERS = np.array([0.001, -0.012, 0.006, 0.013, -0.002])


def test_the_paired_interval_is_students() -> None:
    """Mean, p and interval of paired log-ratios are those of scipy's one-sample t test."""
    estimate = paired(LOGS)
    theirs = stats.ttest_1samp(LOGS, 0.0)
    assert p_value(estimate) == pytest.approx(theirs.pvalue)
    for level in (0.9, 0.95, 0.999):
        ends = theirs.confidence_interval(level)
        assert interval(estimate, level) == pytest.approx((ends.low, ends.high))


def test_the_interval_apart_is_welchs() -> None:
    """Degrees of freedom, p and interval of runs measured apart are those of scipy's Welch test."""
    estimate = welch(LOGS, OTHERS)
    theirs = stats.ttest_ind(LOGS, OTHERS, equal_var=False)
    ends = theirs.confidence_interval(0.95)
    assert estimate.df == pytest.approx(theirs.df)
    assert p_value(estimate) == pytest.approx(theirs.pvalue)
    assert interval(estimate, 0.95) == pytest.approx((ends.low, ends.high))


def test_slack_widens_both_sides_and_never_shrinks() -> None:
    """What no sample knows is added to the interval, and p is of a difference beyond it."""
    plain, loose = paired(LOGS), paired(LOGS, 0.01)
    (low, high), (looser, higher) = interval(plain, 0.95), interval(loose, 0.95)
    assert (low - looser, higher - high) == pytest.approx((0.01, 0.01))
    assert p_value(loose) == pytest.approx(2 * stats.t.sf((LOGS.mean() - 0.01) / stats.sem(LOGS), LOGS.size - 1))
    assert p_value(paired(LOGS, 1.0)) == 1.0


@pytest.mark.parametrize("slack", [0.0, 0.005])
def test_p_and_interval_say_the_same(slack: float) -> None:
    """At the level 1 - p the interval ends at 0."""
    estimate = paired(LOGS, slack)
    low, _ = interval(estimate, 1 - float(p_value(estimate)))
    assert low == pytest.approx(0.0, abs=1e-12)


def test_tost_is_the_interval_at_one_minus_two_alpha() -> None:
    """The p of equivalence is the alpha at which the interval of level 1 - 2 alpha touches the margin."""
    estimate = paired(LOGS, 0.001)
    margin = 0.04
    p = float(tost_p(estimate, margin))
    _, high = interval(estimate, 1 - 2 * p)
    assert high == pytest.approx(margin)
    below, above = (
        stats.ttest_1samp(LOGS, -margin, alternative="greater"),
        stats.ttest_1samp(LOGS, margin, alternative="less"),
    )
    assert tost_p(paired(LOGS), margin) == pytest.approx(max(below.pvalue, above.pvalue))


def test_one_call_serves_many_experiments() -> None:
    """Leading axes are experiments: each gives to the last bit what it gives alone."""
    many = np.random.default_rng(0).normal(0.01, 0.02, (3, 4, 10))
    whole = paired(many)
    low, high = interval(whole, 0.95)
    assert whole.mean.shape == low.shape == (3, 4)
    for place in np.ndindex(3, 4):
        alone = paired(many[place])
        assert (alone.mean, alone.se) == (whole.mean[place], whole.se[place])
        assert interval(alone, 0.95) == (low[place], high[place])


def test_equal_blocks_have_no_spread() -> None:
    """Log-ratios that differ by rounding alone have standard error 0, and p is 0 or 1."""
    logs = np.log([110 / 100, 110.0, 440 / 400]) - np.log([1.0, 100.0, 1.0])
    assert np.ptp(logs) > 0
    estimate = paired(logs)
    assert estimate.se == 0
    assert p_value(estimate) == 0
    assert p_value(paired(np.zeros(5))) == 1
    assert tost_p(paired(np.zeros(5)), 0.02) == 0
    assert interval(estimate, 0.95) == (estimate.mean, estimate.mean)
    still = welch(np.full(4, 0.5), np.full(3, 0.5))
    assert (still.se, still.df, p_value(still)) == (0, 2, 1)


@pytest.mark.parametrize("blocks", [1, 2, 5, 10, 25, 60, 120])
def test_wilcoxon_is_exact(blocks: int) -> None:
    """Without ties the p is scipy's exact one."""
    rng = np.random.default_rng(blocks)
    for shift in (0.0, 0.3, 2.0):
        logs = rng.normal(shift, 1, blocks)
        assert wilcoxon_p(logs) == pytest.approx(stats.wilcoxon(logs, method="exact").pvalue)


def test_wilcoxon_counts_ties_out() -> None:
    """With ties and zeros the p is the share of all signs that are as extreme, counted one by one."""
    logs = np.array([0.0, 1.0, -1.0, 2.0, 2.0, 3.0, -2.0, 5.0])
    kept = logs[logs != 0]
    ranks = stats.rankdata(np.abs(kept))
    seen = ranks[kept > 0].sum()
    sums = [sum(r for bit, r in enumerate(ranks) if signs >> bit & 1) for signs in range(2**kept.size)]
    low = min(seen, ranks.sum() - seen)
    assert wilcoxon_p(logs) == pytest.approx(2 * np.mean([total <= low for total in sums]))


def test_wilcoxon_of_many_blocks_is_near_the_exact_one() -> None:
    """Beyond the count the normal approximation is within two thousandths."""
    logs = np.random.default_rng(3).normal(0.1, 1, 220)
    assert wilcoxon_p(logs) == pytest.approx(stats.wilcoxon(logs, method="exact").pvalue, abs=2e-3)
    assert wilcoxon_p(np.ones(300)) < 1e-30
    assert wilcoxon_p(np.r_[np.ones(150), -np.ones(150)]) == pytest.approx(1.0)


def test_wilcoxon_of_no_difference_is_one() -> None:
    """Blocks without a difference speak for none."""
    assert wilcoxon_p(np.zeros(10)) == 1.0


@pytest.mark.parametrize("blocks", range(1, 12))
def test_the_smallest_p_is_reached_where_all_agree(blocks: int) -> None:
    """All signs alike give Wilcoxon's smallest p, 0.00195 at ten blocks."""
    assert wilcoxon_p(np.arange(1.0, blocks + 1)) == pytest.approx(smallest_signed_rank_p(blocks))
    assert smallest_signed_rank_p(10) == pytest.approx(0.00195, abs=5e-6)


def test_the_smallest_rank_sum_p_is_mann_whitneys() -> None:
    """Two groups that do not overlap give the smallest p of the rank-sum test."""
    theirs = stats.mannwhitneyu([1, 2, 3, 4], [5, 6, 7], method="exact").pvalue
    assert smallest_rank_sum_p(4, 3) == pytest.approx(theirs)


def test_holm_steps_down() -> None:
    """Adjusted p-values of a worked example, in the order given, never above 1 and never falling."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_stands_between_raw_and_bonferroni(p_values: list[float]) -> None:
    """Each adjusted p is at least the raw one and at most that times the size of the family."""
    for raw, adjusted in zip(p_values, holm(p_values), strict=True):
        assert raw <= adjusted <= min(1.0, raw * len(p_values))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_benjamini_hochberg_is_scipys(p_values: list[float]) -> None:
    """The adjusted p-values for screening are those of scipy's false-discovery control."""
    assert benjamini_hochberg(p_values) == pytest.approx(tuple(stats.false_discovery_control(p_values)))


def test_benjamini_hochberg_of_nothing_is_nothing() -> None:
    """An empty sweep has nothing to adjust."""
    assert benjamini_hochberg([]) == ()


def test_the_bootstrap_depends_on_nothing_but_the_samples() -> None:
    """The same samples give the same interval, others another; the numbers are fixed across versions of numpy."""
    rng = np.random.default_rng(5)
    values = [np.round(1e6 * rng.lognormal(0.05, 0.02, size)) for size in (3, 4, 4, 3, 5, 1)]
    baseline = [np.round(1e6 * rng.lognormal(0, 0.02, size)) for size in (4, 4, 3, 3, 2, 1)]
    first = bootstrap(values, baseline)
    assert bootstrap(values, baseline) == first
    assert bootstrap([*values[:-1], values[-1] + 1], baseline) != first
    assert bootstrap([np.array([2.0, 3.0])] * 4, [np.array([1.0, 1.0])] * 4) == pytest.approx(
        (0.7489330683884978, 1.0530318994696213)
    ), "PCG64's raw stream has changed, or what is drawn from it"


def test_the_bootstrap_agrees_with_students_interval_where_it_should() -> None:
    """With many blocks of normal noise both intervals are nearly the same."""
    rng = np.random.default_rng(6)
    moods = rng.normal(0.03, 0.02, 60)
    values = [np.full(3, math.exp(mood)) for mood in moods]
    low, high = bootstrap(values, [np.ones(3)] * 60, resamples=4000)
    theirs = interval(paired(moods), 0.95)
    assert (low, high) == pytest.approx(theirs, abs=1e-3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.3, 0.4, 0.3], 0.1),
        ([0.25, 0.3], 0.01),
        ([300.0, 310.0], 10.0),
        ([3e8, 3.1e8], 1e7),
        ([1.0, 2.0], 1.0),
        ([100.0, 101.0], 1.0),
        ([1e300, 2e300], 0.0),
        ([math.pi, math.e], 0.0),
        ([1e-300, 2e-300], 0.0),
        ([0.0, 0.0], 0.0),
        ([0.0, 5.0], 1.0),
        ([123456789.0], 1.0),
        ([], 0.0),
    ],
)
def test_the_step_is_the_place_of_the_last_digit(values: list[float], expected: float) -> None:
    """Rounded values betray their step; full-length ones have none that is seen."""
    assert step(values) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("percent", "fewest"), PERCENTILES.items())
def test_percentiles_have_their_floor(percent: int, fewest: int) -> None:
    """With the fewest values the largest one bounds the percentile with 95 %, and with one fewer it does not."""
    assert 1 - (percent / 100) ** fewest >= 0.95 > 1 - (percent / 100) ** (fewest - 1)
    values = np.arange(fewest, dtype=float)
    found = percentile(values, percent)
    assert found in values
    assert np.mean(values <= found) >= percent / 100 > np.mean(values < found)
    assert percentile(values[1:], percent) is None


@pytest.mark.parametrize("count", [6, 9, 10, 25, 100])
def test_the_medians_interval_covers_what_it_says(count: int) -> None:
    """The ends are the innermost ranks that cover the median with 95 % of any distribution."""
    values = np.arange(count, dtype=float)
    ends = median_interval(values[::-1])
    assert ends is not None
    rank = int(ends[0])
    assert ends[1] == count - 1 - rank
    assert 1 - 2 * stats.binom.cdf(rank, count, 0.5) >= 0.95 > 1 - 2 * stats.binom.cdf(rank + 1, count, 0.5)


def test_five_values_bound_no_median() -> None:
    """Below six values no rank covers the median with 95 %."""
    assert median_interval(np.arange(5.0)) is None
    assert median_interval([]) is None
