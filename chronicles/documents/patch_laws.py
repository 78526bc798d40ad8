"""What nobody takes off a patch document, and what no line of a person's may pass for.

People reword a patch document and sign what they wrote. Four things are no one's to sign away: a break, a check that
did not pass, the sum of the commits, and a correction; without them the document would hide what it is there to tell.
The line of a break may be reworded, as long as it names what broke.

And a signature does not make a person's line one of ours. A tick says that a check ran; a dated line at a commit says
that a published document was corrected; the lines of state, the title and the headings of our sections say that what
stands there was derived. So a person's line that looks like one of them is found, by what a reader sees of it and not
by its characters alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from chronicles.documents.checklist import checklist
from chronicles.documents.corrections import is_correction
from chronicles.documents.edits import digests
from chronicles.documents.mentions import code_spans
from chronicles.documents.patch_breaks import breaks
from chronicles.documents.patch_coverage import coverage_of
from chronicles.documents.patch_lists import moves
from chronicles.documents.regions import Region, regions
from chronicles.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from chronicles.documents.page import Page
    from chronicles.documents.telling import Press

__all__ = ["Kept", "find_passing", "is_ticked", "kept_digests", "kept_lines"]

_MARKERS = re.compile(r"[\s>]*(?:(?:[-*+]|\d+[.)])\s+[\s>]*)*")
"""What makes a line an item of a list or a quotation, however deep."""
_COMMENT = re.compile(r"<!--.*?-->")
_HEADING = re.compile(r"#{1,6}(?:\s+|$)")
_UNDERLINE = re.compile(r"[\s>]*(?:=+|-{2,})\s*")
_BREAKING = "Breaking Changes"
_OURS = ("breaking changes", "performance impact", "validation checklist", "coverage", "corrections")
"""Sections that hold what was derived, in lower case."""
_TITLE = re.compile(r"patch \d+(?=\s*(?:[:–—-]|$))")
_STATE = re.compile(r"(?:\*\*|__|\*|_)(?:date|status|commit|range)(?:\s*:\s*(?:\*\*|__|\*|_)|(?:\*\*|__|\*|_)\s*:)")
_DATED = re.compile(r"\d{4}-\d\d-\d\d\W*at\W+[0-9a-f]{7,}\b")
_TICK = re.compile(
    r"(?<!\w)\\?\[\s*[xX\u2611\u2705\u2713\u2714]\s*\\?\](?![(\[])"
    r"|[\u2611\u2705\u2713\u2714\U0001f5f8\U0001f5f9]"
    r"|:(?:white_check_mark|heavy_check_mark|ballot_box_with_check|check_mark\w*):"
)
_NAMED_BREAK = re.compile(r"br(?:ea|o)k|incompatib", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kept:
    """A rendered line that nobody's deletion takes off the page."""

    why: str
    named: tuple[re.Pattern[str], ...] | None = None
    """What other words in its place have to name; None where no other words can stand there."""

    def covered(self, written: Sequence[str]) -> bool:
        """Whether what somebody wrote in its place says it."""
        text = "\n".join(_COMMENT.sub("", line) for line in written)
        return bool(self.named) and all(one.search(text) for one in self.named or ())


def kept_lines(page: Page, rendering: Sequence[str]) -> dict[str, Kept]:
    """The lines of a rendering that stay on the page, whoever signs that they are gone."""
    found = dict(_kept(page))
    lines = {line: found[bare] for line in rendering if (bare := _bare(line)) in found}
    why = "a published document is corrected visibly, and a correction stays"
    lines |= {line: Kept(why) for line in rendering if is_correction(line)}
    if any(line in lines and lines[line].named is not None for line in rendering):
        why = "a breaking change cannot be left out, nor the heading that says so"
        lines |= {line: Kept(why, (_NAMED_BREAK,)) for line in rendering if line == f"## {_BREAKING}"}
    return lines


def kept_digests(press: Press, page: Page) -> dict[str, str]:
    """Digests of the rendered lines of a page that stay on it, with why; of a patch document only."""
    if page.patch is None:
        return {}
    try:
        rendering = press.render(page).split("\n")
    except (KeyError, ConfigError):
        # The view of today asks for facts that an older rule did not find: then `verify` alone holds it.
        return {}
    return {digests(line)[0]: kept.why for line, kept in kept_lines(page, rendering).items()}


