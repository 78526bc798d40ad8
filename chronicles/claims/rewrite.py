"""Whose lines a change removes, and how old they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.evidence.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

ONE_SOURCE = Template("rewrite.one_source", Lens.LINEAGE, "Every line it removes came with {sha}, {age} earlier.")
MAIN_SOURCE = Template("rewrite.main_source", Lens.LINEAGE, "{share} came with {sha}, {age} earlier.")
OLDEST = Template("rewrite.oldest", Lens.LINEAGE, "The oldest line it removes came with {sha} and had stood for {age}.")
YOUNG = Template("rewrite.young", Lens.CRAFT, "Of {lines} removed, {young} had not stood for 30 days.", Polarity.BAD)
OWN = Template("rewrite.own", Lens.CRAFT, "{author} removes {own} that went in under the same name.")
UNDOES = Template("rewrite.undoes", Lens.CRAFT, "{lines} go that {sha} brought, out of {brought}.", Polarity.BAD)
MANY_SOURCES = Template("rewrite.many_sources", Lens.LINEAGE, "The {lines} it removes go back to {sources}.")
MEDIAN = Template("rewrite.median", Lens.MEASUREMENT, "Half of the removed lines had stood for {age} or longer.")


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of origin, age and ownership of removed lines."""
    lines, sources = ledger.number("rewrite.lines"), ledger.number("rewrite.sources")
    if lines < 1:
        return
    top = "rewrite.source.1"
    origin = {"sha": f"{top}.sha", "age": f"{top}.age"}
    size = min(lines, 200) / 1000
    if sources == 1:
        yield ONE_SOURCE.claim((0.32 if lines < 3 else 0.42) + size, **origin)
    elif ledger.number(f"{top}.share") >= 50 and lines >= 4:
        yield MAIN_SOURCE.claim(0.38 + size, share=f"{top}.share", **origin)
    if sources > 1 and ledger.number("rewrite.oldest.age") >= 2 * 365 * 86400:
        age = ledger.number("rewrite.oldest.age") / (365 * 86400)
        yield OLDEST.claim(0.33 + min(age, 15) / 50, sha="rewrite.oldest.sha", age="rewrite.oldest.age")
    yield from _habits(ledger, lines)
    if sources >= 8:
        yield MANY_SOURCES.claim(0.34 + min(sources, 80) / 200, lines="rewrite.lines", sources="rewrite.sources")
    if lines >= 20 and sources >= 3:
        yield MEDIAN.claim(0.33, age="rewrite.median_age")


def _habits(ledger: Ledger, lines: float) -> Iterator[Claim]:
    young, own = ledger.number("rewrite.young_lines"), ledger.number("rewrite.own_lines")
    if lines >= 5 and young * 10 >= lines * 7:
        yield YOUNG.claim(0.38 + min(lines, 200) / 1000, lines="rewrite.lines", young="rewrite.young_lines")
    if lines >= 8 and own == lines and "commit.merge" not in ledger:
        yield OWN.claim(0.35 + min(lines, 200) / 1500, author="commit.author", own="rewrite.own_lines")
    top = "rewrite.source.1"
    taken, brought = ledger.number(f"{top}.lines"), ledger.number(f"{top}.brought")
    if taken >= 10 and brought and taken * 2 > brought:
        yield UNDOES.claim(
            0.55 + 0.3 * taken / max(brought, taken), lines=f"{top}.lines", sha=f"{top}.sha", brought=f"{top}.brought"
        )
