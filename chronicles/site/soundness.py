"""Whether a sidecar holds only what the narrator writes into one, as far as a browser could tell the difference.

The texts of facts are finished Markdown, and go into pages as they are. Whoever forges a sidecar can put anything
there, and the page to match: `chronicles verify` finds that, for it reads the repository, but a site is built without
asking. So a text that has HTML or a link of its own, which no escaped text has, keeps its page off the site.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.documents.mentions import code_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.documents.page import Page

__all__ = ["forged"]

_TAG = re.compile(r"<(?=[A-Za-z/!?])(?!/?code>)")
_LINK = re.compile(r"(?<!\\)(?:\\\\)*\[[^\]]*\]\s*[(\[:]")
_ADDRESS = re.compile(r"https?://[^\s()<>\"'\\]+")


def forged(page: Page) -> str:
    """What of a sidecar the narrator has not written; empty where there is nothing."""
    if page.repo_url is not None and not _ADDRESS.fullmatch(page.repo_url):
        return "its `repo_url` is no web address"
    return next((f"{name} holds markup" for name, text in _texts(page) if _acts(text)), "")


def _texts(page: Page) -> Iterator[tuple[str, str]]:
    """What goes into the page as it is, with a name for it."""
    for fact in page.dossier.ledger.values():
        yield f"the fact `{fact.id}`", fact.text
        yield f"the fact `{fact.id}`", fact.figure
    for sentence in page.sentences:
        yield f"a sentence of `{sentence.persona}`", sentence.wording


def _acts(text: str) -> bool:
    """Whether a text has HTML or a link outside of code."""
    if "<" not in text and "]" not in text:
        return False
    if "\n" in text:
        return True
    bare, at = [], 0
    for start, end, _ in code_spans(text):
        bare.append(text[at:start])
        at = end
    rest = "".join([*bare, text[at:]])
    return bool(_TAG.search(rest) or _LINK.search(rest))
