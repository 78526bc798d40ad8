"""What a page says of itself: its title, its commit's headline and its weightiest sentence, for lists and feeds.

All three are read from the page and not from its sidecar, since a person's edit survives: who gives an episode another
title finds that title on the first page and in the feeds. A sentence of the sidecar is news only where it stands on the
page still, and a name is put to it only where the page does so. What is taken of a person's lines becomes words without
their Markdown.

The headline of a page on several commits counts them and names their day, which a list shows beside it anyway; what
they did would stand nowhere. So a list has the subjects of the first ones instead, shortened to its room.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from chronicles.documents.alignment import digest
from chronicles.documents.page import LONGEST_TITLE
from chronicles.documents.regions import Region, regions
from chronicles.documents.speech import spoken
from chronicles.documents.tracing import capital
from chronicles.dossier import Section
from chronicles.markdown import escape, visible
from chronicles.phrases import count, joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chronicles.documents.page import Page
    from chronicles.dossier import Ledger

__all__ = ["Said", "commits_of", "said_by"]

_TITLE = re.compile(r'.* - Episode \d+: "(?P<episode>.*)"|Patch \d+: (?P<patch>.*)', re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->")
_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"!?(?<!\\)\[((?:\\.|[^\[\]\\])*)\]\([^()\s]*\)")
_BESIDE = re.compile(r"(?<!\\)\[((?:\\.|[^\[\]\\])*)\]\((?:\.\./\w+/)?(?:episode|patch)_[0-9]+\.md[^()\s]*\)")
"""A link to another page, which stands somewhere else in a list, if it is there at all."""
_SIGN = re.compile(r"\\([!-/:-@\[-`{-~])|[*`]")
_VOICE = re.compile(r"\*\*(.+?):\*\* ")
_SUBJECTS = 2
"""Commits whose subjects a list shows of a page that tells several."""
_SUBJECT_LENGTH = 60
"""Letters of each of them at most."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a page says of itself."""

    title: str
    """No Markdown."""
    subject: str
    """The headline of its commit, or what its first commits say; Markdown; empty where a person took it away."""
    headline: str
    """The same without Markdown."""
    news: str
    """Its weightiest sentence, Markdown without links to pages; empty where nobody speaks."""
    voice: str
    """Who says that by the page; empty where it names nobody."""


def said_by(page: Page, values: Mapping[str, object], body: str) -> Said:
    """Read what a page says of itself.

    Args:
        page: As its sidecar has it.
        values: The page's front matter.
        body: What stands below that.
    """
    lines = [line.removesuffix("\r") for line in body.split("\n")]
    told = [line for line, kind in zip(lines, regions(lines), strict=True) if kind is Region.PROSE and line.strip()]
    place = next((at for at, line in enumerate(told) if line.startswith("# ")), -1)
    title = _title(page, values, told[place] if place >= 0 else "")
    subject, headline = _subject(page, told, place)
    return Said(title, subject, headline, *_news(page, told))


def commits_of(page: Page) -> int:
    """How many commits a page tells: of a patch document as many as its title says, merges among them."""
    ledger = page.dossier.ledger
    if page.patch and "range.commits" in ledger:
        return int(ledger.number("range.touching" if "range.touching" in ledger else "range.commits"))
    return page.dossier.coverage.told + page.dossier.coverage.grouped


def _title(page: Page, values: Mapping[str, object], heading: str) -> str:
    """A person's heading, else the title of the front matter, which a person may have changed too."""
    words = _words(heading.removeprefix("# "))
    named = values.get("title")
    if words and (digest(heading) not in page.rendered or not isinstance(named, str) or not named.strip()):
        found = _TITLE.fullmatch(words)
        return _cut((found["episode"] or found["patch"] if found else "") or words)
    if isinstance(named, str) and named.strip():
        return _cut(" ".join(named.split()))
    return f"{'Patch' if page.patch else 'Episode'} {page.number}"


def _subject(page: Page, told: Sequence[str], title: int) -> tuple[str, str]:
    """The headline below the title: the fact where it says so, else a person's."""
    ledger = page.dossier.ledger
    fact = ledger.get("commit.headline", ledger["commit.subject"])
    if page.patch:  # it has no headline, and its fact counts steps; its title counts all commits
        said = f"{capital(count(commits_of(page), 'commit'))}{''.join(str(fact.value).partition(' of ')[1:])}"
        return escape(said), said
    line = told[title + 1] if title + 1 < len(told) else ""
    words = _words(line.removeprefix("## ")) if line.startswith("## ") else ""
    if words == _words(fact.text) or (not words and fact.text in "\n".join(told)):
        several = "group.commits" in ledger and "commit.headline" not in ledger  # a merge has both
        said = _subjects(ledger, told) if several else ""
        return (escape(said), said) if said else (fact.text, str(fact.value))
    return escape(_cut(words)), _cut(words)


def _subjects(ledger: Ledger, told: Sequence[str]) -> str:
    """What the first of several commits say and how many more there are; only of commits that stand on the page.

    A short page names them without their subjects, which are facts as types and components are: `verify` checks them.
    """
    text = "\n".join(told)
    there = (entry for entry in ledger.numbered("member") if ledger[f"{entry}.sha"].text in text)
    said = [f"“{_cut(ledger.string(f'{entry}.subject'), _SUBJECT_LENGTH)}”" for entry in islice(there, _SUBJECTS)]
    rest = int(ledger.number("group.commits")) - len(said)
    return joined([*said, *([f"{rest:,} more"] if rest > 0 else [])]) if said else ""


def _news(page: Page, told: Sequence[str]) -> tuple[str, str]:
    """The first sentence that stands on the page, and who says it there."""
    for sentence, text in spoken(page):
        if sentence.claim and sentence.section != Section.HIGHLIGHTS:
            line = next((line for line in told if text in line), None)
            if line is not None:
                voice = _VOICE.match(line)
                return _BESIDE.sub(r"\1", text), _words(voice[1]) if voice else ""
    return "", ""


def _words(markdown: str) -> str:
    """A line without its Markdown."""
    bare = _LINK.sub(r"\1", _TAG.sub("", _COMMENT.sub("", markdown)))
    return " ".join(visible(html.unescape(_SIGN.sub(r"\1", bare))).split())


def _cut(text: str, longest: int = LONGEST_TITLE) -> str:
    return text if len(text) <= longest else f"{text[:longest].rstrip()}…"
