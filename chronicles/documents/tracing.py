"""Which fact stands where on a page: the page rendered once more, its facts between marks.

A reader of the site can ask of each number where it comes from. A number does not tell: three facts may be 17. So the
page is laid out from a ledger whose texts carry marks, characters of Unicode's private use that no escaped text has,
and a line of it without its marks is the line of the page. Lines that a person wrote have no such twin and no marks.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from chronicles.dossier import Fact, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.documents.page import Page

__all__ = ["bare", "capital", "replaced", "traced"]

_OPEN, _TEXT, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARKS = re.compile(f"{_OPEN}[0-9]+{_TEXT}|[{_OPEN}{_TEXT}{_CLOSE}]")
_MARKED = re.compile(f"{_OPEN}([0-9]+){_TEXT}([^{_OPEN}{_CLOSE}]*){_CLOSE}")


def traced(page: Page) -> tuple[Page, list[Fact]]:
    """A page whose facts are marked wherever it is rendered, and the facts by their marks' numbers."""
    facts = list(page.dossier.ledger.values())
    marked = Ledger(
        replace(fact, text=_marked(at, fact.text), figure=_marked(at, fact.figure)) for at, fact in enumerate(facts)
    )
    return replace(page, dossier=replace(page.dossier, ledger=marked)), facts


def bare(text: str) -> str:
    """A text without its marks."""
    return _MARKS.sub("", text)


def capital(text: str) -> str:
    """A text that begins a sentence, marks or not."""
    head = _MARKS.match(text)
    at = head.end() if head else 0
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def replaced(text: str, facts: list[Fact], by: Callable[[Fact, str], str]) -> str:
    """A text with something in the place of each marked fact: what a function makes of the fact and its text."""

    def fill(found: re.Match[str]) -> str:
        at = int(found[1])
        return by(facts[at], found[2]) if at < len(facts) else found[2]

    return bare(_MARKED.sub(fill, text))


def _marked(number: int, text: str) -> str:
    return f"{_OPEN}{number}{_TEXT}{bare(text)}{_CLOSE}" if text else ""
