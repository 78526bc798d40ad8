"""What can be said of numbers that were measured in blocks: pure functions on arrays, and no record in sight.

Everything about a ratio happens on the logarithm: a ratio of 1.02 and one of 1/1.02 are as far from 1 as each other,
noise multiplies rather than adds, and a mean of logarithms is the geometric mean. The unit of evidence is the block,
not the value: values of one visit share a cache, a clock and a mood of the machine, so that a thousand of them are
hardly more than one. Arrays are shaped [..., blocks] and every function works along the last axis, so that one
call serves one comparison or two thousand simulated ones.

An `Estimate` is a mean, its standard error with degrees of freedom, and a `slack`: what no sample can know, such as the
step to which values were rounded or the state of the machine between two sittings. Slack is added on both sides of an
interval and never shrinks with more blocks.

numpy and scipy are loaded with this module, since nobody loads it but to compute; `comparison` loads it late.
docs/statistics.md has the method with its sources, and how well it keeps what it promises.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # scipy ships no annotations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = [
    "PERCENTILES",
    "Estimate",
    "benjamini_hochberg",
    "bootstrap",
    "holm",
    "interval",
    "median_interval",
    "median_of",
    "p_value",
    "paired",
    "percentile",
    "smallest_rank_sum_p",
    "smallest_signed_rank_p",
    "step",
    "tost_p",
    "welch",
    "wilcoxon_p",
]

PERCENTILES = {90: 29, 95: 59, 99: 299}
"""A percentile to the fewest values from which it is told: with fewer, the largest value of all lies below the true
percentile in more than 5 of 100 samples (0.9^29, 0.95^59 and 0.99^299 are just below 0.05), so nothing bounds it."""

_EXACT_RANKS = 200
"""Up to how many blocks Wilcoxon's distribution is counted out; beyond, the normal approximation is off by < 0.002."""
_ROUNDING = 1e-12
"""Logarithms that differ by less are the same: log(110 / 100) and log(220 / 200) are not, to the last bit."""
_INNER = 200
"""Resamples of the values inside one block, from which the bootstrap of the blocks draws."""
_DIGITS = 16
"""How many digits of a double can mean anything, and how many places behind the point are looked at for a step."""

