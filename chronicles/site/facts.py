"""Numbers that lead to their facts: links in the lines of a page, and the table that they open."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from chronicles.documents.tracing import bare, replaced, traced
from chronicles.markdown import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from chronicles.documents.page import Page
    from chronicles.dossier import Fact

__all__ = ["Evidence", "evidence_table"]

_LINK = re.compile(r"\[[^\[\]]*\]\([^()\s]*\)")
"""Nothing inside a link can be a link of its own."""
_FENCE = re.compile(r" {0,3}(?:`{3,}|~{3,})|<pre")
_LONGEST = 300
"""Characters of a value that the table shows."""


class Evidence:
    """The lines of one page with their facts linked.

    Args:
        page: As its sidecar has it.
        render: What lays out a page.
    """

    def __init__(self, page: Page, render: Callable[[Page], str]) -> None:
        marked, self._facts = traced(page)
        self._twins: dict[str, list[str]] = {}
        for line in render(marked).split("\n"):
            self._twins.setdefault(bare(line), []).append(line)
        self.used: dict[str, Fact] = {}
        """The facts that are linked, by id, in the order of the page."""

    def link(self, lines: Iterable[str]) -> Iterator[str]:
        """The lines of a page, each with what of it is a fact as a link; a person's lines and code stay."""
        fenced = False
        for line in lines:
            fence = _FENCE.match(line)
            if fence or fenced:
                fenced = not fenced if fence else fenced
                yield line
                continue
            twins = self._twins.get(line)
            yield self._linked(twins.pop(0)) if twins else line

    def _linked(self, line: str) -> str:
        inside = [found.span() for found in _LINK.finditer(line)]
        if not inside:
            return replaced(line, self._facts, self._anchor)
        parts, at = [], 0
        for start, end in inside:
            parts += [replaced(line[at:start], self._facts, self._anchor), bare(line[start:end])]
            at = end
        return "".join([*parts, replaced(line[at:], self._facts, self._anchor)])

    def _anchor(self, fact: Fact, text: str) -> str:
        if not re.search(r"\d", text) and fact.unit in ("text", "name", "path"):
            return text
        self.used.setdefault(fact.id, fact)
        return f'<a class="fact" href="#{anchor(fact.id)}">{text}</a>'


def anchor(fact_id: str) -> str:
    """The HTML id of a fact's row."""
    return "fact-" + re.sub(r"[^A-Za-z0-9_.-]", "_", fact_id)


def evidence_table(facts: Iterable[Fact]) -> list[str]:
    """The facts of a page as a folded table of raw HTML, which no Markdown is read in."""
    rows = [
        f'<tr id="{anchor(fact.id)}"><th scope="row"><code>{_text(fact.id)}</code></th><td>{_text(fact.value)}</td>'
        f"<td>{_text(fact.source)}</td><td><code>{_text(fact.derive)}</code></td></tr>"
        for fact in facts
    ]
    if not rows:
        return []
    head = "<tr><th>fact</th><th>value</th><th>source</th><th>derived by</th></tr>"
    return [
        '<details class="evidence">',
        f"<summary>Evidence: {len(rows)} facts of this page</summary>",
        f"<table><thead>{head}</thead><tbody>",
        *rows,
        "</tbody></table>",
        "</details>",
    ]


def _text(value: object) -> str:
    shown = " ".join(visible(str(value)).split())
    shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
    # Site plugins that run templates read the page before any HTML is.
    return html.escape(shown).replace("{", "&#123;")
