"""The sample-size rule foretells what sittings do."""

from __future__ import annotations

import math

import numpy as np
import pytest

from banterhearts.core.power import MOST_BLOCKS, Plan, blocks_needed, chances, fewest_blocks
from banterhearts.core.record import Verdict
from banterhearts.core.statistics import paired
from banterhearts.core.verdict import judge, reach

SITTINGS = 40_000


@pytest.mark.parametrize("placebo", [True, False])
@pytest.mark.parametrize(
    ("ratio", "sd", "blocks", "family", "effect", "slack"),
    [
        (1.0, 0.02, 10, 1, 0.02, 0.0),
        (1.02, 0.02, 10, 1, 0.02, 0.0),
        (1.02, 0.02, 10, 1, 0.01, 0.0),
        (1.05, 0.05, 12, 10, 0.02, 0.0),
        (0.95, 0.03, 6, 1, 0.02, 0.0),
        (1.03, 0.03, 40, 5, 0.02, 0.005),
        (1.005, 0.02, 20, 1, 0.02, 0.004),
        (1.04, 0.03, 10, 1, 0.02, 0.02),
    ],
)
def test_the_rule_agrees_with_sittings_that_are_played_out(
    *, placebo: bool, ratio: float, sd: float, blocks: int, family: int, effect: float, slack: float
) -> None:
    """Of 40,000 sittings of three equally noisy arms each verdict is reached as often as foretold, within 0.75 %."""
    rng = np.random.default_rng(1)
    base, run, other = sd / math.sqrt(2) * rng.standard_normal((3, SITTINGS, blocks))
    noise = reach(paired(other - base), 0.95) if placebo else 0.0
    cost = paired(run + math.log(ratio) - base, slack)
    verdicts = judge(cost, effect=effect, alpha=0.05 / family, noise=noise)
    foretold = chances(ratio, blocks, Plan(sd, effect, 0.05 / family, slack, placebo=placebo))
    for verdict in (Verdict.SLOWER, Verdict.FASTER, Verdict.EQUIVALENT):
        assert np.mean(verdicts == verdict) == pytest.approx(getattr(foretold, verdict), abs=0.0075), verdict
    assert foretold.decided == pytest.approx(np.mean(verdicts != Verdict.UNDECIDED), abs=0.0075)


@pytest.mark.parametrize("sd", [0.005, 0.02, 0.1])
def test_a_change_of_the_effect_itself_is_found_half_of_the_time_at_most(sd: float) -> None:
    """Estimates of a true two per cent fall on either side of two per cent, in a thousand blocks too."""
    assert chances(1.02, MOST_BLOCKS, Plan(sd)).slower <= 0.51
    assert chances(1.02, 10, Plan(sd)).slower <= 0.51
    assert chances(1.02, MOST_BLOCKS, Plan(sd, effect=0.01)).slower > 0.49


@pytest.mark.parametrize(("ratio", "sd"), [(1.05, 0.02), (1.05, 0.05), (0.97, 0.03), (1.0, 0.03), (1.01, 0.02)])
def test_the_number_of_blocks_is_the_fewest_that_do(ratio: float, sd: float) -> None:
    """With them a verdict has a chance of 80 %, and with one fewer it has not, or ranks could not carry it."""
    plan = Plan(sd)
    blocks = blocks_needed(ratio, plan)
    assert blocks is not None
    assert chances(ratio, blocks, plan).decided >= 0.8
    assert blocks == fewest_blocks(plan.alpha) or chances(ratio, blocks - 1, plan).decided < 0.8
    assert blocks_needed(ratio, plan, beyond=blocks) == blocks + 1


def test_blocks_grow_with_noise_family_and_confidence() -> None:
    """More noise, more comparisons and more certainty each cost blocks."""
    plain = blocks_needed(1.05, Plan(0.05))
    assert plain is not None
    for plan, power in ((Plan(0.07), 0.8), (Plan(0.05, alpha=0.005), 0.8), (Plan(0.05), 0.95)):
        more = blocks_needed(1.05, plan, power=power)
        assert more is not None
        assert more > plain


def test_what_takes_too_many_blocks_has_no_number() -> None:
    """More than a thousand blocks are told as such: for much noise, or for a change right at the effect."""
    assert blocks_needed(1.0, Plan(1.0)) is None
    assert blocks_needed(1.02, Plan(0.05)) is None
    assert blocks_needed(1.5, Plan(0.01), beyond=MOST_BLOCKS) is None


def test_no_noise_is_decided_at_once() -> None:
    """Where nothing varies the fewest blocks that ranks allow are enough."""
    assert blocks_needed(1.5, Plan(0.0)) == 6
    assert chances(1.5, 6, Plan(0.0)).slower == pytest.approx(1.0)
    assert chances(1.0, 6, Plan(0.0)).equivalent == pytest.approx(1.0)


@pytest.mark.parametrize(("family", "blocks"), [(1, 6), (2, 7), (25, 10), (26, 11), (1000, 16)])
def test_a_family_needs_blocks_that_can_decide_one_of_it(family: int, blocks: int) -> None:
    """Ten blocks carry 25 comparisons at 5 %, since the smallest Wilcoxon p is then 0.00195."""
    assert fewest_blocks(0.05 / family) == blocks
    assert chances(2.0, blocks - 1, Plan(0.01, alpha=0.05 / family)).decided == 0
    assert chances(2.0, blocks, Plan(0.01, alpha=0.05 / family)).slower > 0.99
