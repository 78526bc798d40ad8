"""From a patch document's values to what its template lays out, all of it finished Markdown.

As with an episode nothing is decided here that the evidence should decide: each line is a fact or two, and the words
around them are few and fixed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from chronicles.documents import benchmarks, corrections, patch_breaks, patch_lists, speech
from chronicles.documents.checklist import checklist
from chronicles.documents.forge import Forge
from chronicles.documents.speech import linked
from chronicles.dossier import Section
from chronicles.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.documents.page import Page
    from chronicles.dossier import Ledger
    from chronicles.personas import Cast

__all__ = ["VERSION", "make_view"]

VERSION = "1"


def make_view(page: Page, cast: Cast) -> dict[str, Any]:
    """Everything that the patch template may use, by name."""
    del cast
    ledger, forge = page.dossier.ledger, Forge(page.repo_url)
    assert page.patch is not None, page.number
    said = speech.spoken(page)
    return {
        "number": page.number,
        "title": escape(page.title),
        "date": ledger["commit.day"].figure,
        "status": page.patch.status.capitalize(),
        "commit": forge.commit(str(ledger["commit.sha"].value)),
        "corrections": [corrections.shown(one, forge) for one in page.patch.corrections],
        "overview": [text for sentence, text in said if sentence.section == Section.OVERVIEW],
        "highlights": [text for sentence, text in said if sentence.section == Section.HIGHLIGHTS],
        "breaks": list(patch_breaks.breaks(page)),
        "moves": list(patch_lists.moves(page)),
        "tree": patch_lists.tree(ledger),
        "added": list(patch_lists.new_files(ledger)),
        "impact": list(patch_lists.impact(ledger)),
        "benchmarks": list(benchmarks.table(ledger, partial(linked, page))),
        "benchmarks_left_out": benchmarks.left_out(ledger),
        "machines": list(benchmarks.machines(ledger)),
        "checks": list(checklist(ledger)),
        "tasks": list(patch_lists.tasks(page)),
        "told": list(_told(page)),
        "grouped": [
            f"{ledger[f'{e}.commits'].text} of type {ledger[f'{e}.type'].text}" for e in ledger.numbered("grouped")
        ],
        "coverage": _coverage(ledger),
        "closing": speech.closing_line(page),
    }


def _told(page: Page) -> Iterator[str]:
    ledger = page.dossier.ledger
    for entry in ledger.numbered("told"):
        commit = Forge(page.repo_url).commit(ledger.string(f"{entry}.sha"))
        yield f"{ledger[f'{entry}.subject'].text} ({commit}, {ledger[f'{entry}.author'].text})"


def _coverage(ledger: Ledger) -> str:
    rules = [f"{ledger[f'{e}.commits'].figure} {ledger[f'{e}.rule'].text}" for e in ledger.numbered("excluded")]
    excluded = f" ({', '.join(rules)})" if rules else ""
    return f"{ledger['range.commits'].text} = {ledger['range.coverage'].text}{excluded}."
