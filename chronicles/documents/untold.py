"""What of a subject stands on which page of a series, and what on none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.dossier import SubjectKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.documents.series import Entry, Series

__all__ = ["is_told", "removed_of", "untold"]


def untold(series: Series, key: SubjectKey) -> list[tuple[SubjectKey, Entry | None]]:
    """What of a subject stands on which page, and what on none, oldest first.

    A page of the same commits, or of the first of them, is the subject's own: the page of a day that is not over
    grows. Else what other pages tell stays with them, and the runs between are new. What was removed stays out.
    """
    removed = removed_of(series, key)
    homes = {sha: series.by_commit(sha) for sha in key.commits}
    entries = {entry.number: entry for entry in homes.values() if entry is not None}
    if not removed:
        if not entries:
            return [(key, None)]
        (entry, *others) = entries.values()
        if not others and set(entry.commits) <= set(key.commits) and entry.commits[-1] == key.commits[-1]:
            return [(key, entry)]
    parts: list[tuple[SubjectKey, Entry | None]] = [
        (SubjectKey(entry.kind, entry.commits, entry.base, key.reading), entry) for entry in entries.values()
    ]
    parts += _gaps(key, homes, removed)
    place = {sha: -at for at, sha in enumerate(key.commits)}
    return sorted(parts, key=lambda part: min(place[sha] for sha in part[0].commits if sha in place))


def removed_of(series: Series, key: SubjectKey) -> set[str]:
    """The commits of a subject whose pages were taken out for good."""
    return {sha for sha in key.commits if series.was_removed(sha)}


def is_told(entry: Entry, key: SubjectKey) -> bool:
    """Whether a page and its sidecar are there and tell just these commits."""
    return entry.has_page and entry.has_sidecar and set(entry.commits) == set(key.commits)


def _gaps(key: SubjectKey, homes: dict[str, Entry | None], removed: set[str]) -> list[tuple[SubjectKey, Entry | None]]:
    """The runs of untold commits inside a subject, oldest first."""
    runs: list[tuple[SubjectKey, Entry | None]] = []
    run: list[str] = []
    base = key.base
    for sha in reversed(key.commits):
        if homes[sha] is None and sha not in removed:
            run.append(sha)
            continue
        if run:
            runs.append((_run(key, run, base), None))
        run, base = [], sha
    if run:
        runs.append((_run(key, run, base), None))
    return runs


def _run(key: SubjectKey, oldest_first: Sequence[str], base: str | None) -> SubjectKey:
    kind = "commit" if len(oldest_first) == 1 else "group"
    return SubjectKey(kind, tuple(reversed(oldest_first)), base, key.reading)
