"""Measuring cases of a suite at some commits of a repository: what `bench run` and `history` share.

A case is one sitting: the benches of all trees that are given, the oldest tree first, with a placebo of the first.
`bench run` gives it the work tree that the user sees, alone or against a checkout; `history` gives it checkouts only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from banterhearts.benchmarking.conclusion import conclude
from banterhearts.benchmarking.ground import Ground
from banterhearts.benchmarking.sitting import Kept, Outcome, Seat, Setting, sit
from banterhearts.benchmarking.suites import Learner, Tree
from banterhearts.core.record import Arm, Subject

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
    _grounds: dict[Path, Ground] = field(default_factory=dict)
    """Trees as they were found."""

    def checkout(self, commit: str, *, copy: int = 0) -> Tree:
        """A work tree of a commit; a new one if an earlier no longer is that.

        Raises:
            RepositoryError: If git cannot make one.
        """
        path = self.worktrees.checkout(commit, copy=copy)
        if path in self._grounds and self._grounds[path].moved():
            self.worktrees.discard(path)
            path = self.worktrees.checkout(commit, copy=copy)
        if path not in self._grounds:
            self._grounds[path] = Ground.of(replace(self.repository, root=path), commit)
        return Tree(path, subject_of(self.repository, commit))

    def present(self, commit: str, *, dirty: bool) -> Tree:
        """The work tree that the user sees."""
        self._grounds[self.repository.root] = Ground.of(self.repository, commit, dirty=dirty)
        return Tree(self.repository.root, subject_of(self.repository, commit, dirty=dirty))

    def measure(self, case: str, trees: Sequence[Tree], advance: Advance, *, seed: int | None = None) -> Outcome:
        """Measure a case in trees, the baseline's first.

        Raises:
            SuiteError: If there is no such case.
            OutputError: If a record cannot be written.
        """
        seats = [
            self._seat(bench, tree, place)
            for tree in trees
            for place, bench in enumerate(self.suite.benches(tree, [case]))
        ]
        if not seats:
            return Outcome((), blocks=0, planned=0, interrupted=False)
        outcome = sit(seats, self.suite.plan, replace(self.setting, advance=advance), seed=seed)
        return self._tell(conclude(outcome, self.setting))

    def moved(self, tree: Tree) -> str | None:
        """What happened to a tree since it was found; None if nothing did."""
        return self._grounds[tree.path].moved()

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

    def _seat(self, bench: Bench, tree: Tree, place: int) -> Seat:
        """A bench and its double; in a work tree of its own, unless it is the user's, of which there is one."""
        trees = {Arm.MEASURED: tree, Arm.PLACEBO: tree}

        def double() -> Bench:
            if tree.path != self.repository.root:
                commit = tree.subject.commit_sha
                assert commit is not None, tree
                trees[Arm.PLACEBO] = self.checkout(commit, copy=1)
            return self.suite.benches(trees[Arm.PLACEBO], [bench.workload.case])[place]

        return Seat(bench, double, _label(tree, place), lambda arm: self.moved(trees[arm]))


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
