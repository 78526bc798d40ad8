"""What became of each commit of a range (families `range`, `told`, `grouped`, `excluded`).

Every commit of `base..tip` is in exactly one place: told by a line of its own, grouped under a line with others of its
kind, or excluded by a named rule. The three sums are the document's coverage.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.dossier import Coverage, Source
from chronicles.evidence.messages import parse_message

if TYPE_CHECKING:
    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.span import Span

__all__ = ["add_commit_facts"]

_SHOWN = 40
"""Commits that get a line each."""
_SUBJECT_LENGTH = 200


def add_commit_facts(book: FactBook, span: Span) -> Coverage:
    """Sort the commits of a range, and add what the document says of them."""
    commits = span.commits
    book.count("range.commits", len(commits), "commit", source=Source.GIT)
    book.sha("range.tip", span.tip)
    if span.base:
        book.sha("range.base", span.base)
    authors = {commit.author.name for commit in commits if not commit.is_merge}
    book.count("range.authors", len(authors), "author")
    merges = [commit for commit in commits if commit.is_merge]
    rest = [commit for commit in commits if not commit.is_merge]
    for number, commit in enumerate(rest[:_SHOWN], 1):
        entry = f"told.{number}"
        message = parse_message(commit.message, ())
        book.sha(f"{entry}.sha", commit.sha)
        book.words(f"{entry}.subject", commit.subject or "(no message)", limit=_SUBJECT_LENGTH)
        book.add(f"{entry}.type", message.type, "type", text=message.type)
        book.words(f"{entry}.author", commit.author.name, "person")
    kinds = Counter(parse_message(commit.message, ()).type for commit in rest[_SHOWN:])
    for number, (kind, often) in enumerate(sorted(kinds.items(), key=lambda item: (-item[1], item[0])), 1):
        book.add(f"grouped.{number}.type", kind, "type", text=kind)
        book.count(f"grouped.{number}.commits", often, "commit")
    excluded = {"merge": len(merges)} if merges else {}
    for number, (rule, often) in enumerate(excluded.items(), 1):
        book.add(f"excluded.{number}.rule", rule, "rule", text=rule)
        book.count(f"excluded.{number}.commits", often, "commit")
    told, grouped = min(len(rest), _SHOWN), sum(kinds.values())
    shown = phrases.joined([f"{told} told", f"{grouped} grouped", f"{sum(excluded.values())} excluded"])
    book.add("range.coverage", shown, "text", text=shown)
    return Coverage(told, grouped, excluded)
