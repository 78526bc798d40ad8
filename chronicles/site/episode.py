"""An episode as the site shows it: its numbers lead to their facts, its voices have faces, and its evidence folds.

The page in the folder is what is shown, a person's lines included; nothing is written anew. Lines that the renderer
made are known by their wording and laid out for a screen: the three headings of date, commit and number become one line
under the title, the picture of the measurements becomes a drawing, and what is counted by component a small one at the
top. A line that a person has changed stays where it is, as it is.
"""

from __future__ import annotations

import html
from datetime import datetime
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.documents.benchmarks import chart_line
from chronicles.documents.forge import Forge
from chronicles.documents.frontmatter import render_front_matter
from chronicles.documents.page import load_page
from chronicles.documents.speech import file_name
from chronicles.markdown import code, escape, visible
from chronicles.site.around import (
    ALONE,
    KEPT,
    MEASURED,
    Near,
    closed,
    derived_from,
    links_around,
    neighbours,
    table_in,
    under_title,
    with_neighbours,
)
from chronicles.site.charts import chart
from chronicles.site.drawings import bars, diffstat
from chronicles.site.facts import Evidence, inert
from chronicles.site.shelf import document_text
from chronicles.site.voices import Voices
from chronicles.writers.parts import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chronicles.documents.page import Page
    from chronicles.site.edition import Edition
    from chronicles.site.shelf import Source

__all__ = ["episode", "with_neighbours"]

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DRESSED = {"| At a glance | |": "glance", MEASURED: "verdicts"}
"""How tables begin that have a look of their own."""
_LONGEST_MODEL = 60
_NEXT = "Next dossier entry: "
_UNSOUGHT = "{: data-search-exclude=yes }"
"""Who searches for a commit wants its own page, and not the one before it, which names it last."""
_TABLES = {"component": "| component | files | added | removed |", "file": "| file | status | added | removed |"}
"""How the tables begin that have the numbers of a drawing."""


def episode(source: Source, edition: Edition, near: Near = ALONE) -> str:
    """An episode as the site shows it."""
    page = load_page(source.sidecar)
    values, body = document_text(source.page)
    raw = body.strip("\n").split("\n")
    evidence = Evidence(page, edition.episode, edition.leads.from_page(source.page, "episodes"))
    lines = [inert(line) for line in evidence.link(raw)]
    for at, shown in _rearranged(page, evidence, raw):
        lines[at] = shown.replace(KEPT, lines[at])
    dressed = Voices(page, edition.cast).dressed(raw, lines)
    told = [f"{line}\n{_UNSOUGHT}" if line.startswith(_NEXT) else line for line in dressed]
    items = [*neighbours("Episode", near), *_rewritten(page, evidence)]
    more = [*_files(page, evidence, raw), *links_around("Episodes", items)]
    more += evidence.table(derived_from(page, source))
    return "\n".join([render_front_matter(_head(source, values)), *told, "", *more, ""])


def _head(source: Source, values: Mapping[str, object]) -> dict[str, object]:
    card = source.card
    return {
        "title": card.title,
        "date": values.get("date"),
        "description": f"Episode {card.number}: {card.headline or card.title}",
        "tags": values.get("tags", []),
    }


# -- what is laid out otherwise on a screen -----------------------------------------------------------------------


