"""What was found about one metric of a run against its baseline, with the reason where nothing was.

Plain values, so that who shows a delta loads no numpy; `comparison` finds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from banterhearts.core.terms import Direction, Verdict

__all__ = ["Delta", "Why"]


class Why(StrEnum):
    """Why a delta is undecided."""

    WIDE = "wide"
    """The interval leaves more than one verdict open; `blocks_needed` blocks would decide."""
    PLACEBO = "placebo"
    """The baseline under another name differs from itself as much."""
    APART = "apart"
    """Measured in different sittings, which differ by more than this."""
    FEW_BLOCKS = "few_blocks"
    """Too few blocks for an interval, or for any test of one comparison; for good where a metric is told once a run."""
    FAMILY = "family"
    """So many comparisons together that these blocks cannot decide one of them."""
    STEPS = "steps"
    """The values are rounded to steps as large as the difference."""
    NO_RATIO = "no_ratio"
    """A median of zero, or two medians whose ratio is no number."""


@dataclass(frozen=True, slots=True)
class Delta:
    """One metric of a run against its baseline. What could not be computed is None, and `why` says why."""

    metric: str
    unit: str
    direction: Direction
    run: str
    baseline: str
    """Run ids."""
    blocks: int
    """Paired blocks; of runs measured apart, the fewer of the two."""
    paired: bool
    """Whether both are of one sitting."""
    median: float
    baseline_median: float
    """Of all measured values, in the metric's unit."""
    ratio: float | None
    """Run over baseline, of the metric's values."""
    ci_low: float | None
    ci_high: float | None
    ci_level: float
    """Of the interval, adjusted for the family."""
    bootstrap_low: float | None
    bootstrap_high: float | None
    """A hierarchical bootstrap's interval at the level of the family, not adjusted: a check that decides nothing."""
    p_raw: float | None
    p_wilcoxon: float | None
    """Exact signed-rank; None for runs measured apart."""
    p_adjusted: float | None
    """Holm's."""
    family: int
    """How many comparisons were decided together."""
    placebo: tuple[float, float] | None
    """The interval of the placebo's ratio, at the level of the family, not adjusted."""
    min_effect: float
    verdict: Verdict
    why: Why | None
    """Of an undecided delta."""
    blocks_needed: int | None
    """How many blocks, in a sitting of their own, would decide with 80 % probability if what is seen is so. One more
    than `power.MOST_BLOCKS` stands for "more than that"; None where more blocks are not what is lacking."""
