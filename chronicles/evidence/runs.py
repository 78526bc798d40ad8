"""Which stored runs tell a subject: the runs at its commits, and for each of them what it is compared with.

`choose` is the whole rule, as a function of run entries and of the line of history. For each arm (suite, case,
workload, configuration and machine) it takes the newest commit of the subject that has a good run, and the nearest one
before the subject that has one too. Of several definitions of a case on one machine, as there are after a suite was
edited, only the one measured last is told: rows of one name would differ in nothing that a page shows. Arms of one
definition that differ in their effective configuration, like the back ends of one sitting, all stay. A run that failed
is told only where nothing of its case went well there or later.

What is chosen among some entries is chosen among fewer of them as well, as long as the chosen ones are there: so a page
that lists its runs can be asked whether the rule gives just these, whatever was measured since.

The store is opened when a subject is told, and only where the folder of run records has files: who has no runs loads
nothing of the engine.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from chronicles.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from banterhearts.core.entry import Entry
    from banterhearts.core.record import RunRecord
    from banterhearts.core.store import RecordStore
    from chronicles.dossier import RunName, SubjectKey, ToldRun
    from chronicles.history.index import Index

__all__ = ["MOST", "Choice", "Pool", "Runs", "choose", "series_of"]

MOST = 24
"""So many runs at most tell one subject."""
_SERIES = 30
"""So many runs at most stand in a series."""
_KEPT = 400
"""Records that are kept in memory, each of some hundred kilobytes at most."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A run that tells a subject, by its entries."""

    run: Entry
    baseline: Entry | None = None
    placebo: Entry | None = None
    earlier: Entry | None = None
    """Where there is no baseline: the nearest run of the same case that is of another arm."""


class Pool:
    """Run entries to choose from.

    Args:
        entries: Oldest first, as the store has them; those that name no commit are nobody's.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.by_id: dict[str, Entry] = {}
        self.by_commit: dict[str, list[Entry]] = {}
        self._by_sitting: dict[str, list[Entry]] = {}
        self._line: tuple[str | None, list[tuple[int, str]]] = (None, [])
        for entry in entries:
            self.by_id[entry.run_id] = entry
            if entry.commit is not None:
                self.by_commit.setdefault(entry.commit, []).append(entry)
            if entry.sitting is not None:
                self._by_sitting.setdefault(entry.sitting, []).append(entry)

    def runs_of(self, commit: str) -> Sequence[Entry]:
        """The entries of a commit."""
        return self.by_commit.get(commit, ())

    def runs_in(self, sitting: str) -> Sequence[Entry]:
        """The entries of a sitting."""
        return self._by_sitting.get(sitting, ())

    def measured(self, index: Index) -> list[tuple[int, str]]:
        """The commits of a line that have runs, with their depths, newest first."""
        newest = index.newest()
        if self._line[0] != newest:
            found = ((index.depth(sha), sha) for sha in self.by_commit)
            self._line = (newest, sorted(((depth, sha) for depth, sha in found if depth is not None), reverse=True))
        return self._line[1]

    def part(self, names: Iterable[RunName]) -> Pool:
        """The pool of the runs that are named, and of those of their sittings that are no newer than all of them."""
        named = [entry for name in names if (entry := self.by_id.get(name.id)) is not None]
        ids, sittings = {entry.run_id for entry in named}, {entry.sitting for entry in named} - {None}
        newest = max((entry.created_at for entry in named), default="")
        return Pool(
            one
            for one in self.by_id.values()
            if one.run_id in ids or (one.sitting in sittings and one.created_at <= newest)
        )


class Runs:
    """The run records of a repository.

    Args:
        folder: Where they lie.
        cache: The file that the store may keep its index in.
    """

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder = folder
        self._cache = cache
        self._read: OrderedDict[str, RunRecord] = OrderedDict()

    @property
    def there(self) -> bool:
        """Whether there is any file that could be a record."""
        return next(self._folder.glob("*/*.json"), None) is not None

    @cached_property
    def pool(self) -> Pool:
        """All entries.

        Raises:
            RunError: If the folder cannot be looked into.
        """
        with _told_apart():
            return Pool(self._store.entries() if self.there else ())

    def problems(self) -> list[tuple[Path, int | None, str]]:
        """What lies there and counts for no record: path, line where there is one, and what is wrong."""
        if not self._folder.is_dir() and os.path.lexists(self._folder):
            return [(self._folder, None, "is no folder of run records")]
        if not self.there:
            return []
        with _told_apart():
            return [(error.path, error.line, error.problem) for error in self._store.problems()]

    def named(self, name: RunName) -> Entry | None:
        """The entry of a run that was named; None where it is gone, or its bytes are others."""
        entry = self.pool.by_id.get(name.id)
        return entry if entry is not None and entry.digest == name.digest else None

    def problem_of(self, name: RunName) -> str:
        """Why a run that was named is not to be had."""
        if name.id in self.pool.by_id:
            return "has other bytes than the page was made of"
        for path, _, problem in self.problems():
            if path.name == f"{name.id}.json":
                return f"counts for none now: {problem}"
        return "is gone"

    def choice_of(self, run: ToldRun) -> Choice:
        """The choice that a page lists, all of whose runs are there."""
        entries = [self.pool.by_id[name.id] if name else None for name in (run.baseline, run.placebo, run.earlier)]
        return Choice(self.pool.by_id[run.run.id], *entries)

    def load(self, entry: Entry) -> RunRecord:
        """The record of an entry; the last ones are kept, since neighbours share theirs.

        Raises:
            RunError: If it is not there any more.
        """
        if entry.run_id not in self._read:
            with _told_apart():
                self._read[entry.run_id] = self._store.load(entry.run_id).record
        self._read.move_to_end(entry.run_id)
        if len(self._read) > _KEPT:
            self._read.popitem(last=False)
        return self._read[entry.run_id]

    def close(self) -> None:
        """Let go of the store, if it was opened."""
        if "_store" in self.__dict__:
            self._store.close()

    @cached_property
    def _store(self) -> RecordStore:
        from banterhearts.core.store import RecordStore  # noqa: PLC0415 - most repositories have no run records

        return RecordStore(self._folder, self._cache)


@contextmanager
def _told_apart() -> Iterator[None]:
    """Turn an error of the store's into one of ours."""
    from banterhearts.core.errors import RecordError  # noqa: PLC0415 - most repositories have no run records

    try:
        yield
    except RecordError as error:
        raise RunError(error.path, error.problem) from error


