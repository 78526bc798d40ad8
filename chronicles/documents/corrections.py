"""A published patch document is corrected visibly.

Somebody has read a document that is called completed or released. When a line of it is rendered otherwise later, since
a rule finds more, a run was added or a check ran, the document says so: which day, at which commit, what it said and
what it says now. Who reads it again can see that it changed; who quotes it can see what of the quotation is left.

Both renderings are made by today's layout, so a new template corrects nothing. What people changed is theirs and signed
as such; drafts promise nothing and are rewritten in silence.

A correction is data of the sidecar that nothing derives, so `find_forged` holds it to what a correction can be: its
commit is there and of that day, it is no older than the range, and what it says became of a line is what the page says.
One that was taken out of page and sidecar alike is found in the repository's own history of the two files alone.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from chronicles.documents.comparison import compare_lines
from chronicles.documents.edits import digests
from chronicles.documents.page import LONGEST_TITLE, Correction, clean_title
from chronicles.documents.regions import Region, regions
from chronicles.errors import ChroniclesError, ConfigError
from chronicles.markdown import code, escape, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.documents.forge import Forge
    from chronicles.documents.page import Page
    from chronicles.documents.telling import Press

__all__ = ["correct", "find_forged", "is_correction", "is_published", "layout", "shown"]

_LONGEST = 120
"""Characters that a correction shows of a line."""
_LEAD = 40
"""Characters before the first that differs."""
_MORE = "…"
_MOST = 12
"""Lines of one regeneration that are shown; the others are counted."""
_COUNTED = 1_000_000
_ORDER = ("draft", "completed", "released")
_MARKER = re.compile(r"^\s*(?:(?:[-*+]|\d+[.)]|#{1,6}|>)\s+)+")
_LINK = re.compile(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]\([^()\s]*\)")
_LINE = re.compile(r"- \*\*\d{4}-\d\d-\d\d\*\*, at ")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PUNCTUATION = re.compile(r"\\([!-/:-@\[-`{-~])")


def is_published(status: str) -> bool:
    """Whether people may have read a document of this status."""
    return status in _ORDER[1:]


def layout(page: Page) -> str:
    """What lays a page out."""
    return f"{page.made_by.get('view', '')} {page.made_by.get('template', '')}"


def correct(press: Press, old: Page | None, page: Page, text: str | None) -> Page:
    """Give a patch document a correction for each line of a published one that is rendered otherwise now.

    Args:
        press: Of its series.
        old: The document as its sidecar has it; None where there is none.
        page: The document as it shall be.
        text: The document as it stands, edits included; None where there is none.
    """
    if page.patch is None or old is None or old.patch is None or not is_published(old.patch.status):
        return page
    earlier = old.patch.corrections
    page = replace(page, patch=replace(page.patch, corrections=earlier))
    before, after = _without_corrections(press, old, page, text)
    changed = list(_changes(before, after))
    if not changed:
        return page
    sha, day = _now(press, page)
    made = [Correction(day, sha, was, now, layout=layout(page)) for was, now in changed[:_MOST]]
    if len(changed) > _MOST:
        made.append(Correction(day, sha, "", "", more=len(changed) - _MOST, layout=layout(page)))
    assert page.patch is not None, page.number
    return replace(page, patch=replace(page.patch, corrections=(*earlier, *made)))


def shown(correction: Correction, forge: Forge) -> str:
    """A correction as its line on the page."""
    was, now = (f"“{escape(text)}”" for text in (correction.was, correction.now))
    if correction.more:
        what = f"{correction.more} more {'line' if correction.more == 1 else 'lines'} changed"
    elif not correction.was:
        what = f"added {now}"
    elif not correction.now:
        what = f"taken back {was}"
    else:
        what = f"{was} is now {now}"
    # A forged one is found; until then it must not act on the page.
    commit = forge.commit(correction.sha) if _SHA.fullmatch(correction.sha) else code(correction.sha)
    return f"**{escape(correction.day)}**, at {commit}: {what}"


def is_correction(line: str) -> bool:
    """Whether a rendered line is a correction."""
    return _LINE.match(line) is not None


def find_forged(press: Press, page: Page, text: str | None) -> Iterator[tuple[str, str]]:
    """What of a document's corrections cannot be: what says it, and why.

    Args:
        press: Of its series.
        page: The document.
        text: As it should read by today's layout; None where only a template that is gone could say.
    """
    if page.patch is None:
        return
    if clean_title(page.patch.title) != page.patch.title or len(page.patch.title) > LONGEST_TITLE:
        yield page.patch.title[:LONGEST_TITLE], "no title that somebody can give: it is one line, and no longer"
    yield from _misnamed(press, page)
    if page.patch.corrections and not is_published(page.patch.status):
        yield page.patch.status, "a published document does not become a draft again, and a draft is not corrected"
    for one in page.patch.corrections:
        for why in _malformed(one):
            yield f"{one.was} → {one.now}", f"no correction: {why}"
        if why := _misdated(press, page, one):
            yield one.sha[:40], f"no correction: {why}"
    if text is not None:
        yield from _contradicting(page, text)


def _misnamed(press: Press, page: Page) -> Iterator[tuple[str, str]]:
    """Names of the range's ends that no tag there has."""
    assert page.patch is not None, page.number
    key = page.dossier.subject
    named = [(page.patch.base_name, key.base), (page.patch.tip_name, key.commits[0])]
    tags = set(press.workshop.repository.tags()) if any(name for name, _ in named) else set()
    for name, sha in named:
        if name and (name, sha) not in tags:
            yield (
                name[:LONGEST_TITLE],
                f"no tag of that name is at {str(sha)[:7]}; `git fetch --tags` brings all there are",
            )


