"""What may be said of a run against its baseline: a ratio, its interval and a verdict, per metric.

Runs of one sitting are compared block by block: in each block that both finished, the log of the ratio of medians; over
the blocks their mean with Student's t interval. Whatever the machine did in a block it did to both. Runs of different
sittings were measured apart: their block medians are compared with Welch's interval, widened by 10 % on both sides for
the state of the machine, which no sample of theirs contains. So a few per cent measured apart stay undecided, and a
factor of two does not.

All deltas that are asked for together are one family: intervals are at 1 - (1 - level) / m for m comparisons, p-values
are Holm's. A family so large that Wilcoxon's test could not decide one comparison even if all blocks agreed is refused:
each of its deltas is undecided, with the number of blocks that it would need.

Nothing is said of a ratio to zero, of fewer than three blocks, or of a difference that is smaller than the step to
which its values were rounded. Each of these is an undecided delta with its own reason, never an exception and never a
number that is none. Exceptions are for runs that must not be compared at all (`NotComparable`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from banterhearts.core.delta import Delta, Why
from banterhearts.core.terms import Arm, Direction, Status, Verdict
from banterhearts.errors import NotComparable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from banterhearts.core.blocks import Blocks
    from banterhearts.core.record import Metric, RunRecord
    from banterhearts.core.statistics import Estimate

__all__ = ["LEVEL", "Delta", "Pair", "Why", "compare", "compare_pairs"]

LEVEL = 0.95
"""The confidence that a family of comparisons as a whole has."""
APART = math.log(1.10)
"""By what the interval of runs measured apart is widened on both sides."""
FEWEST = 3
"""Blocks below which there is no interval."""

_LAST = 1100
"""More blocks than any family needs by ranks: 2^(1 - 1100) is no double above 0."""
_LOG_RANGE = 700.0
"""Beyond exp(±700) a double has no ratio."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A run and what it is compared with."""

    run: RunRecord
    baseline: RunRecord
    placebo: RunRecord | None
    """The record of the sitting that has placebo samples; it may be either of the two."""


class _Trial(NamedTuple):
    """A delta before the size of its family is known."""

    delta: Delta
    log: Estimate | None = None
    """Of the logarithm of the ratio; None without an interval."""
    reach: float = 0.0
    """How far from 0 the placebo's interval extends."""
    rounding: float = 0.0
    """The part of the slack that is the rounding of the values."""
    once: bool = False
    """Whether this is told once a run, such as its peak memory: then more blocks give no more of it."""


_NAMES = {
    "suite": "suite",
    "case": "case",
    "workload": "workload",
    "effective": "effective configuration",
    "fingerprint": "machine",
}
"""The parts of an arm's key, as they are told."""


def compare(
    baseline: RunRecord, run: RunRecord, *, placebo: RunRecord | None = None, level: float = LEVEL
) -> tuple[Delta, ...]:
    """Compare two runs of the same arm, all their metrics as one family.

    Raises:
        NotComparable: If suite, case, workload, effective configuration, machine or units differ, or a run failed.
    """
    _refuse_another(tuple(_NAMES), run, baseline)
    return compare_pairs([Pair(run, baseline, placebo)], level=level)


def compare_pairs(pairs: Iterable[Pair], *, level: float = LEVEL) -> tuple[Delta, ...]:
    """Compare runs with their baselines, all metrics of all pairs as one family.

    The effective configurations of a pair may differ: that is how a treatment is judged.

    Returns:
        A delta for each metric that both runs of a pair measured, in the order of the pairs and of the run's metrics.

    Raises:
        NotComparable: If suite, case, workload, machine or units of a pair differ, or a run of it failed.
    """
    from banterhearts.core.statistics import holm  # noqa: PLC0415 - scipy is for those who compare

    pairs = tuple(pairs)
    foreign = {pair.run.run_id for pair in pairs if None in (pair.run.workload.blocks, pair.baseline.workload.blocks)}
    trials = [trial for pair in pairs for trial in _trials(pair, level)]
    family = sum(trial.log is not None for trial in trials)
    hoped = sum(trial.log is not None or _hopeful(trial) for trial in trials)
    deltas = [_decided(trial, family, level) if trial.log else _undecided(trial, hoped, level) for trial in trials]
    # Whoever ran another tool once cannot be asked for more of its blocks.
    deltas = [replace(delta, blocks_needed=None) if delta.run in foreign else delta for delta in deltas]
    adjusted = iter(holm([delta.p_raw for delta in deltas if delta.p_raw is not None]))
    return tuple(delta if delta.p_raw is None else replace(delta, p_adjusted=next(adjusted)) for delta in deltas)


def _refuse_another(names: tuple[str, ...], run: RunRecord, baseline: RunRecord) -> None:
    for name in names:
        if getattr(run.arm, name) != getattr(baseline.arm, name):
            raise NotComparable(run.run_id, baseline.run_id, f"another {_NAMES[name]}")


