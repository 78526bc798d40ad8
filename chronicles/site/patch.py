"""A patch document as the site shows it: its numbers lead to their facts, what breaks stands out, checks have results.

As with an episode the page in the folder is what is shown. What somebody must know before they take the range over has
a place and a colour of its own: the section of breaks, and each check with how it ended, in a word and not in a box
that looks ticked or not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.documents.checklist import checklist
from chronicles.documents.frontmatter import render_front_matter
from chronicles.documents.page import load_page
from chronicles.markdown import escape
from chronicles.site.around import (
    ALONE,
    KEPT,
    MEASURED,
    Near,
    derived_from,
    links_around,
    neighbours,
    table_in,
    under_title,
)
from chronicles.site.charts import chart
from chronicles.site.drawings import bars, diffstat
from chronicles.site.facts import Evidence, inert, prose
from chronicles.site.shelf import document_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.documents.page import Page
    from chronicles.dossier import Ledger
    from chronicles.site.edition import Edition
    from chronicles.site.shelf import Source

__all__ = ["patch"]

_STATE = re.compile(r"\*\*(?:Date|Status|Commit|Range):\*\* ")
_BREAKING = "## Breaking Changes"
_BELOW = "Before and after are medians;"
"""How the line below the table of measurements begins."""
_WORDS = {"passed": "passed", "not run": "open"}
"""Results of checks to their classes; any other one is a failure."""


def patch(source: Source, edition: Edition, near: Near = ALONE) -> str:
    """A patch document as the site shows it."""
    page = load_page(source.sidecar)
    values, body = document_text(source.page)
    raw = body.strip("\n").split("\n")
    evidence = Evidence(page, edition.patch, edition.leads.from_page(source.page, "patches"))
    lines = [inert(line) for line in evidence.link(raw)]
    for at, shown in _rearranged(page, evidence, raw, lines):
        lines[at] = shown.replace(KEPT, lines[at])
    head = {
        "title": f"Patch {page.number}: {source.card.title}",
        "date": values.get("date"),
        "description": f"Patch {page.number}: {source.card.title}",
    }
    more = [*links_around("Patches", list(neighbours("Patch", near))), *evidence.table(derived_from(page, source))]
    return "\n".join([render_front_matter(head), *lines, "", *more, ""])


def _rearranged(page: Page, evidence: Evidence, raw: Sequence[str], lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Lines by their place, with what the site shows instead; `KEPT` stands for the line itself."""
    title = escape(page.title)
    if (top := f"# Patch {page.number}: {title}") in raw:
        yield raw.index(top), f'# <span class="kicker">Patch {page.number}</span> {evidence.title(title)}'
    state = [at for at, line in enumerate(raw) if _STATE.match(line)]
    if state:
        parts = [_STATE.sub(_label, lines[at]).strip() for at in state]
        yield state[0], "\n".join([*under_title(parts), "", *_drawing(page, evidence)])
        yield from ((at, "") for at in state[1:])
    is_prose = list(prose(raw))
    yield from _breaking(raw, is_prose)
    yield from _checks(page.dossier.ledger, raw, lines, is_prose)
    yield from table_in(raw, MEASURED, "verdicts")
    measured = next((at for at, line in enumerate(raw) if line.startswith(_BELOW)), -1)
    if measured >= 0 and (drawn := chart(page.dossier.runs)):
        yield measured, "\n".join([KEPT, "", *drawn])


def _label(found: re.Match[str]) -> str:
    return found[0].strip("*: ").lower() + " "


def _drawing(page: Page, evidence: Evidence) -> list[str]:
    """The bars of the range; a patch document has no table of them."""
    ledger = page.dossier.ledger
    kind, rows = bars(ledger)
    whole = kind == "component" or len(rows) == ledger.number("change.files")
    return diffstat(kind, rows, evidence.number, whole=whole)


def _breaking(raw: Sequence[str], is_prose: Sequence[bool]) -> Iterator[tuple[int, str]]:
    """The section of breaks in a block of its own."""
    headings = [at for at, line in enumerate(raw) if is_prose[at] and line.startswith("## ")]
    start = next((at for at in headings if raw[at] == _BREAKING), None)
    if start is None:
        return
    end = next((at for at in headings if at > start), None)
    yield start, f'<div class="breaking" markdown="1">\n\n{KEPT}'
    if end is None:
        yield len(raw) - 1, f"{KEPT}\n\n</div>"
    else:
        yield end, f"</div>\n\n{KEPT}"


def _checks(
    ledger: Ledger, raw: Sequence[str], lines: Sequence[str], is_prose: Sequence[bool]
) -> Iterator[tuple[int, str]]:
    """Boxes of lists as words: of a check how it ended, of anything else that it is open or done."""
    results = {
        f"- {line}": ledger.string(f"{entry}.result")
        for entry, line in zip(ledger.numbered("check"), checklist(ledger), strict=True)
    }
    for at, line in enumerate(raw):
        box = re.match(r"(\s*[-*+] )\[([ xX])\] ", line)
        if not box or not is_prose[at]:
            continue
        result = results.get(line, "open" if box[2] == " " else "done")
        kind = _WORDS.get(result, "failed") if line in results else "open"
        yield at, f'{box[1]}<span class="check {kind}">{result}</span> {lines[at][box.end() :]}'
