"""Facts of whose lines a change removes (family `rewrite`): blame of the removed lines.

Blame follows the first-parent line, so that a line is traced to the step, and hence to the episode, that brought
it. At most ten files are read, the biggest; how many were not is a fact too.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.evidence.kinds import FileKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chronicles.evidence.changes import Changes
    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.patches import FilePatch
    from chronicles.evidence.subject import Subject
    from chronicles.history.commit import FileChange
    from chronicles.history.index import Index, Step
    from chronicles.history.repository import Repository

__all__ = ["add_rewrite_facts"]

_FILES = 10
_SUBMODULE = 0o160000
"""Mode of a submodule."""
_SOURCES = 5
_LINES = 20_000
"""Removed lines of one file beyond which it is left out: a blame of a whole data file says nothing."""


def add_rewrite_facts(
    book: FactBook,
    subject: Subject,
    changes: Changes,
    patches: Mapping[str, FilePatch],
    repository: Repository,
    index: Index,
) -> None:
    """Add which earlier steps wrote the removed lines, how many, and how old they were."""
    base = subject.key.base
    files = _worth_reading(changes)
    if base is None or not files:
        return
    lines: Counter[str] = Counter()
    for change in files[:_FILES]:
        ranges = _removed(patches.get(change.path))
        if ranges:
            for blamed in repository.blame(base, change.old_path or change.path, ranges):
                lines[blamed.sha] += blamed.lines
    if len(files) > _FILES:
        book.count("rewrite.files_left_out", len(files) - _FILES, "file")
    steps = {sha: step for sha in lines if (step := index.step_of(sha))}
    if not steps:
        return
    first = index.step_of(subject.oldest.sha)
    assert first is not None, f"the index does not hold {subject.oldest.sha}"
    _add_sources(book, lines, steps, first)


def _worth_reading(changes: Changes) -> list[FileChange]:
    made = (FileKind.GENERATED, FileKind.VENDORED, FileKind.LOCK)
    found = [
        change
        for change in changes.files
        if 0 < (change.deletions or 0) <= _LINES
        and changes.kinds[change.path] not in made
        and change.old_mode != _SUBMODULE  # its one line is the commit it stood at, which no blame can trace
    ]
    return sorted(found, key=lambda change: (-(change.deletions or 0), change.path))


def _removed(patch: FilePatch | None) -> list[tuple[int, int]]:
    if patch is None:
        return []
    return [(hunk.old_start, hunk.old_start + hunk.old_count - 1) for hunk in patch.hunks if hunk.old_count]


def _add_sources(book: FactBook, lines: Counter[str], steps: Mapping[str, Step], first: Step) -> None:
    total = sum(lines[sha] for sha in steps)
    book.count("rewrite.lines", total, "line")
    book.count("rewrite.sources", len(steps), "earlier commit")
    ordered = sorted(steps, key=lambda sha: (-lines[sha], -steps[sha].depth))
    for number, sha in enumerate(ordered[:_SOURCES], 1):
        step = steps[sha]
        prefix = f"rewrite.source.{number}"
        book.sha(f"{prefix}.sha", sha)
        book.count(f"{prefix}.lines", lines[sha], "line")
        book.span(f"{prefix}.age", first.at - step.at)
        book.words(f"{prefix}.subject", step.subject, limit=120)
        if not step.grouped:  # who merged is not who wrote
            book.words(f"{prefix}.author", step.author, "person")
        shown = phrases.percent(lines[sha], total)
        book.add(
            f"{prefix}.share",
            round(100 * lines[sha] / total, 4),
            "percent",
            text=f"{shown} of the removed lines",
            figure=shown,
        )
        if step.churn:
            book.count(f"{prefix}.brought", step.insertions, "line")
    oldest = min(steps.values(), key=lambda step: step.depth)
    book.sha("rewrite.oldest.sha", oldest.sha)
    book.span("rewrite.oldest.age", first.at - oldest.at)
    book.count("rewrite.oldest.lines", lines[oldest.sha], "line")
    book.span("rewrite.median_age", _median_age(lines, steps, first))
    own = sum(lines[sha] for sha, step in steps.items() if step.author == first.author and not step.grouped)
    book.count("rewrite.own_lines", own, "line")
    young = sum(lines[sha] for sha, step in steps.items() if first.at - step.at <= 30 * 86400)
    book.count("rewrite.young_lines", young, "line")


def _median_age(lines: Counter[str], steps: Mapping[str, Step], first: Step) -> int:
    """The age that half of the removed lines had reached."""
    ages: Sequence[tuple[int, int]] = sorted((first.at - step.at, lines[sha]) for sha, step in steps.items())
    half = sum(number for _, number in ages) / 2
    seen = 0
    for age, number in ages:
        seen += number
        if seen >= half:
            return age
    raise AssertionError(ages)