def _kept(page: Page) -> Iterator[tuple[str, Kept]]:
    """What stays, by its text without what makes it an item of a list."""
    coverage = coverage_of(page)
    for line in (coverage.total, coverage.within):
        if line:
            yield _bare(line), Kept("nothing is dropped in silence, so the sum of the commits stays")
    for line in checklist(page.dossier.ledger):
        if not line.startswith("[x]"):
            yield _bare(line), Kept("a check that failed or did not run stays")
    told = [line for part in breaks(page) for line in part["lines"]]
    told += [line["text"] for move in moves(page) if not move["inner"] for line in move["lines"]]
    why = "a breaking change cannot be left out; other words for it have to name it, with each name in code"
    for line in told:
        names = (line[start + ticks : end - ticks].strip() for start, end, ticks in code_spans(line))
        yield _bare(line), Kept(why, tuple(re.compile(re.escape(name)) for name in names))


def _bare(line: str) -> str:
    return line[_markers(line) :].strip()


def _markers(line: str) -> int:
    match = _MARKERS.match(line)
    return match.end() if match else 0


def is_ticked(line: str) -> bool:
    """Whether a reader sees a ticked box or a tick on a line, code left out."""
    parts, place = [], 0
    for start, end, _ in code_spans(line):
        parts.append(line[place:start])
        place = end
    text = _COMMENT.sub(" ", " ".join([*parts, line[place:]]))
    return _TICK.search(unicodedata.normalize("NFKC", unescape(text))) is not None


def find_passing(
    lines: Sequence[str], kinds: Sequence[Region], mine: Collection[int], rendering: Sequence[str]
) -> dict[int, tuple[str, str]]:
    """Find the lines of a person's that pass for what only we say.

    Args:
        lines: The page.
        kinds: What each line belongs to.
        mine: The numbers of the person's lines, from 1.
        rendering: What the page should be; empty where that is not known.

    Returns:
        By number: what stands there, and why it cannot.
    """
    headings = dict(_headings(lines, kinds))
    often = Counter(_section(text) for text in headings.values())
    ours = {_section(text) for _, text in _headings(rendering, regions(rendering), level=2)}
    found = {}
    for number in mine:
        line = lines[number - 1]
        if kinds[number - 1] is not Region.PROSE:
            continue
        text = _seen(line[_markers(line) :])
        section = _section(headings.get(number, ""))
        if _DATED.match(re.sub(r"[*_`\[\]\\]", "", text)):
            found[number] = line, "a dated line at a commit is a correction, and those are made by `chronicles patch`"
        elif _STATE.match(text):
            found[number] = line, "only the repository and `chronicles patch --status` say this"
        elif section and _passes(section, often[section], ours):
            found[number] = line, "it passes for a heading of what was derived; call it something else"
    return found


def _passes(section: str, often: int, ours: Collection[str]) -> bool:
    """Whether a heading of a person's is a second one of ours, or one of what only we derive."""
    if _TITLE.match(section):
        return often > 1 or (bool(ours) and section not in ours)
    return (section in ours and often > 1) or (section in _OURS and section not in ours)


def _headings(lines: Sequence[str], kinds: Sequence[Region], *, level: int = 6) -> Iterator[tuple[int, str]]:
    """The headings of a page by number, with their words; those of at most a level."""
    for number, (line, kind) in enumerate(zip(lines, kinds, strict=True), 1):
        text = line[_markers(line) :]
        match = _HEADING.match(text)
        if kind is Region.PROSE and match is not None and match[0].strip().count("#") <= level:
            yield number, text[match.end() :]
        elif kind is Region.PROSE and text.strip() and number < len(lines) and _UNDERLINE.fullmatch(lines[number]):
            yield number, text


def _section(heading: str) -> str:
    """What a reader sees of a heading, in lower case; of a document's title its number alone."""
    text = re.sub(r"[*_`~#\\]|\s*\([^()]*\)\s*$", "", _seen(heading))
    flat = " ".join(text.split()).rstrip(" :.")
    title = _TITLE.match(flat)
    return title[0] if title else flat


def _seen(text: str) -> str:
    """Text in lower case as a reader sees it, comments left out."""
    return unicodedata.normalize("NFKC", unescape(_COMMENT.sub("", text))).casefold().strip()
