"""Which run a commit's run is compared with, decided from entries alone and therefore for any history.

The baseline of a run is of the nearest commit before it, on the first-parent line, that has a run of the same arm: the
same suite, case, workload, effective configuration and environment. There, and at the commit itself, there may be
several runs; the pair is chosen in this order:

1. both runs complete;
2. both of one sitting, since only then is the machine's state no part of their ratio;
3. one of them complete;
4. the newest run, the newest baseline, and last the ids, so that the choice is one on every machine.

(So a complete pair measured apart goes before one that shares an interrupted sitting; a run that is itself incomplete
stays with its sitting.) A run that ended otherwise than well, of a tree with changes in it or of no known commit is
nobody's baseline and has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from banterhearts.core.entry import Entry
    from banterhearts.core.terms import ArmKey

__all__ = ["Match", "find_matches"]


@dataclass(frozen=True, slots=True)
class Match:
    """A run of a commit and what it is compared with."""

    run: Entry
    baseline: Entry | None
    """None if no earlier commit of the line has a run of the same arm."""
    distance: int | None
    """Steps from the commit to the baseline's; 1 is the parent. None without a baseline."""
    placebo: Entry | None
    """The run, of the pair's sittings, that the placebo doubled; it may be one of the pair."""


def find_matches(
    runs_of: Callable[[str], Sequence[Entry]],
    line: Iterable[str],
    *,
    runs_in: Callable[[str], Sequence[Entry]] | None = None,
    limit: int | None = None,
) -> tuple[Match, ...]:
    """The runs that tell a commit's performance, one for each arm, with their baselines.

    Args:
        runs_of: The runs of a commit (`RecordStore.runs_of`).
        line: The commit and its ancestors, newest first; consumed no further than the last baseline.
        runs_in: The runs of a sitting (`RecordStore.runs_in`), among which the placebo is looked for when neither run
            of the pair has it: it doubles the oldest commit of its sitting.
        limit: How many commits before the commit are looked at; None for all.

    Returns:
        In the order of the arm keys; nothing if no run of the commit speaks for it.
    """
    commits = iter(line)
    own = _by_arm(runs_of(commit) for commit in islice(commits, 1))
    pairs: dict[ArmKey, tuple[Entry, Entry, int]] = {}
    if own:
        for distance, commit in enumerate(islice(commits, limit), start=1):
            for arm, baselines in _by_arm([runs_of(commit)]).items():
                if arm in own and arm not in pairs:
                    run, baseline = max(((one, two) for one in own[arm] for two in baselines), key=_rank)
                    pairs[arm] = (run, baseline, distance)
            if len(pairs) == len(own):
                break
    matches = []
    for arm, runs in sorted(own.items()):
        if arm in pairs:
            run, baseline, distance = pairs[arm]
            matches.append(Match(run, baseline, distance, _placebo([run, baseline], runs_in)))
        else:
            run = max(runs, key=_age)
            matches.append(Match(run, None, None, _placebo([run], runs_in)))
    return tuple(matches)


def _by_arm(found: Iterable[Sequence[Entry]]) -> dict[ArmKey, list[Entry]]:
    arms: dict[ArmKey, list[Entry]] = {}
    for runs in found:
        for run in runs:
            if run.speaks:
                arms.setdefault(run.arm, []).append(run)
    return arms


def _rank(pair: tuple[Entry, Entry]) -> tuple[bool, bool, bool, str, str, str, str]:
    run, baseline = pair
    together = run.sitting is not None and run.sitting == baseline.sitting
    return (
        run.complete and baseline.complete,
        together,
        run.complete or baseline.complete,
        run.created_at,
        baseline.created_at,
        run.run_id,
        baseline.run_id,
    )


def _age(run: Entry) -> tuple[bool, str, str]:
    return (run.complete, run.created_at, run.run_id)


def _placebo(pair: Sequence[Entry], runs_in: Callable[[str], Sequence[Entry]] | None) -> Entry | None:
    """The run with placebo samples of either one's sitting, that of the first before that of the second."""
    for one in pair:
        if one.sitting is None:
            continue
        sitting = [other for other in pair if other.sitting == one.sitting]
        sitting += runs_in(one.sitting) if runs_in is not None else []
        for other in sitting:
            if (
                other.has_placebo
                and other.speaks
                and (other.arm.suite, other.arm.case) == (one.arm.suite, one.arm.case)
            ):
                return other
    return None
