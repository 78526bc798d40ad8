"""The rule by which two runs get their verdict, on arrays, so that one comparison and ten thousand share it.

With a smallest effect e worth a verdict, on the adjusted interval of the cost ratio (above 1 is worse):

    slower      the interval lies above 1, the estimate is at least 1 + e, and it is farther from 1 than the placebo
    faster      the interval lies below 1, the estimate is at most 1 / (1 + e), and likewise
    equivalent  two one-sided tests put the ratio between 1 / (1 + e) and 1 + e
    undecided   all else

The placebo is the baseline once more under another name. Which of the two is called the baseline is chance, so its
interval counts on both sides of 1: a change is noise unless it is farther from 1 than either end of that interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from banterhearts.core.statistics import Estimate, interval, tost_p
from banterhearts.core.terms import Verdict

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from banterhearts.core.statistics import Array

__all__ = ["judge", "reach"]

_ROUNDING = 1e-12
"""By how much a logarithm may miss the effect that it is exactly: log(102 / 100) against log1p(0.02)."""


def reach(placebo: Estimate, level: float) -> Array:
    """How far from 0 the interval of the placebo's log-ratio extends on either side, shaped [...]."""
    low, high = interval(placebo, level)
    return np.maximum(np.abs(low), np.abs(high))


def judge(cost: Estimate, *, effect: float, alpha: float, noise: ArrayLike = 0.0) -> NDArray[np.str_]:
    """The verdict of each estimate.

    Args:
        cost: Of the log of the cost ratio, shaped [...].
        effect: The smallest change worth a verdict: 0.02 is two per cent.
        alpha: What one comparison may err, already divided by the size of its family.
        noise: The `reach` of the placebo, shaped [...]; 0 where none ran.
    """
    margin = np.log1p(effect)
    low, high = interval(cost, 1 - alpha)
    large = (np.abs(cost.mean) >= margin - _ROUNDING) & (np.abs(cost.mean) > noise)
    return np.select(
        [large & (low > 0), large & (high < 0), tost_p(cost, margin) <= alpha],
        [Verdict.SLOWER, Verdict.FASTER, Verdict.EQUIVALENT],
        Verdict.UNDECIDED,
    )
