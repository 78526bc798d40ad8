"""Which subjects a request names: from revisions, ranges, days and tags to keys of dossiers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from chronicles.commands.progress import bar
from chronicles.evidence.subject import GroupBy, plan, utc_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.commands.session import Session
    from chronicles.documents.dividing import Divide
    from chronicles.dossier import SubjectKey
    from chronicles.history.index import Step

__all__ = ["Selection", "Wanted", "division", "select"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of history somebody asked for."""

    revisions: tuple[str, ...] = ()
    """Revisions and ranges; HEAD when there are none."""
    everything: bool = False
    """All steps up to each revision."""
    since: datetime | None = None
    """Only steps committed at or after this moment."""
    group_by: GroupBy | None = None
    quick: bool = False

    @property
    def reading(self) -> str:
        """How dossiers are to be read."""
        return "quick" if self.quick else "full"

    @property
    def whole(self) -> bool:
        """Whether a revision stands for all steps up to it."""
        return self.everything or self.since is not None


@dataclass(frozen=True, slots=True)
class Selection:
    """Subjects, oldest first within each revision."""

    keys: tuple[SubjectKey, ...]
    excluded: dict[str, int]
    """Commits that no page tells, by rule."""


def select(session: Session, wanted: Wanted) -> Selection:
    """Find the subjects that are wanted.

    Raises:
        UnknownRevision: If a revision names no commit.
    """
    keys: dict[tuple[str, ...], SubjectKey] = {}
    excluded: Counter[str] = Counter()
    tags = [sha for _, sha in session.repository.tags()] if wanted.group_by == "tag" else []
    for revision in wanted.revisions or ("HEAD",):
        steps, only = _steps(session, revision, wanted)
        for run in _consecutive(steps):
            found, left = plan(
                run,
                parent=session.workshop.parent,
                group_by=wanted.group_by or "commit",
                fold_below=session.settings.fold_below if _folds(session, wanted) else None,
                tags=tags,
                reading=wanted.reading,
            )
            told = [key for key in found if only is None or only in key.commits]
            keys |= {key.commits: key for key in told}
            if only is None or not told:
                excluded.update(left)
    return Selection(tuple(keys.values()), dict(excluded))


def division(session: Session, wanted: Wanted, depth: int) -> Divide | None:
    """How the line that ends at a depth is divided into subjects; None where each step is one.

    Args:
        session: Whose index holds the line.
        wanted: What somebody asked for; only how it is grouped counts.
        depth: Of the newest step.
    """
    folds = _folds(session, wanted)
    if not folds and wanted.group_by in (None, "commit"):
        return None
    tags = [sha for _, sha in session.repository.tags()] if wanted.group_by == "tag" else []

    def divide(first: int) -> list[SubjectKey]:
        start = 0 if wanted.group_by == "tag" else _start_of_day(session, first)
        keys, _ = plan(
            session.workshop.index.steps(start, depth),
            parent=session.workshop.parent,
            group_by=wanted.group_by or "commit",
            fold_below=session.settings.fold_below if folds else None,
            tags=tags,
            reading=wanted.reading,
        )
        return keys

    return divide


def _folds(session: Session, wanted: Wanted) -> bool:
    return session.settings.fold == "day" and wanted.group_by is None


def _steps(session: Session, revision: str, wanted: Wanted) -> tuple[list[Step], str | None]:
    """The steps to divide into subjects, and the one that alone is wanted, if only one is."""
    is_range = ".." in revision
    base, tip = session.repository.resolve_range(revision) if is_range else (None, session.repository.resolve(revision))
    with bar("Reading history") as advance:
        depth = session.follow(tip, advance)
    index = session.workshop.index
    only = None
    if is_range:
        first = session.first_after(base, depth)
    elif wanted.whole or wanted.group_by == "tag":
        first = 0
    elif wanted.group_by == "day" or _folds(session, wanted):
        first = _start_of_day(session, depth)
        only = tip
    else:
        first = depth
    since = wanted.since.timestamp() if wanted.since else None
    return [step for step in index.steps(first, depth) if since is None or step.at >= since], only


def _consecutive(steps: list[Step]) -> Iterator[list[Step]]:
    """Runs of steps without a gap: clocks go wrong, and a day may have steps from before `since` inside."""
    for _, run in groupby(enumerate(steps), key=lambda item: item[1].depth - item[0]):
        yield [step for _, step in run]


def _start_of_day(session: Session, depth: int) -> int:
    """The first step of the run of steps that share the day of the step at a depth."""
    index = session.workshop.index
    last = index.step(depth)
    while depth and last and (before := index.step(depth - 1)) and utc_day(before.at) == utc_day(last.at):
        depth -= 1
    return depth


def parse_moment(text: str) -> datetime:
    """Read a day or a time in ISO 8601; without a zone it is UTC.

    Raises:
        ValueError: If it is neither.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
