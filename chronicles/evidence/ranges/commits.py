"""What became of each commit of a range (families `range`, `told`, `grouped`, `excluded`, `undone`).

Every commit of `base..tip` is in exactly one place: told by a line of its own, grouped under a line with others of its
kind, or excluded by a named rule (see `fates`). The three sums are the document's coverage. In a document of some paths
the others are excluded by the rule "outside the paths", so that the sum is still that of git.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.dossier import Coverage, Source
from chronicles.evidence.facts import looked_at, shown_path
from chronicles.evidence.ranges import fates as fate
from chronicles.evidence.ranges import works as work_rules
from chronicles.markdown import code, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.fates import Fates, Group, Told
    from chronicles.evidence.ranges.span import Span
    from chronicles.evidence.ranges.works import Work

__all__ = ["RULES", "add_commit_facts"]

RULES = {
    fate.MERGE: "merges that add nothing of their own",
    fate.UNDONE: "undone within the range, and what undid them",
    fate.KNOWN: "the base already has the same change",
    fate.VOID: "of branches that were merged without taking anything of them",
    work_rules.SKIPPED: "the trailer `Chronicle: skip` asks for it",
    work_rules.EMPTY: "without a change",
    work_rules.PAGES: "generated pages only",
    work_rules.OUTSIDE: "outside the paths",
    work_rules.IGNORED: "files that `.chroniclesignore` covers",
}
"""Rules by which commits are excluded, in words."""

_SUBJECT_LENGTH = 200
_NAMED = 20
"""Excluded commits that are named: pairs that were undone, and breaks of each other rule; of the rest the number is."""


def add_commit_facts(book: FactBook, span: Span) -> Coverage:
    """Sort the commits of a range, and add what the document says of them."""
    commits, fates = span.commits, span.fates
    derive = f"git rev-list --count {_ends(span)}"
    book.count("range.commits", len(commits), "commit", source=Source.GIT, derive=derive)
    book.sha("range.tip", span.tip)
    if span.base:
        book.sha("range.base", span.base)
    authors = {commit.author.name for commit in commits if not commit.is_merge}
    book.count("range.authors", len(authors), "author")
    if span.key.paths:
        _add_paths(book, span)
    for number, told in enumerate(fates.told, 1):
        _add_told(book, f"told.{number}", told)
    for number, group in enumerate(fates.grouped, 1):
        _add_group(book, f"grouped.{number}", group)
    for number, (rule, shas) in enumerate(fates.excluded.items(), 1):
        book.add(f"excluded.{number}.rule", rule, "rule", text=RULES[rule])
        book.count(f"excluded.{number}.commits", len(shas), "commit")
        _add_absent(book, f"excluded.{number}", fates.absent.get(rule, ()))
    _add_undone(book, fates)
    return _add_coverage(book, len(commits), fates)


def _add_paths(book: FactBook, span: Span) -> None:
    """Add the paths that a range is limited to, and how much of it touches them."""
    for number, path in enumerate(span.key.paths, 1):
        book.path(f"range.path.{number}", path)
    works = [work for work in span.works if work.component and not work.commit.is_merge]
    if not works:
        return
    book.count("range.touching_authors", len({work.commit.author.name for work in works}), "author")
    paths = span.key.paths
    where = code(book.clean(shown_path(paths[0]))) if len(paths) == 1 else phrases.count(len(paths), "path")
    book.add(
        "range.touching",
        len(works),
        "commit",
        text=f"{phrases.count(len(works), 'commit')} to {where}",
        figure=phrases.figure(len(works)),
        source=Source.GIT,
        derive=f"git rev-list --count --full-history --no-merges {_ends(span)} -- {looked_at(span.key, span.excluded)}",
    )


def _ends(span: Span) -> str:
    return f"{span.base}..{span.tip}" if span.base else span.tip


def _add_told(book: FactBook, entry: str, told: Told) -> None:
    work = told.work
    book.sha(f"{entry}.sha", work.sha)
    book.words(f"{entry}.subject", work.commit.headline or "(no message)", limit=_SUBJECT_LENGTH)
    book.add(f"{entry}.type", work.type, "type", text=work.type)
    book.words(f"{entry}.author", work.commit.author.name or "(no name)", "person")
    book.count(f"{entry}.churn", work.churn, "changed line")
    if work.breaking:
        book.add(f"{entry}.breaking", 1, "truth", text="breaking")
    if work.security:
        book.add(f"{entry}.security", 1, "truth", text="security")
    if work.issue:
        book.add(f"{entry}.issue", work.issue, "issue", text=work.issue)
    if told.copies:
        book.count(f"{entry}.copies", told.copies, "copy", "copies")
    if told.squashed:
        book.count(f"{entry}.squashed", told.squashed, "commit")


def _add_group(book: FactBook, entry: str, group: Group) -> None:
    book.add(f"{entry}.type", group.kind, "type", text=group.kind)
    book.count(f"{entry}.commits", len(group.shas), "commit")
    if group.component:
        name = book.clean(shown_path(group.component))
        book.add(f"{entry}.component", name, "component", text=code(name))


def _add_absent(book: FactBook, rule: str, breaks: Sequence[Work]) -> None:
    """Name the breaks that a rule excluded: none goes in silence."""
    for number, work in enumerate(breaks[:_NAMED], 1):
        book.sha(f"{rule}.break.{number}.sha", work.sha)
        book.words(f"{rule}.break.{number}.subject", work.commit.headline or "(no message)", limit=_SUBJECT_LENGTH)
    if len(breaks) > _NAMED:
        book.count(f"{rule}.more", len(breaks) - _NAMED, "more", "more")


def _add_undone(book: FactBook, fates: Fates) -> None:
    for number, (work, by) in enumerate(fates.undone[:_NAMED], 1):
        entry = f"undone.{number}"
        book.sha(f"{entry}.sha", work.sha)
        book.words(f"{entry}.subject", work.commit.headline or "(no message)", limit=_SUBJECT_LENGTH)
        book.sha(f"{entry}.by", by.sha)
        if work.breaking:
            book.add(f"{entry}.breaking", 1, "truth", text="breaking")
    if len(fates.undone) > _NAMED:
        book.count("undone.more", len(fates.undone) - _NAMED, "more", "more")


def _add_coverage(book: FactBook, commits: int, fates: Fates) -> Coverage:
    told, grouped = len(fates.told), sum(len(group.shas) for group in fates.grouped)
    excluded = {rule: len(shas) for rule, shas in fates.excluded.items()}
    left_out = sum(excluded.values())
    assert told + grouped + left_out == commits, (told, grouped, excluded, commits)
    parts = ((told, "told"), (grouped, "grouped"), (left_out, "excluded"))
    shown = " + ".join(f"{phrases.figure(number)} {word}" for number, word in parts)
    whole = f"{phrases.figure(commits)} {'commit' if commits == 1 else 'commits'} = {shown}"
    book.add("range.coverage", whole, "text", text=escape(whole))
    return Coverage(told, grouped, excluded)