_NEAR_THE_END = 1e307


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated logarithm of a ratio; all fields shaped [...]."""

    mean: Array
    se: Array
    """Its standard error; 0 where every block says the same."""
    df: Array
    """Degrees of freedom of the standard error."""
    slack: Array
    """What is added on both sides of an interval, whatever the number of blocks."""


def paired(logs: ArrayLike, slack: ArrayLike = 0.0) -> Estimate:
    """The mean of paired block log-ratios, for Student's t interval.

    Args:
        logs: Log-ratios, shaped [..., blocks], at least two blocks.
        slack: Shaped [...].
    """
    values = np.asarray(logs, dtype=np.float64)
    blocks = values.shape[-1]
    mean = values.mean(axis=-1)
    se = values.std(axis=-1, ddof=1) / math.sqrt(blocks)
    se = np.where(np.ptp(values, axis=-1) <= _ROUNDING, 0.0, se)
    return Estimate(mean, se, np.full_like(mean, blocks - 1), np.broadcast_to(np.asarray(slack, float), mean.shape))


def welch(logs: ArrayLike, baseline_logs: ArrayLike, slack: ArrayLike = 0.0) -> Estimate:
    """The difference of two means of block log-medians that were measured apart (Welch 1947).

    Args:
        logs: Shaped [..., blocks], at least two blocks.
        baseline_logs: The same of the baseline; the number of blocks may differ.
        slack: Shaped [...].
    """
    sides = [np.asarray(side, dtype=np.float64) for side in (logs, baseline_logs)]
    mean = sides[0].mean(axis=-1) - sides[1].mean(axis=-1)
    parts = [
        np.where(np.ptp(side, axis=-1) <= _ROUNDING, 0.0, side.var(axis=-1, ddof=1) / side.shape[-1]) for side in sides
    ]
    variance = parts[0] + parts[1]
    below = sum(part**2 / (side.shape[-1] - 1) for part, side in zip(parts, sides, strict=True))
    fewest = min(side.shape[-1] for side in sides) - 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        df = np.where(below > 0, variance**2 / below, fewest)
    return Estimate(mean, np.sqrt(variance), df, np.broadcast_to(np.asarray(slack, float), mean.shape))


def interval(estimate: Estimate, level: float) -> tuple[Array, Array]:
    """Both ends of the two-sided interval of the log-ratio at a confidence level, each shaped [...]."""
    half = special.stdtrit(estimate.df, (1 + level) / 2) * estimate.se + estimate.slack
    return estimate.mean - half, estimate.mean + half


def p_value(estimate: Estimate) -> Array:
    """The two-sided p of "no difference beyond the slack", shaped [...]: below 1 - level where `interval` leaves out 0.

    Where every block says the same, t has no scale: p is then 0 or 1, and `comparison` puts Wilcoxon's in its place.
    """
    return np.minimum(1.0, 2 * _tail(np.abs(estimate.mean) - estimate.slack, estimate))


def tost_p(estimate: Estimate, margin: ArrayLike) -> Array:
    """The p of "the log-ratio is at least `margin` away from 0", by two one-sided t tests (Schuirmann 1987)."""
    return _tail(np.asarray(margin, float) - np.abs(estimate.mean) - estimate.slack, estimate)


def _tail(distance: Array, estimate: Estimate) -> Array:
    """P(T > distance / se), shaped [...]; a distance below zero is worth nothing, one without scale everything."""
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(estimate.se > 0, distance / estimate.se, np.where(distance > 0, np.inf, -np.inf))
    return np.asarray(special.stdtr(estimate.df, -score))


def wilcoxon_p(logs: ArrayLike) -> float:
    """The two-sided p of Wilcoxon's signed-rank test on block log-ratios, shaped [blocks].

    Exact up to 200 blocks, ties included: the distribution over all signs of the mid-ranks that are there. Blocks
    without a difference are left out, as Wilcoxon did; if none is left p is 1.
    """
    values = np.asarray(logs, dtype=np.float64)
    values = values[values != 0]
    if not values.size:
        return 1.0
    _, place, count = np.unique(np.abs(values), return_inverse=True, return_counts=True)
    # Mid-ranks are halves at worst, so that doubled ones are whole: |-1|, |1|, |3| → 3, 3, 6.
    doubled = (2 * np.cumsum(count) - count + 1)[place]
    plus = int(doubled[values > 0].sum())
    most = int(doubled.sum())
    if values.size > _EXACT_RANKS:
        sd = math.sqrt(float((doubled.astype(float) ** 2).sum())) / 2
        return min(1.0, 2 * float(special.ndtr(-max(0.0, abs(plus - most / 2) - 1) / sd)))
    ways = _sign_sums(tuple(sorted(doubled.tolist())))
    low = min(plus, most - plus)
    return min(1.0, 2 * float(ways[: low + 1].sum()))


@lru_cache(maxsize=64)
def _sign_sums(ranks: tuple[int, ...]) -> Array:
    """The probability of each sum of the ranks that get a plus, every sign equally likely: shaped [sum(ranks) + 1]."""
    chances = np.zeros(sum(ranks) + 1)
    chances[0] = 1.0
    for rank in ranks:
        shifted = np.zeros_like(chances)
        shifted[rank:] = chances[: chances.size - rank]
        chances = (chances + shifted) / 2
    return chances


def smallest_signed_rank_p(blocks: int) -> float:
    """The smallest two-sided p that Wilcoxon's signed-rank test can reach: all signs alike, 0.00195 at 10 blocks."""
    return min(1.0, 2.0 ** (1 - blocks))


def smallest_rank_sum_p(blocks: int, baseline_blocks: int) -> float:
    """The smallest two-sided p that a rank-sum test of two groups can reach: 0.1 at 3 and 3 blocks."""
    return min(1.0, 2.0 / math.comb(blocks + baseline_blocks, blocks))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values that hold the chance of any false alarm in the family (Holm 1979), in the order given."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(np.minimum(1.0, p[order] * np.arange(p.size, 0, -1)))
    return _put_back(steps, order)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values that hold the share of false alarms among alarms (1995), in the order given: for screening."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * p.size / np.arange(1, p.size + 1)
    return _put_back(np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1]), order)


def _put_back(values: Array, order: NDArray[np.intp]) -> tuple[float, ...]:
    back = np.empty_like(values)
    back[order] = values
    return tuple(back.tolist())


