"""Screening many arms of one sitting against the first: which deserves to be measured again.

Each arm's objective is compared with the plain one's block by block; the p-values are adjusted after Benjamini and
Hochberg (1995), which bounds the share of false alarms among those that pass. An arm passes if it is better by at
least the smallest effect, and by more than the placebo differs. The best of these is the winner, of which nothing may
be told but that it is worth another look: it is the best of many, so chance is part of its lead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from banterhearts.core.comparison import Pair, compare_pairs
from banterhearts.core.record import Status
from banterhearts.core.statistics import benjamini_hochberg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banterhearts.core.delta import Delta
    from banterhearts.core.record import RunRecord

__all__ = ["Screened", "screen"]


@dataclass(frozen=True, slots=True)
class Screened:
    """How a screen ended."""

    winner: RunRecord | None
    note: str
    """For the record of the plain arm."""


def screen(records: Sequence[RunRecord], objective: str, *, alpha: float) -> Screened:
    """Screen the arms of a sitting.

    Args:
        records: Of the sitting, the plain arm's first, with the placebo's samples.
        objective: The metric, of which less is better.
        alpha: The share of false alarms among the arms that pass.
    """
    plain, *arms = records
    if plain.status is not Status.OK:
        return Screened(None, f"not screened: the plain configuration is {plain.status}")
    tried = []
    for arm in arms:
        if arm.status is Status.OK:
            deltas = compare_pairs([Pair(arm, plain, plain)])
            tried += [(arm, delta) for delta in deltas if delta.metric == objective and delta.p_raw is not None]
    adjusted = benjamini_hochberg([delta.p_raw for _, delta in tried if delta.p_raw is not None])
    passed = [
        (delta.ratio, place)
        for place, ((_, delta), p) in enumerate(zip(tried, adjusted, strict=True))
        if p <= alpha and delta.ratio is not None and _is_better(delta, delta.ratio)
    ]
    what = f"screened by {objective}, Benjamini-Hochberg at {alpha:g}: of {len(tried)} arms {len(passed)} passed"
    if not passed:
        return Screened(None, f"{what}; there is no winner")
    ratio, place = min(passed)
    winner = tried[place][0]
    return Screened(winner, f"{what}; {winner.run_id} (ratio {ratio:.3f}, p {adjusted[place]:.2g}) is measured again")


def _is_better(delta: Delta, ratio: float) -> bool:
    """By the smallest effect at least, and farther from 1 than either end of the placebo's interval."""
    low, high = delta.placebo or (1.0, 1.0)
    return ratio <= 1 / (1 + delta.min_effect) and ratio < min(low, 1 / high)