def _trials(pair: Pair, level: float) -> list[_Trial]:
    from banterhearts.core.blocks import by_metric  # noqa: PLC0415 - numpy is for those who compare

    run, baseline = pair.run, pair.baseline
    for record in (run, baseline):
        if record.status is not Status.OK:
            raise NotComparable(run.run_id, baseline.run_id, f"{record.run_id} is {record.status}: {record.error}")
    _refuse_another(("suite", "case", "workload", "fingerprint"), run, baseline)
    sides = [by_metric(run.samples), by_metric(baseline.samples)]
    doubles = (
        [by_metric(pair.placebo.samples, Arm.PLACEBO), by_metric(pair.placebo.samples)] if pair.placebo else [{}, {}]
    )
    theirs = {metric.name: metric for metric in baseline.metrics}
    trials = []
    for metric in run.metrics:
        if not all(metric.name in side for side in sides):
            continue
        other = theirs[metric.name]
        if (metric.unit, metric.direction) != (other.unit, other.direction):
            told = [f"{one.unit} with {one.direction} as better" for one in (metric, other)]
            raise NotComparable(run.run_id, baseline.run_id, f"{metric.name} is in {told[0]}, and in {told[1]}")
        noise = _noise([double.get(metric.name, {}) for double in doubles], level)
        trial = _trial(pair, metric, [side[metric.name] for side in sides], noise, level)
        trials.append(trial._replace(once=all(_is_once(metric.name, side) for side in sides)))
    return trials


def _noise(sides: list[Blocks], level: float) -> tuple[float, float] | None:
    """The interval of the placebo's log-ratio; None where it did not run in enough blocks, or has no ratio."""
    from banterhearts.core.blocks import common, log_medians  # noqa: PLC0415 - numpy is for those who compare
    from banterhearts.core.statistics import interval, paired  # noqa: PLC0415 - as above

    logs = [log_medians(side) for side in common(*sides)]
    if logs[0] is None or logs[1] is None or len(logs[0]) < FEWEST:
        return None
    low, high = interval(paired(logs[0] - logs[1]), level)
    return float(low), float(high)


def _trial(pair: Pair, metric: Metric, sides: list[Blocks], noise: tuple[float, float] | None, level: float) -> _Trial:
    from banterhearts.core.blocks import common, log_medians  # noqa: PLC0415 - numpy is for those who compare
    from banterhearts.core.statistics import bootstrap, p_value, paired, welch, wilcoxon_p  # noqa: PLC0415 - as above

    sitting = pair.run.provenance.sitting
    together = sitting is not None and sitting == pair.baseline.provenance.sitting
    shared = common(*sides) if together else sides
    blocks = min(map(len, shared))
    # Without one block in common the medians of all that there is are told, and no ratio.
    sides = list(shared) if blocks else sides
    delta = _blank(pair, metric, sides, blocks=blocks, together=together)
    if not blocks:
        return _Trial(replace(delta, why=Why.FEW_BLOCKS))
    logs, theirs = (log_medians(side) for side in sides)
    if logs is None or theirs is None or abs(mean := float(logs.mean() - theirs.mean())) > _LOG_RANGE:
        return _Trial(replace(delta, why=Why.NO_RATIO))
    delta = replace(delta, ratio=math.exp(mean), why=Why.FEW_BLOCKS)
    if blocks < FEWEST:
        return _Trial(delta)
    log = paired(logs - theirs) if together else welch(logs, theirs)
    rounding = _rounding(delta, sides, still=not log.se)
    log = replace(log, slack=log.slack + rounding + (0.0 if together else APART))
    p_raw = float(p_value(log))
    delta = replace(delta, p_raw=p_raw if log.se else max(p_raw, _smallest_p(delta)))
    if together:
        delta = replace(delta, p_wilcoxon=wilcoxon_p(logs - theirs))
    values = [list(side.values()) for side in sides]
    # A block with a zero in it, if not in its middle, has resamples without a ratio.
    if together and all(block.all() for side in values for block in side):
        low, high = bootstrap(values[0], values[1], level=level)
        delta = replace(delta, bootstrap_low=_ratio(low), bootstrap_high=_ratio(high))
    if noise is None:
        return _Trial(delta, log, 0.0, rounding)
    delta = replace(delta, placebo=(_ratio(noise[0]), _ratio(noise[1])))
    return _Trial(delta, log, max(map(abs, noise)), rounding)


def _blank(pair: Pair, metric: Metric, sides: list[Blocks], *, blocks: int, together: bool) -> Delta:
    from banterhearts.core.blocks import median  # noqa: PLC0415 - numpy is for those who compare

    return Delta(
        metric=metric.name,
        unit=metric.unit,
        direction=metric.direction,
        run=pair.run.run_id,
        baseline=pair.baseline.run_id,
        blocks=blocks,
        paired=together,
        median=median(sides[0]),
        baseline_median=median(sides[1]),
        ratio=None,
        ci_low=None,
        ci_high=None,
        ci_level=LEVEL,
        bootstrap_low=None,
        bootstrap_high=None,
        p_raw=None,
        p_wilcoxon=None,
        p_adjusted=None,
        family=0,
        placebo=None,
        min_effect=max(pair.run.workload.min_effect, pair.baseline.workload.min_effect),
        verdict=Verdict.UNDECIDED,
        why=None,
        blocks_needed=None,
    )


