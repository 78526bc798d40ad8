"""How likely a sitting is to reach a verdict, and how many blocks it takes: the sample-size rule.

For a true log-ratio d, block log-ratios with standard deviation s, and n blocks, the estimate m is normal with mean d
and standard deviation s / sqrt(n), and independent of the sample's own standard deviation, whose square is s² times a
chi-squared of n - 1 degrees of freedom over n - 1. The rule of `verdict` is applied to these two:

    P(slower) = P(m >= log(1 + e),  m > t * own sd / sqrt(n) + slack,  m > the placebo's reach)

The placebo shares the baseline with the run, so its estimate correlates with m by one half (all arms being equally
noisy), and the two sample covariances are Wishart's. What is left is an integral over four dimensions, summed up over
points that fill them evenly and are the same each time; the sum is within 0.002 of the truth.

So with a smallest effect of 2 %, a true change of exactly 2 % is found at most half of the time, however many blocks
there are: estimates fall on either side of it. Whoever wants changes of 2 % found declares a smaller effect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # scipy ships no annotations

from banterhearts.core.statistics import smallest_signed_rank_p

if TYPE_CHECKING:
    from banterhearts.core.statistics import Array

__all__ = ["MOST_BLOCKS", "Chances", "Plan", "blocks_needed", "chances", "fewest_blocks"]

MOST_BLOCKS = 1000
"""More than this is not asked of anybody: the number is then told as "more than 1,000"."""
POWER = 0.8
"""The chance of a verdict that is called enough."""

_POINTS = 4096
_SHARED = 0.5
"""The correlation of two log-ratios over one baseline."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sitting is to decide, and by which rule."""

    sd: float
    """Of the block log-ratios: 0.02 is two per cent."""
    effect: float = 0.02
    """The smallest change worth a verdict."""
    alpha: float = 0.05
    """What one comparison may err: (1 - level) / family."""
    slack: float = 0.0
    """What the interval is widened by on both sides, as a logarithm."""
    placebo: bool = True
    """Whether a placebo runs beside."""
    placebo_alpha: float = 0.05
    """One minus the level of the placebo's interval, which is not adjusted for the family."""


@dataclass(frozen=True, slots=True)
class Chances:
    """The probability of each verdict; what is left is undecided."""

    slower: float
    faster: float
    equivalent: float

    @property
    def decided(self) -> float:
        """Of any verdict."""
        return self.slower + self.faster + self.equivalent


def chances(ratio: float, blocks: int, plan: Plan) -> Chances:
    """The probability of each verdict for a true cost ratio, in at least three blocks.

    Fewer blocks than `fewest_blocks` reach no verdict, whatever they show.
    """
    if blocks < fewest_blocks(plan.alpha):
        return Chances(0.0, 0.0, 0.0)
    draws = _draws(blocks)
    se = plan.sd / math.sqrt(blocks)
    margin = math.log1p(plan.effect)
    half = special.stdtrit(blocks - 1, 1 - plan.alpha / 2) * draws.sd * se + plan.slack
    least = np.maximum(half, margin)
    if plan.placebo:
        reach = np.abs(draws.placebo) + special.stdtrit(blocks - 1, 1 - plan.placebo_alpha / 2) * draws.placebo_sd
        least = np.maximum(least, reach * se)
    inside = np.maximum(margin - plan.slack - special.stdtrit(blocks - 1, 1 - plan.alpha) * draws.sd * se, 0.0)
    # Given the placebo's estimate the run's is normal about this, with what the baseline does not share.
    center = math.log(ratio) + _SHARED * draws.placebo * se
    spread = max(math.sqrt(1 - _SHARED**2) * se, np.finfo(float).tiny)

    def below(bound: Array) -> Array:
        return np.asarray(special.ndtr((bound - center) / spread))

    return Chances(
        slower=float((1 - below(least)).mean()),
        faster=float(below(-least).mean()),
        equivalent=float((below(inside) - below(-inside)).mean()),
    )


def blocks_needed(ratio: float, plan: Plan, *, beyond: int = 0, power: float = POWER) -> int | None:
    """The fewest blocks, more than `beyond`, that reach a verdict with at least this probability.

    Returns:
        None where it takes more than `MOST_BLOCKS`.
    """
    low = max(fewest_blocks(plan.alpha), beyond + 1)
    if low > MOST_BLOCKS:
        return None
    if chances(ratio, low, plan).decided >= power:
        return low
    high = low
    while chances(ratio, high, plan).decided < power:
        if high == MOST_BLOCKS:
            return None
        low, high = high, min(2 * high, MOST_BLOCKS)
    while high - low > 1:
        middle = (low + high) // 2
        enough = chances(ratio, middle, plan).decided >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def fewest_blocks(alpha: float) -> int:
    """The fewest blocks in which Wilcoxon's signed-rank test can fall below alpha: 6 at 0.05."""
    blocks = 3
    while smallest_signed_rank_p(blocks) > alpha:
        blocks += 1
    return blocks


@dataclass(frozen=True, slots=True)
class _Draws:
    """Points of what chance does to a sitting, in units of the true deviations; each shaped [_POINTS]."""

    sd: Array
    """The sample's standard deviation of the run's block log-ratios, over the true one."""
    placebo_sd: Array
    """The placebo's."""
    placebo: Array
    """The placebo's estimate, over its true standard error."""


@lru_cache(maxsize=256)
def _draws(blocks: int) -> _Draws:
    # Multiples of powers of the root of x^5 = x + 1 fill four dimensions evenly (Roberts 2018): [_POINTS, 4].
    root = 1.0
    for _ in range(60):
        root = (1 + root) ** 0.2
    even = (0.5 + np.arange(1, _POINTS + 1)[:, None] * root ** -np.arange(1.0, 5.0)) % 1.0
    own, other = (np.sqrt(2 * special.gammaincinv((blocks - lost) / 2, even[:, lost - 1])) for lost in (1, 2))
    # Bartlett's decomposition of a Wishart matrix of two variables.
    own_part = _SHARED * own + math.sqrt(1 - _SHARED**2) * special.ndtri(even[:, 2])
    placebo = np.hypot(own_part, math.sqrt(1 - _SHARED**2) * other)
    scale = math.sqrt(blocks - 1)
    return _Draws(own / scale, placebo / scale, np.asarray(special.ndtri(even[:, 3])))
