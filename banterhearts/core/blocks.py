"""The measured values of a run, by metric and block: the shape in which samples are compared and summarised.

Only samples of the phase `measure` are here. Flagged ones are among them: a throttled visit is part of what happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from banterhearts.core.statistics import median_of
from banterhearts.core.terms import Arm, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from banterhearts.core.record import Sample
    from banterhearts.core.statistics import Array

    Blocks = Mapping[int, Array]
    """A block's number to its values, shaped [values], none empty; in the order of the numbers."""

__all__ = ["by_metric", "common", "log_medians", "median"]


def by_metric(samples: Iterable[Sample], arm: Arm = Arm.MEASURED, phase: Phase = Phase.MEASURE) -> dict[str, Blocks]:
    """The values of one arm and phase by metric and block, in the order of their visits."""
    found: dict[str, dict[int, list[float]]] = {}
    for sample in sorted(samples, key=lambda sample: sample.order):
        if sample.phase is phase and sample.arm is arm and sample.values:
            found.setdefault(sample.metric, {}).setdefault(sample.block, []).extend(sample.values)
    return {name: {block: np.array(blocks[block]) for block in sorted(blocks)} for name, blocks in found.items()}


def common(blocks: Blocks, others: Blocks) -> tuple[Blocks, Blocks]:
    """Both, without the blocks that only one of them has."""
    shared = [block for block in blocks if block in others]
    return {block: blocks[block] for block in shared}, {block: others[block] for block in shared}


def median(blocks: Blocks) -> float:
    """Of all values of all blocks."""
    return float(median_of(np.concatenate(list(blocks.values()))))


def log_medians(blocks: Blocks) -> Array | None:
    """The logarithm of each block's median, shaped [blocks]; None where there is no block, or a median is 0."""
    values = list(blocks.values())
    if len({block.size for block in values}) == 1:
        # One call for all blocks of one size: [blocks, values] → [blocks]
        medians = median_of(np.stack(values))
    else:
        medians = np.array([median_of(block) for block in values])
    return np.log(medians) if medians.size and medians.all() else None
