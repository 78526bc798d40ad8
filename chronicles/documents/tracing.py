"""Which fact stands where on a page: the page rendered once more, its facts between marks.

A reader of the site can ask of each number where it comes from. A number does not tell: three facts may be 17. So the
page is laid out from a ledger whose texts carry marks, characters of Unicode's private use that no escaped text has,
and a line of it without its marks is the line of the page. Lines that a person wrote have no such twin and no marks.

What lays out a page hands marks on: `same` where it writes a fact in words of its own, `derived` where it counts from
facts. Without marks both give the text alone. A dossier's coverage is no part of its ledger, and is laid out as if it
were.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.dossier import Fact, Ledger, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chronicles.documents.page import Page
    from chronicles.dossier import Dossier

__all__ = ["Traced", "bare", "capital", "derived", "replaced", "same", "traced"]

_OPEN, _TEXT, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARKS = re.compile(f"{_OPEN}[0-9+]+{_TEXT}|[{_OPEN}{_TEXT}{_CLOSE}]")
_MARKED = re.compile(f"{_OPEN}([0-9+]+){_TEXT}([^{_OPEN}{_CLOSE}]*){_CLOSE}")
_NUMBER = re.compile(f"{_OPEN}([0-9+]+){_TEXT}")


@dataclass(frozen=True, slots=True)
class Traced:
    """What stands behind a marked text."""

    facts: tuple[Fact, ...]
    """The fact that the text shows; of a number that is counted from facts, all of them."""
    counted: bool
    """Whether the text is counted from the facts and shows none of them."""


def traced(page: Page) -> tuple[Page, list[Fact]]:
    """A page whose facts are marked wherever it is rendered, and the facts by their marks' numbers."""
    facts = [*page.dossier.ledger.values(), *_coverage(page.dossier)]
    # Written out, since `dataclasses.replace` costs thrice as much and pages hold hundreds.
    marked = Ledger(
        Fact(fact.id, fact.value, fact.unit, _marked(at, fact.figure), _marked(at, fact.text), fact.source, fact.derive)
        for at, fact in enumerate(facts)
    )
    return replace(page, dossier=replace(page.dossier, ledger=marked)), facts


def bare(text: str) -> str:
    """A text without its marks."""
    return text if text.isascii() else _MARKS.sub("", text)


def capital(text: str) -> str:
    """A text that begins a sentence, marks or not."""
    head = _MARKS.match(text)
    at = head.end() if head else 0
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def same(text: str, shown: str) -> str:
    """A text that shows a fact in other words.

    Args:
        text: The other words.
        shown: The fact's own text or figure, with its mark where it has one.
    """
    mark = _NUMBER.search(shown)
    return f"{mark[0]}{bare(text)}{_CLOSE}" if mark else text


def derived(text: str, *shown: str) -> str:
    """A text that is counted from facts.

    Args:
        text: What comes of them.
        shown: The facts' own texts or figures, with their marks where they have some.
    """
    numbers = [number for one in shown for number in _NUMBER.findall(one)]
    return f"{_OPEN}{'+'.join(numbers)}+{_TEXT}{bare(text)}{_CLOSE}" if numbers else text


def replaced(text: str, facts: list[Fact], by: Callable[[Traced, str], str]) -> str:
    """A text with something in the place of each marked one: what a function makes of what is behind it, and of it."""

    def fill(found: re.Match[str]) -> str:
        numbers = dict.fromkeys(int(number) for number in found[1].split("+") if number)
        there = tuple(facts[at] for at in numbers if at < len(facts))
        return by(Traced(there, found[1].endswith("+")), found[2]) if there else found[2]

    return bare(_MARKED.sub(fill, text))


def _coverage(dossier: Dossier) -> Iterator[Fact]:
    """The coverage of a dossier as facts; nothing where the page's own facts name no commit."""
    told, covered = dossier.ledger.get("change.components"), dossier.coverage
    if told is None:
        return
    # `chronicles fact REV change.components`, with whatever else names the subject, says where the dossier comes from.
    derive = told.derive.replace("chronicles fact ", "chronicles dossier ").removesuffix(f" {told.id}") + " --json"
    counts = {"told": covered.told, "grouped": covered.grouped}
    counts |= {f"excluded.{rule}": number for rule, number in covered.excluded.items()}
    for name, number in counts.items():
        text = phrases.figure(number)
        yield Fact(f"coverage.{name}", number, "commit", text, text, Source.ANALYSIS, derive)


def _marked(number: int, text: str) -> str:
    return f"{_OPEN}{number}{_TEXT}{bare(text)}{_CLOSE}" if text else ""
