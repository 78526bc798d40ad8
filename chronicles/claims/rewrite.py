"""Whose lines a change removes, and how old they were."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

ONE_SOURCE = Template("rewrite.one_source", Lens.LINEAGE, "Every line it removes came with {sha}, {age} earlier.")
MAIN_SOURCE = Template("rewrite.main_source", Lens.LINEAGE, "{share} came with {sha}, {age} earlier.")
OLDEST = Template("rewrite.oldest", Lens.LINEAGE, "The oldest line it removes came with {sha} and had stood for {age}.")
YOUNG = Template("rewrite.young", Lens.CRAFT, "Of {lines} removed, {young} had not stood for 30 days.", Polarity.BAD)
ALL_YOUNG = Template(
    "rewrite.all_young", Lens.CRAFT, "None of {lines} removed had stood for more than 30 days.", Polarity.BAD
)
OWN = Template("rewrite.own", Lens.CRAFT, "{author} removes {own} that went in under the same name.")
NAMED = Template(
    "rewrite.named", Lens.LINEAGE, "The message names {issue}, as {sha} did {age} earlier, and {share} came with that."
)
OWN_SOON = Template(
    "rewrite.own_soon", Lens.CRAFT, "{author} brought {sha} {age} earlier, and takes {lines} of it out again."
)
UNDOES = Template("rewrite.undoes", Lens.CRAFT, "{lines} go that {sha} brought, out of {brought}.", Polarity.BAD)
MANY_SOURCES = Template("rewrite.many_sources", Lens.LINEAGE, "The {lines} it removes go back to {sources}.")
MEDIAN = Template("rewrite.median", Lens.MEASUREMENT, "Half of the removed lines had stood for {age} or longer.")


_DAY = 86400
_YEAR = 365 * _DAY
_CUT = 120
"""Characters to which the subject of a source is kept."""
_SETTLED = 120 * _DAY
"""Age of a repository from which on a line of a month is young."""


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of origin, age and ownership of removed lines.

    Blame reads what was written by hand, and not in every file of a big change; a sentence about "the removed lines"
    may only stand where all of them were read.
    """
    lines = ledger.number("rewrite.lines")
    if lines < 1:
        return
    top = "rewrite.source.1"
    taken, brought = ledger.number(f"{top}.lines"), ledger.number(f"{top}.brought")
    if taken >= 10 and brought and taken * 2 > brought:
        yield UNDOES.claim(
            0.55 + 0.3 * taken / max(brought, taken), lines=f"{top}.lines", sha=f"{top}.sha", brought=f"{top}.brought"
        )
    if lines == ledger.number("change.deletions"):
        yield from _origin(ledger, lines)
        yield from _age(ledger, lines)
        yield from _habits(ledger, lines)


def _origin(ledger: Ledger, lines: float) -> Iterator[Claim]:
    top = "rewrite.source.1"
    origin = {"sha": f"{top}.sha", "age": f"{top}.age"}
    age, size = ledger.number(f"{top}.age"), min(lines, 200) / 1000
    sources, share = ledger.number("rewrite.sources"), ledger.number(f"{top}.share")
    # Fresh lines and very old ones are news; a line of middling age that goes is the daily work.
    notable = age <= 7 * _DAY or age >= max(2 * _YEAR, 0.5 * ledger.number("lineage.age"))
    if sources >= 8:
        yield MANY_SOURCES.claim(0.32 + min(sources, 80) / 200, lines="rewrite.lines", sources="rewrite.sources")
    if age < 600:  # commits of one rebased series, minutes apart by the clock of the rebase
        return
    named = _named(ledger)
    if named and "undo.kind" not in ledger:
        issue, source = named
        yield NAMED.claim(0.72, issue=issue, sha=f"{source}.sha", age=f"{source}.age", share=f"{source}.share")
    elif sources == 1 and (notable or lines >= 10):
        yield ONE_SOURCE.claim((0.32 if lines < 3 else 0.42 if notable else 0.34) + size, **origin)
    elif sources > 1 and share >= 60 and lines >= 8:
        yield MAIN_SOURCE.claim((0.38 if notable else 0.33) + size, share=f"{top}.share", **origin)


def _named(ledger: Ledger) -> tuple[str, str] | None:
    """An issue of the message that the subject of a main source of the removed lines names too, with that source."""
    for source in ledger.numbered("rewrite.source"):
        # A subject is kept to 120 characters; a number at its very end may be half of one.
        subject = ledger.string(f"{source}.subject")
        numbers = set(re.findall(r"#\d+\b", subject if len(subject) < _CUT else subject.rstrip("0123456789")))
        for issue in ledger.numbered("message.issue"):
            if ledger.number(f"{source}.share") >= 25 and ledger.string(issue) in numbers:
                return issue, source
    return None


def _age(ledger: Ledger, lines: float) -> Iterator[Claim]:
    """Ages, held against the age of the repository: in an old one an old line is nothing rare."""
    whole, sources = max(ledger.number("lineage.age"), 1), ledger.number("rewrite.sources")
    oldest, median = ledger.number("rewrite.oldest.age"), ledger.number("rewrite.median_age")
    if sources > 1 and oldest >= max(2 * _YEAR, 0.6 * whole):
        yield OLDEST.claim(0.22 + 0.14 * oldest / whole, sha="rewrite.oldest.sha", age="rewrite.oldest.age")
    if lines >= 20 and sources >= 3 and median >= max(2 * _YEAR, 0.4 * whole):
        yield MEDIAN.claim(0.33, age="rewrite.median_age")


def _habits(ledger: Ledger, lines: float) -> Iterator[Claim]:
    # Where the whole repository is young, so is every line; where one person writes it, whose line it was is no news.
    settled = ledger.number("lineage.age") >= _SETTLED
    shared = ledger.number("people.nth") * 2 <= ledger.number("lineage.depth")
    young, own = ledger.number("rewrite.young_lines"), ledger.number("rewrite.own_lines")
    if settled and lines >= 8 and young == lines and ledger.number("rewrite.sources") > 1:
        yield ALL_YOUNG.claim(0.38 + min(lines, 200) / 1000, lines="rewrite.lines")
    elif settled and lines >= 8 and young * 10 >= lines * 7 and ledger.number("rewrite.sources") > 1:
        yield YOUNG.claim(0.36 + min(lines, 200) / 1000, lines="rewrite.lines", young="rewrite.young_lines")
    if "group.commits" in ledger:
        return
    top = "rewrite.source.1"
    soon = 600 <= ledger.number(f"{top}.age") <= 2 * _DAY and ledger.number(f"{top}.share") >= 50
    if soon and lines >= 3 and _same(ledger, f"{top}.author", "commit.author"):
        yield OWN_SOON.claim(0.5, author="commit.author", sha=f"{top}.sha", age=f"{top}.age", lines=f"{top}.lines")
    elif shared and lines >= 20 and own == lines:
        yield OWN.claim(0.35 + min(lines, 200) / 1500, author="commit.author", own="rewrite.own_lines")


def _same(ledger: Ledger, one: str, other: str) -> bool:
    return one in ledger and other in ledger and ledger.value(one) == ledger.value(other)
