"""What a document tells: one step of history, a run of steps, or a range.

Every subject is a run of consecutive first-parent steps with one tree before it and one after it, so all its
changes are the difference of two trees, whether it is a single commit, the commits of a day or a release. What
a group did and undid again is therefore not news.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from chronicles.dossier import SubjectKey
from chronicles.evidence.complexity import complexity_score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chronicles.history.commit import Commit
    from chronicles.history.index import Step
    from chronicles.history.repository import Repository

__all__ = ["GroupBy", "Subject", "load_subject", "plan", "utc_day"]

_FORGE_MERGE = re.compile(r"Merge pull request #(\d+) from \S+$")

GroupBy = Literal["commit", "day", "tag"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject with the commits it is made of, their changes not yet read."""

    key: SubjectKey
    steps: tuple[Commit, ...]
    """First-parent steps, newest first."""
    brought: tuple[Commit, ...]
    """Commits that merges among the steps brought in, newest first."""
    touching: frozenset[str] | None = None
    """Those that changed anything below the paths that a range is limited to; None where it is not limited."""

    @property
    def tip(self) -> Commit:
        """The newest step."""
        return self.steps[0]

    @property
    def oldest(self) -> Commit:
        """The oldest step."""
        return self.steps[-1]

    @property
    def authors(self) -> tuple[Commit, ...]:
        """The commits whose authors did the work: what a merge brought in, not the merge itself."""
        merged = tuple(step for step in self.steps if not step.is_merge)
        whole = (*merged, *self.brought)
        if self.touching is not None:
            whole = tuple(commit for commit in whole if commit.sha in self.touching)
        return whole or self.steps

    @property
    def message(self) -> str:
        """The words to read as the subject's own; a group has none.

        A forge's merge is read by the title of what was merged, and by the body of the commit it brought, if one.
        """
        if not self.is_commit:
            return ""
        tip = self.tip
        if not tip.is_merge:
            return tip.message
        title, body = tip.subject, tip.body
        if number := _FORGE_MERGE.match(title):
            title, _, body = body.lstrip("\n").partition("\n\n")
            title = f"{' '.join(title.split())} (#{number[1]})" if title.strip() else tip.subject
        if not body.strip() and len(self.brought) == 1:
            body = self.brought[0].body
        return f"{title}\n\n{body}"

    @property
    def is_commit(self) -> bool:
        """Whether it is a single step."""
        return self.key.kind == "commit"


def load_subject(repository: Repository, key: SubjectKey) -> Subject:
    """Read the commits of a subject."""
    steps = tuple(repository.commits(key.commits, changes=False))
    if key.kind == "range":
        told = set(key.commits)
        brought = [sha for sha in repository.between(key.base, key.commits[0]) if sha not in told]
    else:
        brought = [sha for step in steps if step.is_merge for sha in repository.brought_in(step.sha)]
    touching = frozenset(repository.touching(key.base, key.commits[0], key.paths)) if key.paths else None
    return Subject(key, steps, tuple(repository.commits(brought, changes=False)) if brought else (), touching)


def utc_day(at: int) -> str:
    """The UTC day of a time, as 2024-05-03; days outside the calendar's years are their number since the epoch."""
    try:
        return datetime.fromtimestamp(at, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return f"day {at // 86400}"


def plan(
    steps: Iterable[Step],
    *,
    parent: Callable[[int], str | None],
    group_by: GroupBy = "commit",
    fold_below: int | None = None,
    tags: Sequence[str] = (),
    reading: str = "full",
) -> tuple[list[SubjectKey], dict[str, int]]:
    """Divide steps, oldest first, into the subjects of pages.

    Args:
        steps: Consecutive steps of one line.
        parent: From a step's depth to the commit before it, None before the root.
        group_by: One page a commit, a day or a tag.
        fold_below: With `group_by="commit"`, the complexity score below which commits share a page for their day.
        tags: Commits that carry a tag, for `group_by="tag"`.
        reading: `full` or `quick`, as in `SubjectKey`.

    Returns:
        The subjects, oldest first, and how many commits no page tells, by rule, those that merges brought in included.
    """
    excluded: Counter[str] = Counter()
    runs: list[list[Step]] = []
    for whole in _runs(steps, group_by, fold_below, frozenset(tags)):
        # A step that asks not to be told splits its group: left inside, its changes would be told all the same.
        for skipped, part in groupby(whole, key=lambda step: step.skipped):
            run = list(part)
            # What is told ends with work. A commit of pages that joined the group it tells would make them stale at
            # once, and so would the commit of the pages that tell it too. A tag closes its group whatever it is on.
            work = [] if skipped else [at for at, step in enumerate(run) if exclusion(step) is None]
            told = slice(work[0], work[-1] + 1) if work and group_by != "tag" else slice(0, len(run) if work else 0)
            for step in run[: told.start] + run[told.stop :]:
                excluded[exclusion(step) or ""] += 1 + step.grouped
            if work:
                runs.append(run[told])
    if group_by == "tag" and runs and runs[-1][-1].sha not in set(tags):
        excluded["no tag yet"] += sum(1 + step.grouped for step in runs.pop())
    return [_key(run, parent, reading) for run in runs], dict(excluded)


def exclusion(step: Step) -> str | None:
    """The rule by which a step gets no page of its own, if there is one."""
    if step.skipped:
        return "trailer `Chronicle: skip`"
    if step.left_out and not step.files:
        return "only our own output"
    return None


def _key(run: Sequence[Step], parent: Callable[[int], str | None], reading: str) -> SubjectKey:
    kind = "commit" if len(run) == 1 else "group"
    return SubjectKey(kind, tuple(step.sha for step in reversed(run)), parent(run[0].depth), reading)


def _runs(
    steps: Iterable[Step], group_by: GroupBy, fold_below: int | None, tagged: frozenset[str]
) -> Iterator[list[Step]]:
    if group_by == "tag":
        run: list[Step] = []
        for step in steps:
            run.append(step)
            if step.sha in tagged:
                yield run
                run = []
        if run:
            yield run
    elif group_by == "day":
        for _, same_day in groupby(steps, key=lambda step: utc_day(step.at)):
            yield list(same_day)
    else:

        def fold(step: Step) -> tuple[str, int]:
            small = fold_below is not None and complexity_score(step.files, step.churn) < fold_below
            return utc_day(step.at), -1 if small else step.depth

        for (_, depth), same in groupby(steps, key=fold):
            if depth < 0:
                yield list(same)
            else:
                yield from ([step] for step in same)
