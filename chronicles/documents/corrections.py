"""A published patch document is corrected visibly.

Somebody has read a document that is called completed or released. When a line of it is rendered otherwise later, since
a rule finds more, a run was added or a check ran, the document says so: which day, at which commit, what it said and
what it says now. Who reads it again can see that it changed; who quotes it can see what of the quotation is left.

Both renderings are made by today's layout, so a new template corrects nothing. What people changed is theirs and signed
as such; drafts promise nothing and are rewritten in silence.

A correction is data of the sidecar that nothing derives, so `find_forged` holds it to what a correction can be: its
commit is there and of that day, it is no older than the range, and what it says became of a line is what the page says.
A regeneration that shows some lines and counts the others shows those that earlier corrections speak of, so that the
last word on a line is always there to be held to the page. Only today's layout can hold one; one of another layout is
stale until the document is written anew. What a line once said, and what was taken out of page and sidecar alike, is
found in the repository's own history of the two files alone.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from chronicles.documents.comparison import LIKENESS, compare_lines
from chronicles.documents.edits import digests
from chronicles.documents.finding import Kind
from chronicles.documents.page import LONGEST_TITLE, Correction, clean_title
from chronicles.documents.regions import Region, regions
from chronicles.errors import ChroniclesError, ConfigError
from chronicles.markdown import code, escape, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

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
_HEADING = "## Corrections"
_ORDER = ("draft", "completed", "released")
_MARKER = re.compile(r"^\s*(?:(?:[-*+]|\d+[.)]|#{1,6}|>)\s+)+")
_LINK = re.compile(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]\([^()\s]*\)")
_LINE = re.compile(r"- \*\*\d{4}-\d\d-\d\d\*\*, at ")
_SHORTEST = _LEAD - 4
"""No piece of a line is shorter."""
_LAYOUT = re.compile(r"[1-9]\d{0,8} [0-9a-f]{12}")
"""The version of a view and the digest of a template."""
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
    before, after = _without_corrections(press, old, page, text)
    earlier = _held_anew(old.patch.corrections, _said(before), layout(page))
    made = tuple(_made(press, page, earlier, before, after))
    return replace(page, patch=replace(page.patch, corrections=(*earlier, *made)))


def _made(
    press: Press, page: Page, earlier: Sequence[Correction], before: Sequence[str], after: Sequence[str]
) -> Iterator[Correction]:
    """The corrections of one regeneration: those that concern earlier ones, a dozen in all, and how many others."""
    changed, said = list(_changes(before, after)), _said(after)
    if not changed:
        return
    sha, day = _now(press, page)
    first = list(dict.fromkeys(_concerned(_stands(earlier, layout(page)), changed, said)))
    pairs = [pair for one in changed if any(pair := _shortened(one, said)) and pair not in first]
    pairs = list(dict.fromkeys([*first, *pairs]))
    most = max(_MOST, len(first))
    for was, now in pairs[:most]:
        yield Correction(day, sha, was, now, layout=layout(page))
    if len(pairs) > most:
        yield Correction(day, sha, "", "", more=len(pairs) - most, layout=layout(page))


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


def find_forged(press: Press, page: Page, text: str | None) -> Iterator[tuple[Kind, str, str]]:
    """What of a document's corrections cannot be, or cannot be held to it: how it is called, what says it, and why.

    Args:
        press: Of its series.
        page: The document.
        text: As it should read by today's layout; None where only a template that is gone could say.
    """
    if page.patch is None:
        return
    if clean_title(page.patch.title) != page.patch.title or len(page.patch.title) > LONGEST_TITLE:
        why = "no title that somebody can give: it is one line, and no longer"
        yield Kind.FALSE, page.patch.title[:LONGEST_TITLE], why
    for says, why in _misnamed(press, page):
        yield Kind.FALSE, says, why
    if page.patch.corrections and not is_published(page.patch.status):
        why = "a published document does not become a draft again, and a draft is not corrected"
        yield Kind.FALSE, page.patch.status, why
    for place, one in enumerate(page.patch.corrections):
        for why in _malformed(page.patch.corrections, place):
            yield Kind.FALSE, _in_short(one), f"no correction: {why}"
        if why := _misdated(press, page, one):
            yield Kind.FALSE, one.sha[:40], f"no correction: {why}"
        if one.layout != layout(page):
            why = "a correction by another layout, which today's cannot hold to the document"
            yield Kind.STALE, _in_short(one), why
    if text is not None:
        lines = _body(text)
        yield from _contradicting(page, _said(lines))
        yield from _unlike(page, lines)


def _in_short(one: Correction) -> str:
    return f"{one.was} → {one.now}"


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
        stood = [line for line in _body(text or "") if digests(line)[0] in ours]
        return [line for line in stood if not is_correction(line) and line != _HEADING], after


def _body(text: str) -> list[str]:
    """The lines of a page under its front matter, without what says who worded it."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    found = zip(lines, regions(lines), strict=True)
    return [line for line, region in found if region is not Region.FRONT_MATTER and not line.startswith("<small>")]


