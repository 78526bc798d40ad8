"""Numbers that lead to their facts: links in the lines of a page, and the folded table that they open.

A link leads to a row of the table, which browsers unfold by themselves, so it needs no script. What a row says is all
there is to say of a number: its value as it was counted, what it was read from, and a command that finds it again. A
number that is counted from several facts has a row too, which leads on to theirs.

Names, paths and quotations are no links: they are what somebody else wrote, and underlined they would be all that one
sees of a page.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.documents.mentions import code_spans
from chronicles.documents.regions import Region, regions
from chronicles.documents.tracing import Traced, bare, replaced, traced
from chronicles.markdown import visible
from chronicles.site.rewriting import rewritten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chronicles.documents.page import Page
    from chronicles.dossier import Fact

__all__ = ["Evidence", "inert", "prose"]

_QUOTED = frozenset({"text", "quotation", "person", "name", "path", "diff", "issue"})
"""Units of what somebody else wrote."""
_WORDLESS = _QUOTED | {"sha", "1", "day", "time", "type", "rule"}
"""Units that add nothing to a value."""
_NOUN = re.compile(r"^((?!percent)[A-Za-z]{3}[A-Za-z -]*?)(?= (?:of|with|to) |$)")
"""What takes the plural of a unit: `file` in "file with functions", nothing in "s" and "line/file"."""
_LINK = re.compile(r"\[(?:\\.|[^\[\]\\])*\]\([^()\s]*\)|<code>.*?</code>")
"""Nothing inside a link can be a link of its own, nor can code be parted."""
_PAGE = re.compile(r"\[(.*)\]\(((?:\.\./\w+/)?(?:episode|patch)_[0-9]+\.md(?:#[^()\s]*)?)\)", re.DOTALL)
"""A link to another page."""
_TITLE = re.compile(r"(?<![\w.])\d[\d,.]*(?:st|nd|rd|th)?(?: [\w-]+){0,2}")
"""A number of a title with the words behind it."""
_BRACE = re.compile(r"(\\\\)|\\?\{")
_LONGEST = 300
"""Characters of a value that the table shows."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the table."""

    anchor: str
    name: str
    """Shown as code."""
    value: str
    source: str
    derive: str
    """HTML."""


class Evidence:
    """The lines of one page with their facts linked.

    Args:
        page: As its sidecar has it.
        render: What lays out a page.
        resolve: Tells where an address leads that a person put into the page, as `rewritten` takes it.
    """

    def __init__(
        self,
        page: Page,
        render: Callable[[Page], str],
        resolve: Callable[[str, bool], str | None] = lambda address, _: address,
    ) -> None:
        self._resolve = resolve
        marked, self._facts = traced(page)
        self._page = page
        self._twins: dict[str, list[str]] = {}
        for line in render(marked).split("\n"):
            self._twins.setdefault(bare(line), []).append(line)
        self._rows: dict[str, _Row] = {}
        """In the order of the page."""

    def link(self, lines: Sequence[str]) -> Iterator[str]:
        """The lines of a page, each with what of it is a fact as a link; code stays.

        Lines that were not laid out are a person's. They are Markdown of anybody's, and are held to what documentation
        is held to.
        """
        kinds = regions(lines)
        twins = self._laid_out(lines, kinds)
        at = 0
        for is_own, run in groupby(zip(lines, twins, prose(lines), strict=True), lambda one: one[1] is None):
            several = list(run)
            if is_own:
                text = "\n".join(line for line, _, _ in several)
                shown = rewritten(text, self._resolve, kinds[at : at + len(several)]).split("\n")
                # As many as there were, so that each line keeps its place.
                shown[len(several) - 1 :] = ["\n".join(shown[len(several) - 1 :])]
                yield from [*shown, *[""] * (len(several) - len(shown))]
            else:
                yield from (self._linked(twin) if told and twin else line for line, twin, told in several)
            at += len(several)

    def _laid_out(self, lines: Sequence[str], kinds: Sequence[Region]) -> list[str | None]:
        """For each line the one that was laid out, with its facts marked; None for a person's.

        A block of code is a person's where one line of it is, and so is a blank line between two of theirs.
        """
        twins: list[str | None] = []
        for kind, block in groupby(zip(lines, kinds, strict=True), lambda one: one[1]):
            several = [line for line, _ in block]
            needed = Counter(several)
            whole = all(len(self._twins.get(line, ())) >= number for line, number in needed.items())
            for line in several:
                there = self._twins.get(line) if whole or kind is not Region.FENCE else None
                twins.append(there.pop(0) if there else None)
        own = 0
        for at, line in enumerate(lines):
            if line.strip():
                if twins[at] is None and own:
                    twins[own:at] = [None] * (at - own)
                own = at + 1 if twins[at] is None else 0
        return twins

    def title(self, title: str) -> str:
        """A title with its numbers linked: it names facts of the claims that it is made of, in capitals."""
        if not _TITLE.search(title):
            return title
        ledger = self._page.dossier.ledger
        slots = [fact for claim in self._page.dossier.claims for fact in claim.slots.values()]
        near = dict.fromkeys((*slots, "rewrite.source.1.age", *ledger))
        there = [ledger[name] for name in reversed(near) if name in ledger and ledger[name].unit not in _QUOTED]
        named = {name: fact for fact in there for name in _names(fact)}

        def fill(found: re.Match[str]) -> str:
            words = found[0].split(" ")
            for number in range(len(words), 0, -1):
                fact = named.get(" ".join(words[:number]).casefold())
                if fact is not None:
                    shown = self._anchor(Traced((fact,), counted=False), " ".join(words[:number]))
                    return " ".join([shown, *words[number:]])
            return found[0]

        return _TITLE.sub(fill, title)

    def number(self, text: str, *fact_ids: str) -> str:
        """A text as a link to a fact of the ledger, or to several that it is counted from; without them the text."""
        ledger = self._page.dossier.ledger
        facts = tuple(ledger[name] for name in fact_ids if name in ledger)
        return self._anchor(Traced(facts, counted=len(facts) > 1), text)

    def led(self, label: str, address: str) -> str:
        """A link of ours to another page; its label where that page is not on the site."""
        there = self._resolve(address, False)
        return label if there is None else f"[{label}]({there})"

    def _linked(self, line: str) -> str:
        parts, at = [], 0
        coded = [(start, end) for start, end, _ in code_spans(line)]
        for found in _LINK.finditer(line):
            shown = bare(found[0])
            page = _PAGE.fullmatch(shown)
            if page and not any(start < found.start() < end for start, end in coded):
                shown = self.led(page[1], page[2])
            parts += [replaced(line[at : found.start()], self._facts, self._anchor), shown]
            at = found.end()
        return "".join([*parts, replaced(line[at:], self._facts, self._anchor)])

    def _anchor(self, behind: Traced, text: str) -> str:
        facts = [fact for fact in behind.facts if fact.unit not in _QUOTED]
        if not facts or not text.strip():
            return text
        key = "+".join(fact.id for fact in facts) + (f"={bare(text)}" if behind.counted else "")
        if key not in self._rows:
            for fact in facts if behind.counted else ():
                self._rows.setdefault(fact.id, _row(fact))
            self._rows[key] = _sum(facts, text, len(self._rows)) if behind.counted else _row(facts[0])
        return f'<a class="fact" href="#{self._rows[key].anchor}">{text}</a>'

    def table(self, about: Iterable[str] = ()) -> list[str]:
        """The facts that were linked, as a folded table of raw HTML, which no Markdown is read in.

        Args:
            about: HTML that stands above the rows.
        """
        if not self._rows:
            return []
        head = "".join(f'<th scope="col">{name}</th>' for name in ("fact", "value", "source", "derived by"))
        number = len(self._rows)
        return [
            '<details class="evidence" id="evidence">',
            f"<summary>Evidence: {number} {'fact' if number == 1 else 'facts'} of this page</summary>",
            *about,
            '<div class="evidence-table" tabindex="0" role="region" aria-label="Evidence" data-search-exclude="">',
            f"<table><thead><tr>{head}</tr></thead><tbody>",
            *map(_html_row, self._rows.values()),
            "</tbody></table>",
            "</div>",
            "</details>",
        ]


