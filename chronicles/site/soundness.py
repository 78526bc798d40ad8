"""Whether a sidecar holds only what the narrator writes into one, as far as that can be told without the repository.

The texts of facts are finished Markdown, and go into pages as they are. Whoever forges a sidecar can put anything
there, and the page to match: `chronicles verify` finds that, for it reads the repository, but a site is built without
asking. So a text that has HTML or a link of its own, which no escaped text has, keeps its page off the site. So do a
fact that says another thing than it holds, a command that does more than read, and a commit or a time that is none:
lists, feeds and the site map take those as they are. A number that is wrong in all places alike is for `verify`.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from chronicles.documents.heads import full_shas
from chronicles.documents.mentions import code_spans
from chronicles.site.agreement import contradiction, odd_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.documents.page import Page

__all__ = ["forged"]

_TAG = re.compile(r"<(?=[A-Za-z/!?])(?!/?code>)")
_LINK = re.compile(r"(?<!\\)(?:\\\\)*\[[^\]]*\]\s*[(\[:]")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_ODD = "the fact `{id}` is not in order: {why}; `chronicles verify` says what else is not"
_ADDRESS = re.compile(r"https?://[^\s()<>\"'\\]+")


def forged(page: Page) -> str:
    """What of a sidecar the narrator has not written; empty where there is nothing."""
    if page.repo_url is not None and not _ADDRESS.fullmatch(page.repo_url):
        return "its `repo_url` is no web address"
    if full_shas(commits := page.dossier.subject.commits) != commits or not (commits or page.retired):
        return "it tells a commit that is none"
    if not page.retired and page.dossier.ledger.value("commit.sha") != commits[0]:
        return "its facts are of another commit"
    return next((f"{name} holds markup" for name, text in _texts(page) if _acts(text)), "") or next(_odd(page), "")


def _odd(page: Page) -> Iterator[str]:
    """The facts that are none of the narrator's."""
    for fact in page.dossier.ledger.values():
        if fact.unit == "time" and not _is_time(fact.value):
            yield f"the fact `{fact.id}` is no time with an offset"
        if why := contradiction(fact):
            yield _ODD.format(id=fact.id, why=why)
    for fact, why in odd_commands(page.dossier):
        yield _ODD.format(id=fact.id, why=why)


def _is_time(value: object) -> bool:
    """Whether a value is a time as commits have it, to the second and with an offset."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


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
