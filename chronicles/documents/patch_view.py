"""From a patch document's values to what its template lays out, all of it finished Markdown.

As with an episode nothing is decided here that the evidence should decide: each line is a fact or two, and the words
around them are few and fixed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from chronicles.documents import benchmarks, speech
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

_BOXES = {"passed": "[x]"}
"""Only what ran and passed is ticked."""


def make_view(page: Page, cast: Cast) -> dict[str, Any]:
    """Everything that the patch template may use, by name."""
    del cast
    ledger = page.dossier.ledger
    assert page.patch is not None, page.number
    said = speech.spoken(page)
    return {
        "number": page.number,
        "title": escape(page.title),
        "date": ledger["commit.day"].figure,
        "status": page.patch.status.capitalize(),
        "commit": _commit(page, str(ledger["commit.sha"].value)),
        "corrections": [
            f"{one.day} (`{one.sha[:7]}`): {escape(one.was)} → {escape(one.now)}" for one in page.patch.corrections
        ],
        "overview": [text for sentence, text in said if sentence.section == Section.OVERVIEW],
        "highlights": [text for sentence, text in said if sentence.section == Section.HIGHLIGHTS],
        "breaks": list(_breaks(page)),
        "moves": list(_moves(ledger)),
        "tree": [(ledger[f"{entry}.path"].figure, ledger[f"{entry}.files"].text) for entry in ledger.numbered("tree")],
        "added": {group: list(_added(ledger, group)) for group in ("documentation", "organization")},
        "impact": list(_impact(ledger)),
        "benchmarks": list(benchmarks.table(ledger, partial(linked, page))),
        "benchmarks_left_out": benchmarks.left_out(ledger),
        "machines": list(benchmarks.machines(ledger)),
        "checks": list(_checks(ledger)),
        "tasks": [ledger[f"{entry}.text"].text for entry in ledger.numbered("task")],
        "told": list(_told(page)),
        "grouped": [
            f"{ledger[f'{e}.commits'].text} of type {ledger[f'{e}.type'].text}" for e in ledger.numbered("grouped")
        ],
        "coverage": _coverage(ledger),
        "closing": speech.closing_line(page),
    }


def _commit(page: Page, sha: str) -> str:
    shown = f"`{sha[:7]}`"
    return f"[{shown}]({page.repo_url}/commit/{sha})" if page.repo_url else shown


def _breaks(page: Page) -> Iterator[str]:
    ledger = page.dossier.ledger
    for entry in ledger.numbered("broken"):
        yield f"{ledger[f'{entry}.name'].text}: {ledger[f'{entry}.kind'].text}"


def _moves(ledger: Ledger) -> Iterator[dict[str, Any]]:
    for entry in ledger.numbered("moved"):
        lines = []
        for line in ledger.numbered(f"{entry}.line"):
            ends = f"{ledger[f'{line}.from'].text} → {ledger[f'{line}.to'].text}"
            files = [ledger[one].text for one in ledger.numbered(f"{line}.file")]
            lines.append({"text": f"{ends} ({ledger[f'{line}.files'].text})", "files": files})
        yield {"to": ledger[f"{entry}.to"].text, "files": ledger[f"{entry}.files"].text, "lines": lines}


def _added(ledger: Ledger, group: str) -> Iterator[str]:
    for entry in ledger.numbered("new"):
        if ledger.string(f"{entry}.group") == group:
            yield ledger[f"{entry}.path"].text


def _impact(ledger: Ledger) -> Iterator[str]:
    if "impact.deleted_files" in ledger:
        yield f"**Removed:** {ledger['impact.deleted_files'].text}, {ledger['impact.deleted_lines'].text}"


def _checks(ledger: Ledger) -> Iterator[str]:
    for entry in ledger.numbered("check"):
        box = _BOXES.get(ledger.string(f"{entry}.result"), "[ ]")
        name, command, result = (ledger[f"{entry}.{what}"].text for what in ("name", "command", "result"))
        yield f"{box} {name}: {command}, {result}"


def _told(page: Page) -> Iterator[str]:
    ledger = page.dossier.ledger
    for entry in ledger.numbered("told"):
        sha = str(ledger[f"{entry}.sha"].value)
        yield f"{ledger[f'{entry}.subject'].text} ({_commit(page, sha)}, {ledger[f'{entry}.author'].text})"


def _coverage(ledger: Ledger) -> str:
    rules = [f"{ledger[f'{e}.commits'].figure} {ledger[f'{e}.rule'].text}" for e in ledger.numbered("excluded")]
    excluded = f" ({', '.join(rules)})" if rules else ""
    return f"{ledger['range.commits'].text} = {ledger['range.coverage'].text}{excluded}."