def prose(lines: Sequence[str]) -> Iterator[bool]:
    """Tell for each line whether it is prose, and not code, a comment or a block of HTML that holds code."""
    inside = False
    for line, kind in zip(lines, regions(lines), strict=True):
        inside = inside or line.startswith("<pre")
        yield kind is Region.PROSE and not inside
        inside = inside and "</pre>" not in line


def inert(line: str) -> str:
    """A line of Markdown in which no brace outside of code can begin attributes or a template."""
    if "{" not in line:
        return line
    parts, at = [], 0
    for start, end, _ in code_spans(line):
        parts += [_braceless(line[at:start]), line[start:end]]
        at = end
    return "".join([*parts, _braceless(line[at:])])


def _braceless(text: str) -> str:
    """Text with references for its braces, and without the backslashes that escaped them."""
    return _BRACE.sub(lambda found: found[1] or "&#123;", text)


def _row(fact: Fact) -> _Row:
    derive = f"<code>{_text(fact.derive, longest=None)}</code>"
    return _Row(_place(fact.id), fact.id, f"{fact.value}{_unit(fact)}", str(fact.source), derive)


def _names(fact: Fact) -> Iterator[str]:
    """What a title calls a fact: its phrase, also with a figure where that has a word for it."""
    yield fact.text.casefold().removeprefix("the ")
    if isinstance(fact.value, int) and fact.text.startswith(f"{phrases.words(fact.value)} "):
        yield f"{fact.figure} {fact.text.partition(' ')[2]}".casefold()


def _unit(fact: Fact) -> str:
    """What is counted, behind a number; a measure has no plural."""
    if fact.unit in _WORDLESS:
        return ""
    counts = isinstance(fact.value, int) and fact.value != 1
    return " " + (_NOUN.sub(r"\1s", fact.unit) if counts else fact.unit)


def _sum(facts: Sequence[Fact], text: str, at: int) -> _Row:
    """The row of a number that is counted from facts."""
    links = ", ".join(f'<a href="#{_place(fact.id)}"><code>{_text(fact.id)}</code></a>' for fact in facts)
    value = re.sub(r"<[^>]*>|[`\\]", "", text)
    return _Row(f"fact-counted-{at}", "counted", value, str(facts[0].source), f"counting from {links}")


def _place(fact_id: str) -> str:
    """The HTML id of a fact's row, another one for each fact."""
    return "fact-" + re.sub(r"[^A-Za-z0-9_.]", lambda found: f"-{ord(found[0]):x}-", fact_id)


def _html_row(row: _Row) -> str:
    return (
        f'<tr id="{row.anchor}"><th scope="row"><code>{_text(row.name)}</code></th><td>{_text(row.value)}</td>'
        f"<td>{_text(row.source)}</td><td>{row.derive}</td></tr>"
    )


def _text(value: object, longest: int | None = _LONGEST) -> str:
    shown = " ".join(visible(str(value)).split())
    shown = shown if longest is None or len(shown) <= longest else f"{shown[:longest]}…"
    # Site plugins that run templates read the page before any HTML is.
    return html.escape(shown).replace("{", "&#123;")