def _without_corrections(press: Press, old: Page, page: Page, text: str | None) -> tuple[list[str], list[str]]:
    """What a document said and what it says now, line by line, corrections left out."""
    assert old.patch is not None, old.number
    assert page.patch is not None, page.number
    # Going on from completed to released is what a document is for, and corrects nothing.
    forward = _ORDER.index(page.patch.status) >= _ORDER.index(old.patch.status)
    status = page.patch.status if forward else old.patch.status
    before = replace(old, patch=replace(old.patch, status=status, corrections=()), repo_url=page.repo_url)
    after = _body(press.render(replace(page, patch=replace(page.patch, corrections=()))))
    try:
        return _body(press.render(before)), after
    except (KeyError, ConfigError):
        # The view of today asks for facts that an older rule did not find: then what of the page is ours tells.
        ours = set(old.rendered)
        return [line for line in _body(text or "") if digests(line)[0] in ours], after


def _body(text: str) -> list[str]:
    """The lines of a page under its front matter, without what says who worded it."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    found = zip(lines, regions(lines), strict=True)
    return [line for line, region in found if region is not Region.FRONT_MATTER and not line.startswith("<small>")]


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What lines said and say, without Markdown and shortened; a line that only moved says what it said."""
    old, new = set(map(_words, before)), set(map(_words, after))
    done = set()
    for pair in compare_lines(before, after):
        was, now = _words(pair.line or ""), _words(pair.should or "")
        was, now = "" if was in new else was, "" if now in old else now
        if (was or now) and (was, now) not in done:
            done.add((was, now))
            same = next((n for n, (one, other) in enumerate(zip(was, now, strict=False)) if one != other), 0)
            yield _cut(was, same), _cut(now, same)


def _cut(text: str, same: int) -> str:
    """Shorten a line to where it differs from another, which shares so many characters at its beginning."""
    if len(text) <= _LONGEST:
        return text
    start = max(0, same - _LEAD)
    piece = text[start : start + _LONGEST - 2].strip()
    return f"{_MORE if start else ''}{piece}{_MORE if start + _LONGEST - 2 < len(text) else ''}"


def _words(line: str) -> str:
    """A line of ours without its Markdown."""
    text = _LINK.sub(r"\1", _MARKER.sub("", line, count=1))
    text = re.sub(r"(?<!\\)(?:`+|\*\*|\|)", " " if line.startswith("|") else "", text)
    text = html.unescape(re.sub(r"</?\w+[^<>]*>", "", _PUNCTUATION.sub(r"\1", text)))
    flat = " ".join(visible(text).split())
    return flat if any(char.isalnum() for char in flat) else ""


def _now(press: Press, page: Page) -> tuple[str, str]:
    """The commit at which a page is corrected, and its day: HEAD, or the range's tip where HEAD lies before that."""
    repository, tip = press.workshop.repository, page.dossier.subject.commits[0]
    head = repository.resolve("HEAD")
    sha = tip if repository.is_ancestor(head, tip) else head
    return sha, _day(press, sha)


def _day(press: Press, sha: str) -> str:
    (commit,) = press.workshop.repository.commits([sha], changes=False)
    return commit.committed_at.astimezone(UTC).date().isoformat()


def _malformed(one: Correction) -> Iterator[str]:
    for text in (one.was, one.now):
        if len(text) > _LONGEST or text != " ".join(visible(text).split()):
            yield "what it shows of a line is longer than any correction's, or none that a line has"
    if one.more:
        if one.was or one.now or not 0 < one.more <= _COUNTED:
            yield "it counts lines and shows one, or counts none"
    elif one.was == one.now:
        yield "what it says now is what it said"


def _misdated(press: Press, page: Page, one: Correction) -> str:
    repository = press.workshop.repository
    if not _SHA.fullmatch(one.sha):
        return "it names no commit"
    try:
        day = _day(press, one.sha)
    except (ChroniclesError, ValueError):
        return "this repository does not have its commit"
    if day != one.day:
        return f"its commit is of {day}, not of {one.day[:20]}"
    tip = page.dossier.subject.commits[0]
    if one.sha != tip and repository.is_ancestor(one.sha, tip):
        return "its commit is older than the range that the document tells"
    return ""


def _contradicting(page: Page, text: str) -> Iterator[tuple[str, str]]:
    """Corrections whose outcome is not what the document says: for each line, the last word on it counts."""
    assert page.patch is not None, page.number
    said = set(map(_words, _body(text)))
    stands: dict[str, bool] = {}
    for one in page.patch.corrections:
        if one.layout != layout(page) or one.more:
            # Another layout words a line otherwise, and lines that were only counted may be any.
            stands.clear()
            continue
        if _MORE in one.was:
            # Two pieces of one line need not be the same piece.
            stands = {line: stood for line, stood in stands.items() if _MORE not in line}
        elif one.was:
            stands[one.was] = False
        stands |= {one.now: True} if one.now else {}
    for line, stood in stands.items():
        if stood != (line in said or (_MORE in line and any(line.strip(_MORE) in whole for whole in said))):
            yield line, f"a correction says that the document {'says' if stood else 'no longer says'} this"