def _rounding(delta: Delta, sides: list[Blocks], *, still: bool) -> float:
    """By how much the rounding of values may have moved the log-ratio: half a step of either median.

    Bytes and counted things are exact. A measured quantity that shows no spread over the blocks was rounded by
    something, and to no finer step than the difference that is seen.
    """
    import numpy as np  # noqa: PLC0415 - numpy is for those who compare

    from banterhearts.core.statistics import step  # noqa: PLC0415 - as above

    if delta.unit == "By" or (delta.unit.startswith("{") and delta.unit.endswith("}")):
        return 0.0
    size = step(np.concatenate([block for side in sides for block in side.values()]))
    if still:
        size = max(size, abs(delta.median - delta.baseline_median))
    return size / 2 / delta.median + size / 2 / delta.baseline_median


def _smallest_p(delta: Delta, blocks: int | None = None) -> float:
    """The smallest p that ranks alone can give in so many blocks, its own by default."""
    from banterhearts.core.statistics import smallest_rank_sum_p, smallest_signed_rank_p  # noqa: PLC0415 - as above

    blocks = delta.blocks if blocks is None else blocks
    return smallest_signed_rank_p(blocks) if delta.paired else smallest_rank_sum_p(blocks, blocks)


def _ratio(log: float) -> float:
    """The ratio of a logarithm; an end of an interval beyond what a double holds stays at its end."""
    return math.exp(min(max(log, -_LOG_RANGE), _LOG_RANGE))


def _is_once(name: str, side: Mapping[str, Blocks]) -> bool:
    """Whether a metric has one block where others of its run have more."""
    return len(side[name]) == 1 < max(map(len, side.values()))


def _hopeful(trial: _Trial) -> bool:
    """Whether more blocks would make a test of it."""
    return trial.delta.why is Why.FEW_BLOCKS and not trial.once


def _undecided(trial: _Trial, family: int, level: float) -> Delta:
    """A delta that has no interval, with the blocks that it would need as one of `family`."""
    alpha = (1 - level) / max(family, 1)
    delta = replace(trial.delta, family=family, ci_level=1 - alpha)
    return replace(delta, blocks_needed=_fewest(delta, alpha)) if _hopeful(trial) else delta


def _fewest(delta: Delta, alpha: float) -> int:
    """The fewest blocks in which ranks alone could tell a difference at this alpha."""
    return next(blocks for blocks in range(FEWEST, _LAST) if _smallest_p(delta, blocks) <= alpha)


def _decided(trial: _Trial, family: int, level: float) -> Delta:
    """The delta of a trial that has an interval, as one of `family`."""
    from banterhearts.core.statistics import interval  # noqa: PLC0415 - scipy is for those who compare
    from banterhearts.core.verdict import judge  # noqa: PLC0415 - as above

    log = trial.log
    assert log is not None, trial
    alpha = (1 - level) / family
    low, high = (_ratio(float(end)) for end in interval(log, 1 - alpha))
    delta = replace(trial.delta, ci_low=low, ci_high=high, ci_level=1 - alpha, family=family)
    if _smallest_p(delta) > alpha:
        why = Why.FEW_BLOCKS if family == 1 else Why.FAMILY
        return replace(delta, why=why, blocks_needed=_fewest(delta, alpha))
    cost = log if delta.direction is Direction.LOWER else replace(log, mean=-log.mean)

    def verdict(cost: Estimate, reach: float) -> Verdict:
        return Verdict(str(judge(cost, effect=delta.min_effect, alpha=alpha, noise=reach)))

    found = verdict(cost, trial.reach)
    if found is not Verdict.UNDECIDED:
        return replace(delta, verdict=found, why=None)
    if not delta.paired:
        return replace(delta, why=Why.APART)
    finer = replace(cost, slack=cost.slack - trial.rounding)
    if verdict(finer, trial.reach) is not Verdict.UNDECIDED:
        return replace(delta, why=Why.STEPS)
    if verdict(cost, 0.0) is Verdict.UNDECIDED:
        return replace(delta, why=Why.WIDE, blocks_needed=_needed(cost, delta, alpha, level))
    # A placebo that differs from what it doubles, and not by chance, will differ in more blocks as well.
    differs = delta.placebo is not None and not delta.placebo[0] <= 1 <= delta.placebo[1]
    needed = None if differs else _needed(cost, delta, alpha, level)
    return replace(delta, why=Why.PLACEBO, blocks_needed=needed)


def _needed(cost: Estimate, delta: Delta, alpha: float, level: float) -> int:
    from banterhearts.core.power import MOST_BLOCKS, Plan, blocks_needed  # noqa: PLC0415 - as above

    plan = Plan(
        sd=float(cost.se) * math.sqrt(delta.blocks),
        effect=delta.min_effect,
        alpha=alpha,
        slack=float(cost.slack),
        placebo=delta.placebo is not None,
        placebo_alpha=1 - level,
    )
    return blocks_needed(math.exp(float(cost.mean)), plan, beyond=delta.blocks) or MOST_BLOCKS + 1