def bootstrap(
    values: Sequence[ArrayLike], baseline: Sequence[ArrayLike], *, level: float = 0.95, resamples: int = 1000
) -> tuple[float, float]:
    """A hierarchical bootstrap's percentile interval of the mean block log-ratio: no assumption of a normal error.

    Blocks are drawn with replacement, and in each of them the values of either arm. With few blocks and much noise
    inside them this counts the inner noise twice and covers more than it says; it stands beside the t interval as a
    check and decides nothing. The draws are seeded by the data, so that the same samples give the same interval.

    Args:
        values: One array of values above 0 a block.
        baseline: The same blocks of the baseline.
        level: Of the interval.
        resamples: Of the blocks.
    """
    sides = [[np.asarray(block, dtype=np.float64) for block in side] for side in (values, baseline)]
    seed = hashlib.sha256(b"".join(block.tobytes() for side in sides for block in side)).digest()
    draw = _Draw(int.from_bytes(seed[:16], "big"))
    blocks = len(sides[0])
    inner = [_resampled_log_medians(side, draw) for side in sides]
    chosen = draw.below(blocks, (resamples, blocks))
    picked = [side[chosen, draw.below(_INNER, (resamples, blocks))] for side in inner]
    means = (picked[0] - picked[1]).mean(axis=-1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _resampled_log_medians(blocks: list[Array], draw: _Draw) -> Array:
    """Log-medians of resamples of the values of each block, shaped [blocks, _INNER]."""
    found = np.empty((len(blocks), _INNER))
    for size in sorted({block.size for block in blocks}):
        rows = [row for row, block in enumerate(blocks) if block.size == size]
        values = np.stack([blocks[row] for row in rows])[:, None, :]
        chosen = draw.below(size, (len(rows), _INNER, size))
        found[rows] = np.log(median_of(np.take_along_axis(values, chosen, axis=-1)))
    return found


class _Draw:
    """Whole numbers from the raw stream of PCG64, which numpy promises to keep, as it does not for `Generator`."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def below(self, end: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
        raw = self._bits.random_raw(math.prod(shape)).reshape(shape)
        return ((raw >> np.uint64(11)).astype(np.float64) * 2.0**-53 * end).astype(np.int64)


def step(values: ArrayLike) -> float:
    """To which decimal step values ≥ 0 are rounded: 0.1 for 0.3 and 0.4, 10 for 300 and 310, 0 where none is seen.

    The place of the last digit that any of them needs. A printed `0.3 s` is known to 0.05 s and no better, however
    often it is repeated.
    """
    numbers = np.asarray(values, dtype=np.float64)
    largest = float(numbers.max(initial=0.0))
    if not largest:
        return 0.0
    first = -math.floor(math.log10(largest))
    for places in range(first, min(first + _DIGITS, _DIGITS)):
        if np.array_equal(np.round(numbers, places), numbers):
            return float(10.0**-places)
    return 0.0


def percentile(values: ArrayLike, percent: int) -> float | None:
    """A percentile of values shaped [n], itself one of them; None with fewer values than `PERCENTILES` asks for."""
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.size < PERCENTILES[percent]:
        return None
    return float(np.percentile(numbers, percent, method="inverted_cdf"))


def median_of(values: Array) -> Array:
    """Along the last axis; near the end of what a double holds the two in the middle are halved before their sum."""
    scale = 0.5 if values.max() > _NEAR_THE_END else 1.0
    return np.asarray(np.median(values * scale, axis=-1) / scale)


def median_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float] | None:
    """An interval of the median from order statistics, whatever the distribution; None where too few can give one.

    Ends are the k-th smallest and the k-th largest value with the largest k for which a fair coin thrown n times
    shows fewer than k heads with probability at most (1 - level) / 2 (Thompson 1936): six values at 95 %.

    Args:
        values: Independent values, shaped [n].
        level: At least this, since whole ranks cannot hit it.
    """
    numbers = np.sort(np.asarray(values, dtype=np.float64))
    ranks = np.arange(numbers.size)
    below = special.bdtr(ranks, numbers.size, 0.5) if numbers.size else ranks
    k = int(np.count_nonzero(below <= (1 - level) / 2))
    return (float(numbers[k - 1]), float(numbers[-k])) if k else None
