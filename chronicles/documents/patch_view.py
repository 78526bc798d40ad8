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
from chronicles.documents.patch_coverage import coverage_of
from chronicles.documents.speech import linked
from chronicles.dossier import Section
from chronicles.markdown import code, escape

if TYPE_CHECKING:
    from chronicles.documents.page import Page
    from chronicles.personas import Cast

__all__ = ["VERSION", "make_view"]

VERSION = "1"


def make_view(page: Page, cast: Cast) -> dict[str, Any]:
    """Everything that the patch template may use, by name."""
    del cast
    ledger, forge = page.dossier.ledger, Forge(page.repo_url)
    assert page.patch is not None, page.number
    said = speech.spoken(page)
    moves = list(patch_lists.moves(page))
    return {
        "number": page.number,
        "title": escape(page.title),
        "date": ledger["commit.day"].figure,
        "status": page.patch.status.capitalize(),
        "range": [code(name) for name in (page.patch.base_name, page.patch.tip_name) if name],
        "commit": forge.commit(str(ledger["commit.sha"].value)),
        "corrections": [corrections.shown(one, forge) for one in page.patch.corrections],
        "overview": [text for sentence, text in said if sentence.section == Section.OVERVIEW],
        "highlights": [text for sentence, text in said if sentence.section == Section.HIGHLIGHTS],
        "breaks": list(patch_breaks.breaks(page)),
        "breaking": patch_breaks.is_breaking(ledger),
        "moves": [one for one in moves if not one["inner"]],
        "inner_moves": [one for one in moves if one["inner"]],
        "tree": patch_lists.tree(ledger),
        "added": list(patch_lists.new_files(ledger)),
        "impact": list(patch_lists.impact(ledger)),
        "benchmarks": list(benchmarks.table(ledger, partial(linked, page))),
        "benchmarks_left_out": benchmarks.left_out(ledger),
        "machines": list(benchmarks.machines(ledger)),
        "checks": list(checklist(ledger)),
        "tasks": list(patch_lists.tasks(page)),
        "coverage": coverage_of(page),
        "closing": speech.closing_line(page),
    }
