"""Samples to the summaries of a run record: what a reader sees first, and what no number is derived from.

The median is of all measured values. Its interval is made of block medians, since the values of one visit are no
independent witnesses: order statistics, so that no distribution is assumed, and none below six blocks at 95 %. A
percentile is told only where enough values bound it (`statistics.PERCENTILES`).

A metric that exists once a start (`load_time`) has cold samples only; they are then what is summarised, and `method`
says so. Likewise for a run that was interrupted in its warm-up. A metric without any value has no summary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from banterhearts.core.record import Arm, Metric, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from banterhearts.benchmarking.bench import MetricSpec
    from banterhearts.core.record import Sample

__all__ = ["summarise"]

_PHASES = {Phase.MEASURE: "measured values", Phase.COLD: "cold starts", Phase.WARMUP: "warm-up values, none measured"}
"""Which phase is summarised, the first that a metric has, and how it is told."""


def summarise(samples: Iterable[Sample], specs: Sequence[MetricSpec], *, level: float = 0.95) -> tuple[Metric, ...]:
    """The summary of each metric that has a value in the measured arm, in the order of `specs`.

    Args:
        samples: Of one record; those of the placebo are left out.
        specs: What the bench declares.
        level: Of the medians' intervals.
    """
    import numpy as np  # noqa: PLC0415 - costs 0.1 s, and a bench is declared without it

    from banterhearts.core.blocks import by_metric, median  # noqa: PLC0415 - as above
    from banterhearts.core.statistics import PERCENTILES, median_interval, percentile  # noqa: PLC0415 - as above

    kept = [sample for sample in samples if sample.arm is Arm.MEASURED]
    phases = {phase: by_metric(kept, phase=phase) for phase in _PHASES}
    summaries = []
    for spec in specs:
        phase = next((phase for phase in _PHASES if spec.name in phases[phase]), None)
        if phase is None:
            continue
        blocks = phases[phase][spec.name]
        values = np.concatenate(list(blocks.values()))
        middle = median(blocks)
        ends = median_interval([median({0: block}) for block in blocks.values()], level)
        summaries.append(
            Metric(
                name=spec.name,
                unit=spec.unit,
                direction=spec.direction,
                n=values.size,
                median=middle,
                # The median of all values may lie outside where blocks differ in size.
                ci_low=None if ends is None else min(ends[0], middle),
                ci_high=None if ends is None else max(ends[1], middle),
                ci_level=level,
                method=f"median of {_PHASES[phase]}; interval from the order of {len(blocks)} block medians",
                **{f"p{percent}": percentile(values, percent) for percent in PERCENTILES},
            )
        )
    return tuple(summaries)