def _rearranged(page: Page, evidence: Evidence, raw: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Lines by their place, with what the site shows instead; `KEPT` stands for the line itself."""
    ledger, title = page.dossier.ledger, escape(page.title)
    commit = Forge(page.repo_url).commit(str(ledger["commit.sha"].value))
    instead = {
        f'# {escape(page.series)} - Episode {page.number}: "{title}"': (
            f'# <span class="kicker">{escape(page.series)} · Episode {page.number}</span> {evidence.title(title)}'
        ),
        f"### 📅 {ledger['commit.authored_at'].figure}": "",
        f"### 🔗 Commit: {commit}": "",
        f"### 📊 Episode {page.number} of The {escape(page.series)} Chronicles": "",
    }
    if picture := chart_line(page, file_name(page.number, "svg")):
        instead[picture] = "\n".join(["", *chart(page.dossier.runs), ""])
    about = "\n".join(["", *_meta(page, evidence, commit), "", *_drawing(page, evidence, raw), ""])
    place = next((at for at, line in enumerate(raw) if line in instead and not instead[line]), -1)
    for at, line in enumerate(raw):
        if line in instead:
            yield at, about if at == place else instead.pop(line)
    for head, name in _DRESSED.items():
        yield from table_in(raw, head, name)


def _meta(page: Page, evidence: Evidence, commit: str) -> list[str]:
    """When, which commit, who, and who voiced it: one line under the title."""
    ledger = page.dossier.ledger
    at = ledger.string("commit.authored_at")
    when = evidence.number(f'<time datetime="{html.escape(at)}">{_moment(at)}</time>', "commit.authored_at")
    authors = int(ledger.number("people.count"))
    name = ledger.get("people.1", ledger["commit.author"]).text
    who = evidence.number(phrases.count(authors, "author"), "people.count") if authors > 1 else name
    return under_title([when, f"commit {commit}", f"by {who}", *_voiced(page)])


def _moment(at: str) -> str:
    """A time as people write it; as it is where it is none."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return html.escape(at)
    zone = moment.strftime("%z")
    shown = f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M}"
    return f"{shown} {zone[:3]}:{zone[3:5]}" if zone else shown


def _voiced(page: Page) -> Iterator[str]:
    """Who gave the page its words; nothing where nobody speaks."""
    writers = [sentence.writer for sentence in page.sentences if sentence.claim]
    by_model = sum(writer != PLAIN for writer in writers)
    if page.byline is not None and by_model:
        model = code(" ".join((page.byline.model or page.byline.writer).split())[:_LONGEST_MODEL])
        yield f"{by_model} of {len(writers)} {'sentence' if len(writers) == 1 else 'sentences'} by {model}"
    elif writers:
        yield "voiced without a model"


def _drawing(page: Page, evidence: Evidence, raw: Sequence[str]) -> list[str]:
    """The bars of the change: with numbers where no table of the page has them."""
    ledger = page.dossier.ledger
    kind, rows = bars(ledger)
    has_table = _TABLES[kind] in raw
    whole = kind == "component" or len(rows) == ledger.number("change.files")
    return diffstat(kind, rows, None if has_table else evidence.number, whole=whole)


# -- what a page has besides on a screen --------------------------------------------------------------------------


def _files(page: Page, evidence: Evidence, raw: Sequence[str]) -> Iterator[str]:
    """The files of the change as a list that folds, for search to find, where neither a table nor a row has them."""
    ledger = page.dossier.ledger
    entries = ledger.numbered("file")
    total = int(ledger.number("change.files"))
    if not entries or total == 1 or _TABLES["file"] in raw:
        return
    named = "" if total == len(entries) else f", {phrases.count(len(entries), 'file')} named"
    yield '<details class="files">'
    yield f"<summary>{phrases.count(total, 'file').capitalize()}{named}</summary>"
    yield "<ul>"
    for entry in entries:
        path = html.escape(" ".join(visible(ledger.string(f"{entry}.path")).split())).replace("{", "&#123;")
        ends = (("+", "insertions"), ("−", "deletions"))
        counts = " ".join(
            evidence.number(f"{sign}{phrases.figure(int(ledger.number(f'{entry}.{end}')))}", f"{entry}.{end}")
            for sign, end in ends
        )
        yield f"<li><code>{path}</code> {html.escape(ledger.string(f'{entry}.status'))}, {counts}</li>"
    yield "</ul>"
    yield "</details>"
    yield ""


def _rewritten(page: Page, evidence: Evidence) -> Iterator[str]:
    """Links to the episodes whose lines this one rewrites, the most lines first."""
    ledger = page.dossier.ledger
    for entry in ledger.numbered("rewrite.source"):
        number = page.links.earlier.get(ledger.string(f"{entry}.sha"))
        if number is not None:
            lines = evidence.number(ledger[f"{entry}.lines"].text, f"{entry}.lines")
            subject = ledger[f"{entry}.subject"].text
            yield f"- **Rewrites {lines} of** {evidence.led(closed(f'Episode {number}: {subject}'), file_name(number))}"
