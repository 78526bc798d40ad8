"""Whether a retired page says what it should: that it has nothing to tell, and where its commits went.

The commits need not be stored anywhere any more, so nothing is asked of them but whether they are steps of the line
that HEAD ends, and that is asked of the line. A page whose commits are steps again is false: `generate` gives them the
page back. On another branch than the published one they may well be steps, which says nothing against the page.

All our lines on such a page are facts. What a person wrote on it was about commits that are gone; it stays, and once
it is signed it is listed as what no repository can prove.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.documents.edits import digests, person_lines
from chronicles.documents.finding import Finding, Kind
from chronicles.documents.hiding import find_hiding
from chronicles.documents.leads import lead_findings
from chronicles.documents.line import PublishedLine
from chronicles.documents.marks import adopted, cannot_sign, external, states_nothing
from chronicles.documents.regions import regions
from chronicles.documents.retired import TITLE
from chronicles.history.worktrees import published_branch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chronicles.documents.page import Page
    from chronicles.documents.telling import Press

__all__ = ["verify_retired"]

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TOKEN = re.compile(r"\w*\d\w*")
_UNSIGNED = "written by hand and not signed; `chronicles adopt` signs it"
_GENERATE = "run `chronicles generate` on the published branch"


def verify_retired(press: Press, path: Path, text: str, stored: Page) -> list[Finding]:
    """Verify a retired page.

    Args:
        press: Of the series of episodes.
        path: Where it stands.
        text: The page as it is.
        stored: The page as its sidecar has it.
    """
    checked = _Retired(press, path, text, stored)
    return sorted(checked.findings(), key=lambda finding: (finding.path != path, finding.line))


class _Retired:
    """A retired page and its sidecar, and what they should be."""

    def __init__(self, press: Press, path: Path, text: str, stored: Page) -> None:
        self._press = press
        self._path = path
        self._text = text
        self._stored = stored

    def findings(self) -> Iterator[Finding]:
        """All findings, in no order."""
        yield from self._steps()
        yield from self._sidecar()
        yield from lead_findings(self._press, self._path, self._stored, self._stored)
        expected = self._press.render(self._stored)
        known = self._stored.made_by == self._press.retired_by
        if not known:
            yield self._whole(Kind.STALE, "made by another version of the template of retired pages")
        if known and tuple(digests(expected)) != self._stored.rendered:
            yield self._in_sidecar("", "the digests of rendered lines are not those of this page's rendering")
        yield from self._lines(expected if known else None)

    def _whole(self, kind: Kind, why: str, says: str = "") -> Finding:
        return Finding(kind, self._path, 0, says, "", why)

    def _in_sidecar(self, says: str, why: str) -> Finding:
        return Finding(Kind.FALSE, self._path.with_suffix(".json"), 0, says, "", why)

    def _steps(self) -> Iterator[Finding]:
        """Whether its commits are steps after all, and what they went into is none."""
        commits, into = self._stored.dossier.subject.commits, self._stored.retired.into if self._stored.retired else ""
        if not commits or not all(map(_SHA.fullmatch, commits)):
            yield self._whole(Kind.FALSE, "names no commit that it told")
            return
        tip = self._press.workshop.repository.resolve("HEAD")
        self._press.workshop.index.follow(tip)
        line = PublishedLine(self._press.workshop, tip)
        back = [sha for sha in commits if line.place(sha) is not None]
        if back and into not in back:
            yield self._of_branch(f"its commit is a step of this branch; {_GENERATE}", back[0])
        if into and line.place(into) is None:
            yield self._of_branch(f"what its commits went into is no step of this branch; {_GENERATE}", into)

    def _of_branch(self, why: str, sha: str) -> Finding:
        """What the line of HEAD says against the page, which counts where HEAD is on the published branch."""
        repository = self._press.workshop.repository
        branch = repository.head_branch()
        kind = Kind.FALSE if branch in (None, published_branch(repository)) else Kind.STALE
        return self._whole(kind, why, sha[:7])

    def _sidecar(self) -> Iterator[Finding]:
        """What a page that tells nothing cannot have."""
        stored, dossier = self._stored, self._stored.dossier
        if self._path != self._press.page_path(stored.number):
            yield self._whole(Kind.FALSE, f"the sidecar calls it episode {stored.number}")
        if stored.title != TITLE:
            yield self._in_sidecar(stored.title, f"the title of a retired page is {TITLE!r}")
        told = (dossier.ledger, dossier.claims, dossier.runs, dossier.checks, stored.sentences, stored.byline)
        if any(told) or stored.chart or stored.deleted:
            yield self._in_sidecar("", "a retired page has no facts, no sentences and no chart")

    def _lines(self, expected: str | None) -> Iterator[Finding]:
        """The lines of the page, held to its rendering; without one, to the digests and to what it may name."""
        stored = self._stored
        lines = [line.removesuffix("\r") for line in self._text.split("\n")]
        edits = person_lines(self._text, stored.rendered, stored.deleted)
        mine = {edit.line_number: edit for edit in edits if not edit.deletion}
        kinds = regions(lines)
        hiding = find_hiding(lines, kinds, mine)
        for edit in edits:
            if edit.replaced and not all(map(self._is_blank, edit.replaced)):
                why = "a line of a retired page was changed or taken out; `chronicles verify --fix` puts it back"
                yield Finding(Kind.FALSE, self._path, edit.line_number, edit.text, "", why)
        wanted = None if expected is None else {*expected.split("\n"), ""}
        for number, line in enumerate(lines, 1):
            if number in mine:
                if not mine[number].replaced and not states_nothing(line):
                    marked = cannot_sign(line, kinds[number - 1]) is None
                    yield self._judge(number, line, hiding.get(number), marked=marked)
            elif wanted is not None and line not in wanted:
                yield Finding(Kind.FALSE, self._path, number, line, "", "no retired page says this")
            elif wanted is None and (unknown := set(_TOKEN.findall(line)) - self._tokens()):
                yield Finding(
                    Kind.FALSE, self._path, number, line, "", f"nothing bears out {', '.join(sorted(unknown))}"
                )

    @staticmethod
    def _is_blank(digest: str) -> bool:
        return digest == digests("")[0]

    def _tokens(self) -> set[str]:
        """Everything with a digit that a retired page may name."""
        return set(_TOKEN.findall(self._press.render(self._stored)))

    def _judge(self, number: int, line: str, hides: tuple[str, str] | None, *, marked: bool) -> Finding:
        """Say what a line is that a person added."""
        if hides:
            return Finding(Kind.FALSE, self._path, number, hides[0], "", hides[1])
        note = external(line) if marked else None
        if note is not None:
            return Finding(Kind.EXTERNAL, self._path, number, line, "", note or "no repository can prove it")
        if marked and (name := adopted(line)) is not None:
            why = f"signed by {name}; the commits that it is about are gone, so no repository can prove it"
            return Finding(Kind.EXTERNAL, self._path, number, line, "", why)
        return Finding(Kind.EDITED, self._path, number, line, "", _UNSIGNED)
