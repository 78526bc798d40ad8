"""From stored runs to what may be said of them: which run is compared with which, loaded and compared.

The choice is `core.baseline`'s, the comparison `core.comparison`'s. What is added is the family: all pairs that are
asked for together are judged together, as they will be told together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from banterhearts.core.baseline import find_matches
from banterhearts.core.comparison import Pair, compare_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from banterhearts.core.comparison import Delta
    from banterhearts.core.record import RunRecord
    from banterhearts.core.store import Entry, RecordStore

__all__ = ["Judged", "find_like", "judge_commits", "judge_records"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A run with its baseline and what was found between them."""

    run: RunRecord
    baseline: RunRecord
    deltas: tuple[Delta, ...]


def judge_commits(
    store: RecordStore, line: Iterable[str], counts: Callable[[Entry], bool]
) -> tuple[tuple[Judged, ...], tuple[Entry, ...]]:
    """Compare the runs of the first commit of a line with the nearest that others of it have; one family.

    Args:
        store: Where the runs are.
        line: Commits, newest first.
        counts: Which runs do.

    Returns:
        What was compared, and the runs for which there is no baseline.
    """

    def runs_of(commit: str) -> Sequence[Entry]:
        return [entry for entry in store.runs_of(commit) if counts(entry)]

    matches = find_matches(runs_of, line, runs_in=store.runs_in)
    pairs = [
        Pair(
            _load(store, match.run),
            _load(store, match.baseline),
            _load(store, match.placebo) if match.placebo else None,
        )
        for match in matches
        if match.baseline
    ]
    return _judge(pairs), tuple(match.run for match in matches if not match.baseline)


def judge_records(store: RecordStore, pairs: Iterable[tuple[RunRecord, RunRecord]]) -> tuple[Judged, ...]:
    """Compare runs (second) with the baselines that somebody chose for them (first), as one family.

    Raises:
        NotComparable: If two runs must not be compared.
    """
    return _judge([Pair(run, baseline, _placebo(store, baseline, run)) for baseline, run in pairs])


def find_like(store: RecordStore, commit: str, run: RunRecord) -> RunRecord | None:
    """The run of a commit that another's is best compared with: of the same arm; of its sitting, whole, the newest."""
    alike = [entry for entry in store.runs_of(commit) if entry.speaks and entry.arm == run.arm]
    sitting = run.provenance.sitting
    best = max(
        alike,
        key=lambda entry: (
            sitting is not None and entry.sitting == sitting,
            entry.complete,
            entry.created_at,
            entry.run_id,
        ),
        default=None,
    )
    return _load(store, best) if best else None


def _judge(pairs: Sequence[Pair]) -> tuple[Judged, ...]:
    deltas = compare_pairs(pairs)
    return tuple(
        Judged(one.run, one.baseline, tuple(d for d in deltas if (d.run, d.baseline) == _ids(one))) for one in pairs
    )


def _ids(pair: Pair) -> tuple[str, str]:
    return pair.run.run_id, pair.baseline.run_id


def _placebo(store: RecordStore, *pair: RunRecord) -> RunRecord | None:
    """The run with the placebo of a sitting of one of the pair."""
    for one in pair:
        if one.has_placebo:
            return one
    for one in pair:
        for other in store.runs_in(one.provenance.sitting) if one.provenance.sitting else ():
            if other.has_placebo and other.speaks and other.arm.case == one.workload.case:
                return _load(store, other)
    return None


def _load(store: RecordStore, entry: Entry) -> RunRecord:
    return store.load(entry.run_id).record