def choose(key: SubjectKey, pool: Pool, index: Index) -> tuple[Choice, ...]:
    """Choose the runs that tell a subject, those with a baseline first, then by suite and case.

    Args:
        key: The subject.
        pool: What to choose from.
        index: Which holds the line of the subject.
    """
    from banterhearts.core.baseline import find_matches  # noqa: PLC0415 - most repositories have no run records

    inside = [sha for sha in key.commits if pool.runs_of(sha)]
    if not inside:
        return ()
    before = list(_before(key, pool, index))
    chosen: dict[tuple[str, ...], Choice] = {}
    for commit in inside:
        for match in find_matches(pool.runs_of, [commit, *before], runs_in=pool.runs_in):
            if match.run.arm in chosen:
                continue
            if match.baseline is None:
                chosen[match.run.arm] = Choice(match.run, earlier=_earlier(match.run, before, pool))
            else:
                chosen[match.run.arm] = Choice(match.run, match.baseline, match.placebo)
    kept = _of_last_definitions(list(chosen.values()))
    told = {(one.run.arm.suite, one.run.arm.case) for one in kept}
    failed: dict[tuple[str, str], Choice] = {}
    for commit in inside:
        for entry in _newest_first(pool.runs_of(commit)):
            case = (entry.arm.suite, entry.arm.case)
            if not entry.speaks and not entry.dirty and case not in told and case not in failed:
                failed[case] = Choice(entry)
    found = [*kept, *failed.values()]
    found.sort(key=lambda one: (one.baseline is None, not one.run.speaks, one.run.arm, one.run.run_id))
    return tuple(found[:MOST])


def _of_last_definitions(choices: Sequence[Choice]) -> list[Choice]:
    """Leave out the runs of definitions that were given up: of a case on one machine only the last one's stay.

    The chosen runs alone decide, since they are what a page lists: the last one is also the last among fewer.
    """
    last: dict[tuple[str, str, str], Entry] = {}
    for run in _newest_first([choice.run for choice in choices]):
        last.setdefault((run.arm.suite, run.arm.case, run.arm.fingerprint), run)
    return [
        choice
        for choice in choices
        if (arm := choice.run.arm).workload == last[arm.suite, arm.case, arm.fingerprint].arm.workload
    ]


def series_of(choice: Choice, pool: Pool, index: Index) -> tuple[Entry, ...]:
    """The runs of the same arm up to a chosen run, one a commit, oldest first; the last one is the run itself."""
    assert choice.run.commit is not None, choice
    depth = index.depth(choice.run.commit)
    assert depth is not None, choice
    line = (sha for at, sha in pool.measured(index) if at < depth)
    series = [choice.run]
    for commit in line:
        found = choice.baseline if choice.baseline and choice.baseline.commit == commit else None
        alike = [one for one in pool.runs_of(commit) if one.speaks and one.arm == choice.run.arm]
        found = found or _best(alike, choice.run.sitting)
        if found is not None:
            series.append(found)
        if len(series) == _SERIES:
            break
    return tuple(reversed(series))


def _before(key: SubjectKey, pool: Pool, index: Index) -> Iterator[str]:
    """The measured commits before a subject, newest first."""
    oldest = index.depth(key.commits[-1])
    assert oldest is not None, key
    return (sha for depth, sha in pool.measured(index) if depth < oldest)


def _earlier(run: Entry, before: Sequence[str], pool: Pool) -> Entry | None:
    """The nearest good run before of the same case, whatever its arm."""
    for commit in before:
        alike = [one for one in pool.runs_of(commit) if one.speaks and one.arm[:2] == run.arm[:2]]
        if alike:
            return _best(alike, run.sitting)
    return None


def _best(entries: Sequence[Entry], sitting: str | None) -> Entry | None:
    """Of good runs of one commit the one to compare with: whole, of the same sitting, and the newest."""
    return max(
        entries,
        key=lambda one: (one.complete, sitting is not None and one.sitting == sitting, one.created_at, one.run_id),
        default=None,
    )


def _newest_first(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda one: (one.created_at, one.run_id), reverse=True)