def _said(lines: Iterable[str]) -> set[str]:
    """What lines say; what corrections quote is said by no other line of the document."""
    return {_words(line) for line in lines if not is_correction(line)}


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What lines said and say, without Markdown; a line that only moved says what it said."""
    old, new = set(map(_words, before)), set(map(_words, after))
    done = set()
    for pair in compare_lines(before, after):
        was, now = _words(pair.line or ""), _words(pair.should or "")
        was, now = "" if was in new else was, "" if now in old else now
        if (was or now) and (was, now) not in done:
            done.add((was, now))
            yield was, now


def _concerned(
    stands: Mapping[str, bool], changed: Sequence[tuple[str, str]], said: Collection[str]
) -> Iterator[tuple[str, str]]:
    """What became of lines that earlier corrections speak of, in those corrections' own words."""
    for line, stood in stands.items():
        if stood == _is_said(line, said):
            continue
        for was, now in changed:
            if stood and _is_said(line, (was,)):
                yield line, _shortened((was, now), said)[1]
                break
            if not stood and _is_said(line, (now,)):
                yield _shortened((was, now), said)[0], line
                break


def _shortened(pair: tuple[str, str], said: Collection[str]) -> tuple[str, str]:
    """Shorten both lines to where they differ; empty where what a line said is said by others too."""
    was, now = pair
    same = next((n for n, (one, other) in enumerate(zip(was, now, strict=False)) if one != other), min(map(len, pair)))
    starts = (same, *range(0, len(was), _LEAD))
    piece = next((cut for start in starts if not _is_said(cut := _cut(was, start), said)), "")
    return piece, _cut(now, same)


def _cut(text: str, same: int) -> str:
    """Shorten a line to where it differs from another, which shares so many characters at its beginning."""
    if len(text) <= _LONGEST:
        return text
    start = max(0, same - _LEAD)
    piece = text[start : start + _LONGEST - 2].strip()
    return f"{_MORE if start else ''}{piece}{_MORE if start + _LONGEST - 2 < len(text) else ''}"


def _is_said(line: str, said: Collection[str]) -> bool:
    """Whether lines say this one, or the longer one that it is a piece of."""
    if line in said:
        return True
    if len(line) < _SHORTEST or _MORE not in (line[0], line[-1]):
        return False
    piece = line.strip(_MORE)
    if line[0] != _MORE:
        return any(whole.startswith(piece) for whole in said)
    if line[-1] != _MORE:
        return any(whole.endswith(piece) for whole in said)
    return any(piece in whole for whole in said)


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


def _malformed(corrections: Sequence[Correction], place: int) -> Iterator[str]:
    one = corrections[place]
    if not _LAYOUT.fullmatch(one.layout):
        yield "it names no layout that there can have been"
    for text in (one.was, one.now):
        if len(text) > _LONGEST or text != " ".join(visible(text).split()):
            yield "what it shows of a line is longer than any correction's, or none that a line has"
    if one.more:
        if one.was or one.now or not 0 < one.more <= _COUNTED:
            yield "it counts lines and shows one, or counts none"
        shown_ones = corrections[max(0, place - _MOST) : place]
        if [(_time(other), other.more) for other in shown_ones] != [(_time(one), 0)] * _MOST:
            yield f"lines are counted only after {_MOST} of the same time that are shown"
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


def _held_anew(corrections: Sequence[Correction], said: Collection[str], today: str) -> tuple[Correction, ...]:
    """Corrections of other layouts, as those of today's where that bears them out."""
    found = [replace(one, layout=today) for one in corrections]
    while wrong := {line for line, stood in _stands(found, today).items() if stood != _is_said(line, said)}:
        # Those of one time stay together, since one of them may count the others.
        old = {_time(one) for one, new in zip(corrections, found, strict=True) if {new.was, new.now} & wrong}
        kept = [one if _time(one) in old else new for one, new in zip(corrections, found, strict=True)]
        if kept == found:
            break
        found = kept
    return tuple(found)


def _time(one: Correction) -> tuple[str, str, str]:
    """What corrections of one regeneration have in common."""
    return one.day, one.sha, one.layout


def _stands(corrections: Iterable[Correction], today: str) -> dict[str, bool]:
    """The last word of corrections on each line: whether the document says it.

    What a correction of another layout speaks of may be any line, so what was said before it counts no more.
    """
    stands: dict[str, bool] = {}
    for one in corrections:
        if one.layout != today:
            stands.clear()
        else:
            stands |= ({one.was: False} if one.was else {}) | ({one.now: True} if one.now else {})
    return stands


def _contradicting(page: Page, said: Collection[str]) -> Iterator[tuple[Kind, str, str]]:
    """Corrections whose outcome is not what the document says."""
    assert page.patch is not None, page.number
    for line, stood in _stands(page.patch.corrections, layout(page)).items():
        if stood != _is_said(line, said):
            why = f"a correction says that the document {'says' if stood else 'no longer says'} this"
            yield Kind.FALSE, line, why


def _unlike(page: Page, lines: Sequence[str]) -> Iterator[tuple[Kind, str, str]]:
    """Lines that corrections quote and that are like none of the document: nothing speaks for or against them."""
    assert page.patch is not None, page.number
    quoted = [one.was for one in page.patch.corrections if one.was and one.layout == layout(page)]
    told = {*(one.now for one in page.patch.corrections), *_said(lines)}
    for line in dict.fromkeys(quoted):
        matcher = SequenceMatcher(None, "", line, autojunk=False)
        if not any(_is_alike(matcher, one) for one in told):
            yield Kind.EXTERNAL, line, "a correction quotes it; only the history of the two files tells"


def _is_alike(matcher: SequenceMatcher[str], line: str) -> bool:
    matcher.set_seq1(line)
    likeness = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
    return all(ratio() > LIKENESS for ratio in likeness)
