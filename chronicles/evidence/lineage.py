"""Facts of what came before: size among its peers, sleep, habit, people, firsts (families `lineage` to `first`).

Everything is asked of the steps before the subject, never of HEAD or of now. The peers of a step are the steps
of the 90 days before it; the peers of a group are the days among them.
"""

from __future__ import annotations

import itertools
import re
import statistics
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.evidence.kinds import FileKind
from chronicles.evidence.subject import Subject, utc_day
from chronicles.history.commit import FileChange, Status, path_of, raw
from chronicles.history.index import Index, PathPast, Step, born_marks, person_marks

if TYPE_CHECKING:
    from chronicles.evidence.changes import Changes
    from chronicles.evidence.facts import FactBook

__all__ = ["LOGS", "add_lineage_facts"]

_AMONG = {"commit": "of the 90 days before", "day": "with commits among the 90 before"}
_WINDOW_SEC = 90 * 86400
_STREAK_SEC = 30 * 86400
_FILES = 5
_SILENT_SEC = 365 * 86400
_RHYTHM = 4
"""Changes of a file from which on its mean interval says something."""
_LONG_PAST = 8
"""Changes of a file from which on it can be said what it usually changes with."""
_LONG_LINE = 200
"""Steps from which on a file's share of all of them says something."""
LOGS = re.compile(
    r"(?:^|/)(?:change(?:s|log)?|news|history|releases?|release[-_]notes|authors|contributors)(?:\.\w+)?$"
    r"|(?:^|/)(?:rel(?:ease)?[-_]?notes|changelogs?|news(?:fragments)?)/",
    re.IGNORECASE,
)
"""Files that every change adds a line to: that they changed again is no news."""


def add_lineage_facts(book: FactBook, subject: Subject, changes: Changes, index: Index) -> None:
    """Add all facts of lineage that need no line-by-line reading."""
    first = index.step_of(subject.oldest.sha)
    tip = index.step_of(subject.tip.sha)
    assert first is not None, f"the index does not hold {subject.oldest.sha}"
    assert tip is not None, f"the index does not hold {subject.tip.sha}"
    book.add(
        "lineage.step",
        tip.depth + 1,
        "step",
        text=f"the {phrases.ordinal(tip.depth + 1)} step",
        figure=phrases.figure(tip.depth + 1),
    )
    book.add("lineage.depth", tip.depth, "step", text=phrases.count(tip.depth, "step"))
    _add_size(book, subject, index, first, tip)
    _add_silence(book, index, first)
    if subject.is_commit and not subject.tip.is_merge:
        _add_pair(book, changes, index, first)
    for number, change in enumerate(_told_files(changes), 1):
        _add_path_past(book, f"past.{number}", change, index, first)
        if (heir := _heir(change, changes)) is not None:
            book.path(f"past.{number}.heir", heir)
    _add_return(book, changes, index, first)
    _add_components(book, changes, index, first)
    _add_people(book, subject, index, first)
    _add_firsts(book, changes, index, first)


def _add_size(book: FactBook, subject: Subject, index: Index, first: Step, tip: Step) -> None:
    before = index.window(first, _WINDOW_SEC)
    if subject.is_commit:
        noun, peers, own = "commit", [step.churn for step in before], tip.churn
    else:
        days: dict[str, int] = {}
        for step in before:
            days[utc_day(step.at)] = days.get(utc_day(step.at), 0) + step.churn
        noun, peers = "day", list(days.values())
        own = sum(step.churn for step in index.steps(first.depth, tip.depth))
    book.add(
        "lineage.window",
        len(peers),
        noun,
        text=f"the {phrases.count(len(peers), noun)} {_AMONG[noun]}",
        figure=phrases.figure(len(peers)),
    )
    # The work of several days is no peer of single ones.
    if not peers or not own or utc_day(first.at) != utc_day(tip.at):
        return
    bigger = sum(peer >= own for peer in peers)
    book.add(
        "lineage.rank", bigger + 1, "rank", text=f"the {_superlative(bigger + 1, 'largest')}", figure=str(bigger + 1)
    )
    smaller = sum(peer <= own for peer in peers)
    book.add(
        "lineage.rank_small",
        smaller + 1,
        "rank",
        text=f"the {_superlative(smaller + 1, 'smallest')}",
        figure=str(smaller + 1),
    )
    book.count("lineage.smaller_peers", len(peers) - bigger, noun)
    median = statistics.median_low(peers)
    book.count("lineage.median", median, "line")
    if median:
        ratio = own / median
        book.add("lineage.median_ratio", round(ratio, 4), "1", text=phrases.times(ratio), figure=phrases.times(ratio))
    if subject.is_commit and (last := index.last_of_churn(own, first.depth)):
        book.sha("lineage.bigger.sha", last.sha)
        book.count("lineage.bigger.steps", first.depth - last.depth, "commit")
        book.span("lineage.bigger.age", first.at - last.at)
    elif subject.is_commit:
        book.count("lineage.bigger.none", first.depth, "commit")


