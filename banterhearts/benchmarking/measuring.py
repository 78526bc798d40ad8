"""Measuring cases of a suite at some commits of a repository: what `bench run` and `history` share.

A case is one sitting: the benches of all trees that are given, the oldest tree first, with a placebo of the first.
`bench run` gives it the work tree that the user sees, alone or against a checkout; `history` gives it checkouts only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from banterhearts.benchmarking.conclusion import conclude
from banterhearts.benchmarking.sitting import Kept, Outcome, Seat, Setting, sit
from banterhearts.benchmarking.suites import Learner, Tree
from banterhearts.core.record import Status, Subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banterhearts.benchmarking.bench import Bench, Opened
    from banterhearts.benchmarking.git import Repository
    from banterhearts.benchmarking.sitting import Advance
    from banterhearts.benchmarking.suites import Suite
    from banterhearts.benchmarking.worktrees import Worktrees
    from banterhearts.core.record import Environment
    from banterhearts.core.throttle import Throttle

__all__ = ["Workplace", "machine_of", "subject_of", "throttle_of"]


@dataclass(frozen=True, slots=True)
class Workplace:
    """A repository, a suite, and the work trees that are made for it."""

    repository: Repository
    suite: Suite
    worktrees: Worktrees
    setting: Setting

    def checkout(self, commit: str, *, copy: int = 0) -> Tree:
        """A work tree of a commit.

        Raises:
            RepositoryError: If git cannot make one.
        """
        return Tree(self.worktrees.checkout(commit, copy=copy), subject_of(self.repository, commit))

    def present(self, commit: str, *, dirty: bool) -> Tree:
        """The work tree that the user sees."""
        return Tree(self.repository.root, subject_of(self.repository, commit, dirty=dirty))

    def measure(self, case: str, trees: Sequence[Tree], advance: Advance, *, seed: int | None = None) -> Outcome:
        """Measure a case in trees, the baseline's first.

        Raises:
            SuiteError: If there is no such case.
            OutputError: If a record cannot be written.
        """
        seats = [
            Seat(bench, lambda tree=tree, place=place: self._double(tree, case, place), _label(tree, place))  # type: ignore[misc]  # defaults bind the loop's values
            for tree in trees
            for place, bench in enumerate(self.suite.benches(tree, [case]))
        ]
        if not seats:
            return Outcome((), blocks=0, planned=0, interrupted=False)
        outcome = sit(seats, self.suite.plan, replace(self.setting, advance=advance), seed=seed)
        return self._tell(conclude(outcome, self.setting))

    def spoil(self, kept: Sequence[Kept], problem: str) -> list[Kept]:
        """Take the numbers away from the runs of the user's tree, which was not what it is said to be.

        Raises:
            OutputError: If a record cannot be written.
        """
        emptied = {"status": Status.INVALID, "error": problem, "samples": (), "metrics": (), "comparison": ()}
        spoilt = []
        for one in kept:
            record = one.record
            if record.subject.commit_sha == kept[-1].record.subject.commit_sha:
                record = record.model_copy(update=emptied)
            spoilt.append(Kept(record, self.setting.keep(record)))
        return spoilt

    def _tell(self, outcome: Outcome) -> Outcome:
        """Tell the suite what was measured, where later cases of it hang on that."""
        if not isinstance(self.suite, Learner) or outcome.interrupted:
            return outcome
        kept = []
        records = self.suite.learn([one.record for one in outcome.kept])
        for one, record in zip(outcome.kept, records, strict=True):
            path = one.path if record is one.record else self.setting.keep(record)
            kept.append(Kept(record, path))
        return replace(outcome, kept=tuple(kept))

    def _double(self, tree: Tree, case: str, place: int) -> Bench:
        """The bench once more; in a work tree of its own, unless it is the user's, of which there is one."""
        if tree.path != self.repository.root:
            commit = tree.subject.commit_sha
            assert commit is not None, tree
            tree = self.checkout(commit, copy=1)
        return self.suite.benches(tree, [case])[place]


def subject_of(repository: Repository, commit: str, *, dirty: bool = False) -> Subject:
    """What a record says of a commit that was measured."""
    from importlib.metadata import version  # noqa: PLC0415 - 20 ms that only a measurement waits for

    return Subject(repo=repository.name, commit_sha=commit, dirty=dirty, engine_version=version("chimera-chronicles"))


def machine_of(opened: Opened) -> Environment:
    """The machine as it is for a bench that was opened."""
    from banterhearts.core.environment import probe_environment  # noqa: PLC0415 - as above

    return probe_environment(gpu=opened.gpu, versions=opened.versions, copy=opened.copy)


def throttle_of(gpu: bool) -> Throttle:  # noqa: FBT001 - a callback's only argument
    """What tells whether this machine holds something back, its GPU included where one is used."""
    from banterhearts.core.nvml import open_gpu  # noqa: PLC0415 - as above
    from banterhearts.core.throttle import Throttle  # noqa: PLC0415 - as above

    return Throttle(open_gpu() if gpu else None)


def _label(tree: Tree, place: int) -> str:
    """The commit, and which of its configurations where it has several."""
    commit = (tree.subject.commit_sha or "")[:7]
    return f"{commit} ({place + 1})" if place else commit
