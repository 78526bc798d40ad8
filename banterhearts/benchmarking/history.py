"""Measuring many commits of a line: in overlapping sittings, or by halving towards a change.

`planning` says who sits together and `search` where to halve; both ask for no more than the store can answer, so that
a history that was killed goes on where it stopped. Here they meet the work trees, the suite and the records.

The suite is defined by the present tree, and only checkouts are measured, so that commits that never heard of the
suite are measured by it, and changes in the user's own tree measure nothing. Suites that do not run the repository's
code have no history and are refused.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from banterhearts.benchmarking.bench import Opened
from banterhearts.benchmarking.command import CommandSuite
from banterhearts.benchmarking.measuring import machine_of, subject_of
from banterhearts.benchmarking.pairing import Judged, judge_commits
from banterhearts.benchmarking.planning import Standing, next_sitting, standing_of
from banterhearts.benchmarking.search import Effect, Span, search
from banterhearts.benchmarking.suites import Tree
from banterhearts.core.changepoints import find_steps
from banterhearts.core.record import ArmKey, Verdict, digest
from banterhearts.errors import Missing, SuiteError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from banterhearts.benchmarking.measuring import Workplace
    from banterhearts.benchmarking.sitting import Outcome
    from banterhearts.core.changepoints import Step
    from banterhearts.core.record import RunRecord
    from banterhearts.core.store import Entry, RecordStore

    Measure = Callable[[str, Sequence[Tree]], Outcome]
    """Measures a case in trees, the oldest first, and says how it ended."""

__all__ = ["History", "Interrupted", "Told"]


class Interrupted(Exception):
    """A sitting was interrupted; what was finished is stored."""

    def __init__(self, case: str, outcome: Outcome) -> None:
        self.case = case
        self.outcome = outcome
        super().__init__(case)


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one case at one commit."""

    case: str
    commit: str
    subject: str
    """The first line of its message."""
    run: RunRecord | None
    """The newest that tells of the commit."""
    judged: Judged | None
    """Against the nearest commit before it on the line that has a run; None where there is none."""
    failure: str | None
    """Why there is no measurement."""