def _superlative(rank: int, word: str) -> str:
    return word if rank == 1 else f"{phrases.ordinal(rank)}-{word}"


def _add_silence(book: FactBook, index: Index, first: Step) -> None:
    latest = index.latest_before(first.depth)
    if latest is None or latest > first.at:
        return  # nothing before it, or a clock that ran backwards: no pause can be told
    book.span("lineage.silence", first.at - latest)
    before = index.window(first, _WINDOW_SEC)
    gaps = [later - earlier for earlier, later in itertools.pairwise(sorted(step.at for step in before))]
    if gaps:
        longest = max(gaps)
        book.span("lineage.longest_gap", longest)
        book.span("lineage.median_gap", int(statistics.median_low(gaps)))
    root = index.step(0)
    if root:
        book.span("lineage.age", first.at - root.at)


def _told_files(changes: Changes) -> list[FileChange]:
    """The files whose past is worth a look: existing ones, written by hand, source first, then the biggest change."""
    made = (FileKind.GENERATED, FileKind.VENDORED, FileKind.LOCK)
    old = [
        change
        for change in changes.by_size
        if change.status is not Status.ADDED and changes.kinds[change.path] not in made and not LOGS.search(change.path)
    ]
    return sorted(old, key=lambda change: changes.kinds[change.path] is not FileKind.SOURCE)[:_FILES]


def _heir(change: FileChange, changes: Changes) -> str | None:
    """The new file that takes a deleted one's place and name under another ending: `a.rst` goes, `a.md` comes."""
    if change.status is not Status.DELETED:
        return None
    stem = change.path.rpartition(".")[0]
    for other in changes.files:
        if stem and other.status is Status.ADDED and other.path.rpartition(".")[0] == stem:
            return other.path
    return None


