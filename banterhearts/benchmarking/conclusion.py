"""What a sitting says of its runs, written into their records for the eye.

Each run is judged against one of the same sitting: the nearest before it of the same configuration and another commit,
or, where there is none, the first, which is the plain configuration. All of it is one family. Whoever compares later
counts from the samples again; this is only what was seen when the runs were made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from banterhearts.core.comparison import Pair, compare_pairs
from banterhearts.core.record import Comparison, RunRecord, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from banterhearts.benchmarking.sitting import Outcome, Setting
    from banterhearts.core.comparison import Delta

__all__ = ["conclude", "pairs_of"]


def conclude(outcome: Outcome, setting: Setting) -> Outcome:
    """Judge the runs of a sitting and write their records once more, with the verdicts.

    Raises:
        OutputError: If a record cannot be written.
    """
    records = [kept.record for kept in outcome.kept]
    placebo = next((record for record in records if record.has_placebo), None)
    pairs = pairs_of(records)
    deltas = compare_pairs([Pair(run, baseline, placebo) for baseline, run in pairs])
    baselines = {run.run_id: baseline.run_id for baseline, run in pairs}
    family = f"{len(deltas)} comparisons of one sitting"
    kept = []
    for one in outcome.kept:
        run_id = one.record.run_id
        if run_id in baselines:
            found = [_comparison(delta, family) for delta in deltas if delta.run == run_id]
            record = _with(one.record, baselines[run_id], [comparison for comparison in found if comparison])
            one = one._replace(record=record, path=setting.keep(record))  # noqa: PLW2901 - the same run, told in full
        kept.append(one)
    return replace(outcome, kept=tuple(kept))


def pairs_of(records: Sequence[RunRecord]) -> list[tuple[RunRecord, RunRecord]]:
    """Each run of a sitting that has a baseline in it, with that (first)."""
    good = [record for record in records if record.status is Status.OK]
    pairs = []
    for place, run in enumerate(good):
        earlier = [one for one in reversed(good[:place]) if _same_machine(one, run)]
        commits = (one for one in earlier if one.arm == run.arm and one.subject != run.subject)
        baseline = next(commits, earlier[-1] if earlier else None)
        if baseline is not None:
            pairs.append((baseline, run))
    return pairs


def _same_machine(one: RunRecord, other: RunRecord) -> bool:
    """Whether the two may be compared, whatever their configurations."""
    return one.arm._replace(effective="") == other.arm._replace(effective="")


def _comparison(delta: Delta, family: str) -> Comparison | None:
    """A delta as a record has it; None where there is no interval."""
    ratio, low, high = delta.ratio, delta.ci_low, delta.ci_high
    raw, adjusted = delta.p_raw, delta.p_adjusted
    if ratio is None or low is None or high is None or raw is None or adjusted is None:
        return None
    return Comparison(
        metric=delta.metric,
        baseline_run=delta.baseline,
        ratio=ratio,
        ci_low=low,
        ci_high=high,
        p_raw=raw,
        p_adjusted=adjusted,
        family=family,
        min_effect=delta.min_effect,
        verdict=delta.verdict,
    )


def _with(record: RunRecord, baseline: str, comparison: Iterable[Comparison]) -> RunRecord:
    treatment = record.treatment.model_copy(update={"baseline_run": baseline})
    return record.model_copy(update={"treatment": treatment, "comparison": tuple(comparison)})