class History:
    """One case of a suite, along a line of commits.

    Args:
        place: Where to measure.
        store: Where records are.
        case: Of the suite.
        line: Commits, newest first.
        measure: Holds a sitting.

    Raises:
        SuiteError: If the suite does not run the repository's code, or has no such case.
    """

    def __init__(self, place: Workplace, store: RecordStore, case: str, line: Sequence[str], measure: Measure) -> None:
        if not isinstance(place.suite, CommandSuite):
            raise SuiteError(
                place.suite.name, "does not run the code of the repository, so that its commits do not matter"
            )
        self.case, self.line = case, line
        self._place, self._store, self._measure = place, store, measure
        self._blocks: dict[str, int] = {}  # planned of each run; every plan asks for them again
        self.arm = _arm_of(place, case, line[0])
        self._tried: set[frozenset[str]] = set()

    def plan(self) -> list[str]:
        """The commits that should sit together next, oldest first; none when all is measured."""
        return next_sitting(self.line, {commit: self._standing(commit) for commit in self.line}, self._tried)

    def sit(self, commits: Sequence[str]) -> None:
        """Measure commits together, oldest first, unless just these were.

        Raises:
            Interrupted: If that was.
        """
        if self._sat_together(commits):
            return
        outcome = self._measure(self.case, [self._place.checkout(commit) for commit in commits])
        neighbours = pairwise(commits) if len(commits) > 1 else [commits]
        self._tried |= {frozenset(pair) for pair in neighbours}
        if outcome.interrupted:
            raise Interrupted(self.case, outcome)

    def fails(self, commit: str) -> bool:
        """Whether a commit was tried and gives no measurement."""
        return self._standing(commit).failed

    def effect(self, span: Span) -> Effect | None:
        """What lies between two commits; None if one of them gave no measurement."""
        judged = self.judge([span.newer, span.older])
        if judged is None:
            return None
        changed = {Verdict.FASTER, Verdict.SLOWER}
        sizes = [abs(math.log(delta.ratio)) for delta in judged.deltas if delta.ratio]
        return Effect(any(delta.verdict in changed for delta in judged.deltas), max(sizes, default=0.0))

    def search(self) -> list[Told]:
        """Find the commits that changed something, confirmed by a sitting of their own; the newest first.

        Raises:
            Interrupted: If a sitting was.
        """
        spans = sorted(search(self.line, self, self.suspects()), key=lambda span: self.line.index(span.newer))
        return [self._tell(span.newer, [span.newer, span.older]) for span in spans]

    def suspects(self) -> list[Span]:
        """Between which commits the stored medians of a metric change their level, oldest first.

        None where there are too few of them, or `ruptures` is not installed: then nobody is suspected.
        """
        oldest_first = self.line[::-1]
        runs = [self._newest_run(commit) for commit in oldest_first]
        metrics = dict.fromkeys(metric.name for run in runs if run for metric in run.metrics)
        steps: set[Step] = set()
        with suppress(Missing):
            for name in metrics:
                steps |= set(find_steps([_median(run, name) for run in runs]))
        return [Span(oldest_first[step.before], oldest_first[step.after]) for step in sorted(steps)]

    def tell(self) -> list[Told]:
        """What is known of each commit of the line that was tried, newest first."""
        tried = (place for place, commit in enumerate(self.line) if self._entries(commit))
        return [self._tell(self.line[place], self.line[place:]) for place in tried]

    def judge(self, line: Sequence[str]) -> Judged | None:
        """Compare the first commit of a line with the nearest that has a run; None where there is no pair."""
        judged, _ = judge_commits(self._store, line, lambda entry: entry.arm == self.arm)
        return judged[0] if judged else None

    def _tell(self, commit: str, line: Sequence[str]) -> Told:
        failed = self._entries(commit)[-1] if self.fails(commit) else None
        return Told(
            case=self.case,
            commit=commit,
            subject=self._place.repository.subject(commit),
            run=self._newest_run(commit),
            judged=self.judge(line),
            failure=self._store.load(failed.run_id).record.error if failed else None,
        )

    def _entries(self, commit: str) -> list[Entry]:
        return [entry for entry in self._store.runs_of(commit) if entry.arm == self.arm]

    def _newest_run(self, commit: str) -> RunRecord | None:
        good = [entry for entry in self._entries(commit) if entry.speaks]
        return self._store.load(good[-1].run_id).record if good else None

    def _standing(self, commit: str) -> Standing:
        return standing_of((entry for entry in self._entries(commit) if self._is_enough(entry)), self.arm)

    def _is_enough(self, entry: Entry) -> bool:
        """Whether a run counts for the plan: a good one has as many blocks as are asked for now, or more."""
        if not entry.speaks:
            return True
        if entry.run_id not in self._blocks:
            self._blocks[entry.run_id] = self._store.load(entry.run_id).record.workload.blocks or 0
        return self._blocks[entry.run_id] >= self._place.suite.plan.blocks

    def _sat_together(self, commits: Sequence[str]) -> bool:
        shared = frozenset.intersection(*(self._standing(commit).sittings for commit in commits))
        return any({entry.commit for entry in self._store.runs_in(sitting)} == set(commits) for sitting in shared)


def _arm_of(place: Workplace, case: str, commit: str) -> ArmKey:
    """The arm that the runs will be of: of a command, all that decides is known before it runs."""
    tree = Tree(place.repository.root, subject_of(place.repository, commit))
    (bench,) = place.suite.benches(tree, [case])
    effective = digest(dict(bench.requested))
    machine = machine_of(Opened(effective=bench.requested)).fingerprint
    return ArmKey(place.suite.name, case, bench.workload.digest, effective, machine)


def _median(run: RunRecord | None, name: str) -> float | None:
    return next((metric.median for metric in run.metrics if metric.name == name), None) if run else None