def _add_path_past(book: FactBook, prefix: str, change: FileChange, index: Index, first: Step) -> None:
    past = index.path_past(change.old_path or change.path, first.depth)
    last = index.step(past.last) if past else None
    born = index.step(past.born) if past else None
    if past is None or last is None or born is None or last.at > first.at:
        return  # no past, or one whose clock ran ahead of this step's
    book.path(f"{prefix}.path", change.path)
    book.add(f"{prefix}.status", change.status.name.lower(), "status", text=change.status.name.lower())
    book.span(f"{prefix}.slept", first.at - last.at)
    book.count(f"{prefix}.steps_asleep", first.depth - last.depth - 1, "commit")
    book.sha(f"{prefix}.last", last.sha)
    if not last.grouped:  # who merged is not whose hand it was
        book.words(f"{prefix}.last_author", last.author, "person")
    book.count(f"{prefix}.changes", past.changes, "commit")
    book.span(f"{prefix}.age", first.at - born.at)
    book.sha(f"{prefix}.born", born.sha)
    if past.changes >= _RHYTHM:
        book.span(f"{prefix}.interval", (last.at - born.at) // (past.changes - 1))
    if first.depth >= _LONG_LINE:
        _add_share(book, f"{prefix}.one_in", len(_depths(past, index, first)), first.depth)
    if len(past.names) > 1:
        book.count(f"{prefix}.names", len(past.names), "name")
        book.path(f"{prefix}.first_name", past.names[-1])
    recent = index.window(first, _STREAK_SEC)
    if recent:
        depths = index.path_depths(change.old_path or change.path, first.depth)
        times = sum(step.depth in depths for step in recent)
        book.add(
            f"{prefix}.streak",
            times + 1,
            "change",
            text=f"the {phrases.ordinal(times + 1)} change in 30 days",
            figure=str(times + 1),
        )


def _add_share(book: FactBook, fact_id: str, part: int, whole: int) -> None:
    """A part of all commits as one in so many, rounded up: what is not exact is more than that."""
    share = -(-whole // part)
    text = f"one commit in {phrases.words(share)}" if share > 1 else "every commit"
    exact = share * part == whole
    book.add(fact_id, share, "commit", text=text if exact else f"more than {text}", figure=f"1/{share}")


def _depths(past: PathPast, index: Index, first: Step) -> frozenset[int]:
    """The steps of the whole line before that changed a file, all names and earlier lives counted."""
    return frozenset[int]().union(*(index.path_depths(name, first.depth) for name in past.names))


def _add_pair(book: FactBook, changes: Changes, index: Index, first: Step) -> None:
    """The two biggest files with a long past each, and how often they had changed in one step, all names counted."""
    found: list[tuple[FileChange, frozenset[int]]] = []
    for change in _told_files(changes):
        past = index.path_past(change.old_path or change.path, first.depth)
        if past is not None and past.changes >= _LONG_PAST and change.status is not Status.DELETED:
            found.append((change, _depths(past, index, first)))
    if len(found) < 2:
        return
    (one, ones), (other, others) = found[:2]
    if len(others) < len(ones):
        (one, ones), (other, others) = (other, others), (one, ones)
    book.path("past.pair.one", one.path)
    book.path("past.pair.other", other.path)
    book.count("past.pair.ones", len(ones), "commit")
    book.count("past.pair.others", len(others), "commit")
    book.count("past.pair.together", len(ones & others), "commit")


def _add_return(book: FactBook, changes: Changes, index: Index, first: Step) -> None:
    """A new file whose path had been there before and was taken out, the biggest such."""
    for change in changes.by_size[:50]:
        if change.status is not Status.ADDED:
            continue
        past = index.path_past(change.path, first.depth)
        gone = index.step(past.last) if past else None
        if gone is not None:
            book.path("past.back.path", change.path)
            book.sha("past.back.gone", gone.sha)
            book.span("past.back.away", first.at - gone.at)
            return


def _add_components(book: FactBook, changes: Changes, index: Index, first: Step) -> None:
    """How long the components had slept, the longest sleeper first."""
    sleepers = []
    names = {changes.component(change.path) for change in changes.files if "/" in change.path}
    for name in names:
        depth = index.last_mark("component", raw(name), first.depth)
        step = index.step(depth) if depth is not None else None
        if step:
            sleepers.append((step.at - first.at, name, step))
    for number, (slept, name, step) in enumerate(sorted(sleepers, key=lambda item: item[:2])[:3], 1):
        prefix = f"sleep.{number}"
        book.path(f"{prefix}.component", f"{name}/" if not name.endswith("/") else name)
        book.span(f"{prefix}.slept", -slept)
        book.count(f"{prefix}.steps", first.depth - step.depth - 1, "commit")
        book.sha(f"{prefix}.last", step.sha)
    if len(names) == 1:
        (name,) = names
        before = index.window(first, _WINDOW_SEC)
        if before:
            times = index.count_marks("component", raw(name), first=before[0].depth, before=first.depth)
            book.count("sleep.habit.touched", times, "commit")
            book.count("sleep.habit.window", len(before), "commit")


def _add_people(book: FactBook, subject: Subject, index: Index, first: Step) -> None:
    people = {commit.author for commit in subject.authors}
    names = sorted({person.name for person in people})
    book.count("people.count", len({name.strip().casefold() for name in names}), "author")
    for number, name in enumerate(names[:3], 1):
        book.words(f"people.{number}", name, "person")
    newcomers, returned = [], []
    for name in names:
        marks = [mark for person in people if person.name == name for mark in person_marks(person)]
        depths = [depth for kind, key in marks if (depth := index.last_mark(kind, key, first.depth)) is not None]
        if not depths:
            newcomers.append(name)
        elif (step := index.step(max(depths))) and first.at - step.at >= _SILENT_SEC:
            returned.append((first.at - step.at, name))
    # In the root everyone is new, which is no news.
    for number, name in enumerate(newcomers[:5] if first.depth else [], 1):
        book.words(f"people.new.{number}", name, "person")
    if first.depth and newcomers:
        book.count("people.newcomers", len(newcomers), "newcomer")
    if subject.is_commit and len(people) == 1 and first.depth and any(person.name.strip() for person in people):
        (person,) = people
        *_, (kind, key) = person_marks(person)  # the name: "under this name" stays true whatever other names were used
        times = 1 + index.count_marks(kind, key, first=0, before=first.depth)
        book.add(
            "people.nth", times, "change", text=f"the {phrases.ordinal(times)} change", figure=phrases.figure(times)
        )
    if returned:
        away, name = max(returned)
        book.words("people.returned.name", name, "person")
        book.span("people.returned.away", away)


def _add_firsts(book: FactBook, changes: Changes, index: Index, first: Step) -> None:
    if not first.depth:
        return
    tip_born = [change for change in changes.by_size if change.status in (Status.ADDED, Status.RENAMED)]
    number = 0
    seen: set[tuple[str, bytes]] = set()
    for change in tip_born:
        for kind, key in born_marks(change.path):
            if (kind, key) in seen or number >= 5:
                continue
            seen.add((kind, key))
            if index.last_mark(kind, key, first.depth) is None and _topmost(kind, key, index, first):
                number += 1
                book.add(f"first.{number}.kind", kind, "kind", text=kind)
                shown = f".{path_of(key)}" if kind == "extension" else f"{path_of(key)}/"
                book.path(f"first.{number}.name", shown)
                book.path(f"first.{number}.path", change.path)
    tests = changes.of_kind(FileKind.TEST)
    new_tests = [change for change in tests if change.status is Status.ADDED]
    if new_tests:
        book.count("first.new_test_files", len(new_tests), "new test file")


def _topmost(kind: str, key: bytes, index: Index, first: Step) -> bool:
    """Whether a new folder's parent was there before: of `a/b/c` only the topmost new folder is told."""
    parent = key.rpartition(b"/")[0]
    return kind != "folder" or not parent or index.last_mark("folder", parent, first.depth) is not None
