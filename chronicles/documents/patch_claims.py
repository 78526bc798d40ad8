"""What words claim of a patch document's own sections, and what its title claims.

"No breaking changes" counts nothing, so no number is there to look up; yet the document knows whether anything broke,
moved or failed. The few ways to say so are read here and held to the ledger, and so is a fraction in one sign. That all
tests pass is true where a check ran and every one passed: "tested" comes from an exit code.

A title that somebody gives is held like a line that they sign: words of speed, what is counted, paths and hashes. A
name says nothing of the repository and a version is a name, so numbers that count nothing pass, and days too, since
whoever publishes a document knows the day.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from chronicles.documents.foreign import Finding, check_mentions, find_mentions
from chronicles.documents.known import known_of
from chronicles.documents.mentions import Kind
from chronicles.documents.nouns import is_unit
from chronicles.documents.patch_laws import is_ticked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.documents.page import Page
    from chronicles.dossier import Ledger
    from chronicles.history.repository import Repository

__all__ = ["find_contradicted", "title_problems"]

_NONE = r"\b(?:no|none of the|zero|without(?: any)?|not (?:one|a single|any)|free of|never any|0)\b(?:\s+\w+){0,2}?\s+"
_NOTHING = r"\b(?:nothing|none)\b(?:\s+\w+){0,2}?\s+"
_AFTER = r"\s*[:=–—-]*\s*(?:none|no|nil|zero|0)(?![\w,.]\d|\s*\w)"
_BREAK = r"(?:break(?:s|ing|ages?)?\b|incompatib\w+)"
_CLAIMS = {
    "broken": re.compile(
        rf"{_NONE}{_BREAK}|{_NOTHING}(?:breaks|broke|is broken|was broken)\b|\bbreaking changes{_AFTER}"
        r"|\b(?:does|do|did)(?: not|n['’]t) break\b|\b(?:fully|completely) (?:backwards?[- ])?compatible\b",
        re.IGNORECASE,
    ),
    "failed": re.compile(
        rf"{_NONE}(?:(?:failed|failing|broken|red) (?:checks?|tests?)|(?:checks?|tests?) (?:fail(?:s|ed|ing)?)"
        rf"|failures?)\b|{_NOTHING}(?:fails|failed)\b|\bfailed (?:checks?|tests?){_AFTER}",
        re.IGNORECASE,
    ),
    "passed": re.compile(
        r"\b(?:all|every|each)\b(?:\s+[\w,]+){0,3}?\s+(?:checks?|tests?)\s+(?:(?:have|has|are|is|were|was)\s+)?"
        r"(?:pass(?:es|ed|ing)?|green|succeed(?:s|ed)?)\b|\b(?:checks|tests) all pass(?:ed)?\b",
        re.IGNORECASE,
    ),
    "moved": re.compile(
        rf"{_NONE}(?:mov(?:es?|ed)|renam(?:es?|ed))\b|{_NOTHING}(?:moved|moves|was moved|is moved|was renamed)\b"
        rf"|\bmoves{_AFTER}",
        re.IGNORECASE,
    ),
}
_WHY = {
    "broken": "something broke, as this document tells",
    "failed": "a check failed, as this document tells",
    "passed": "not every check ran and passed, as only a record says",
    "moved": "files moved, as this document tells",
}
_CODE = re.compile(r"`+[^`]*`+|<!--.*?-->")
_NAMES = ("release", "version", "tag", "patch", "episode", "day", "week", "month", "year")
"""Nouns whose number is part of a name, in a title."""
_TITLE_KINDS = (Kind.SPEED, Kind.HASH, Kind.PATH, Kind.REFERENCE)


def find_contradicted(text: str, ledger: Ledger, line: int = 0) -> Iterator[Finding]:
    """What a line claims of the document's own sections and its ledger contradicts."""
    bare = re.sub("[*_]+", "", _CODE.sub(" ", text))
    there = _there(ledger)
    for what, claim in _CLAIMS.items():
        hit = claim.search(bare)
        if hit is not None and what in there:
            yield Finding(line, hit.start() + 1, Kind.NAME, hit[0].strip(), _WHY[what], None)
    for at, char in enumerate(bare, 1):
        if unicodedata.category(char) == "No" and unicodedata.numeric(char) % 1:
            yield Finding(line, at, Kind.NUMBER, char, "no fact is a fraction; give the number itself", None)


def _there(ledger: Ledger) -> set[str]:
    """What no word of a document may deny."""
    results = [ledger.string(f"{entry}.result") for entry in ledger.numbered("check")]
    held = {
        "broken": bool(ledger.numbered("broken")),
        "failed": any(result not in ("passed", "not run") for result in results),
        "passed": not results or any(result != "passed" for result in results),
        "moved": bool(ledger.numbered("moved")),
    }
    return {what for what, is_so in held.items() if is_so}


def title_problems(page: Page, repository: Repository) -> list[tuple[str, str]]:
    """What the title that somebody gave a document says and its subject does not have: what says it, and why.

    Args:
        page: The document.
        repository: Whose trees hold the paths that may be named.
    """
    if page.patch is None or not page.patch.title:
        return []
    # It is shown as it stands, so what would be code or a comment in Markdown is read as words.
    title = re.sub("[`<>]", " ", page.patch.title)
    mentions = [
        one
        for one in find_mentions(title)
        if one.kind in _TITLE_KINDS
        or (one.value is not None and is_unit(one.noun.unit) and one.noun.unit not in _NAMES)
    ]
    found = check_mentions(mentions, known_of(page.dossier, repository, verdicts=True)) if mentions else []
    found += find_contradicted(title, page.dossier.ledger)
    problems = [(one.text, one.problem) for one in found]
    if is_ticked(title):
        problems.append((title, "only a check that ran ticks a box"))
    return problems
