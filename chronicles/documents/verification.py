"""Verification: every published fact derived again, every line held against what it should say.

The dossier of a page is built anew from git, without any cache; from it the page is composed and rendered as it
should read, and compared line by line with what stands there. A line that differs is one of four things:

    false     the repository contradicts it
    stale     an older rule, tool, template or persona made it, or its neighbours have changed since
    edited    a person wrote it and has not signed it
    external  a person signed it as something that no repository can prove; listed, never counted

A family of facts is only false by its own rule: where the version of a rule or tool differs, the other value is
stale, and everything that rests on unchanged rules is still compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING

from chronicles.documents.edits import Edit, digests, person_lines
from chronicles.documents.foreign import Known, Quantity, check_mentions, find_mentions, quantities
from chronicles.documents.marks import adopted, external, states_nothing
from chronicles.documents.page import Page, load_page
from chronicles.documents.view import spoken_text
from chronicles.errors import PageError
from chronicles.evidence.build import build_dossier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from chronicles.documents.telling import Press
    from chronicles.evidence.dossier import Dossier, Fact, SubjectKey
    from chronicles.history.repository import Repository

__all__ = ["Finding", "Kind", "known_of", "mend_page", "verify_page"]


class Kind(StrEnum):
    """What verification calls a line."""

    FALSE = "false"
    STALE = "stale"
    EDITED = "edited"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line that does not say what it should."""

    kind: Kind
    path: Path
    line: int
    """From 1; 0 for the page as a whole."""
    says: str
    """What the page, or its sidecar, says."""
    repository: str
    """What the repository says; empty where it says nothing."""
    why: str
    mendable: bool = False
    """Whether the line is ours but for a changed fact, so that `repository` is what should stand there."""

    def __str__(self) -> str:
        shown = f"{self.path}:{self.line}: {self.kind}: {self.why}"
        if self.says:
            shown += f"\n    page:       {self.says}"
        return shown + (f"\n    repository: {self.repository}" if self.repository else "")


def verify_page(press: Press, path: Path) -> list[Finding]:
    """Verify one page.

    Args:
        press: The press of the series, over a workshop that reads no cache.
        path: The page.

    Returns:
        What was found, in the order of the page.
    """
    try:
        stored = load_page(path.with_suffix(".json"))
        text = path.read_text(encoding="utf-8")
    except (PageError, OSError, UnicodeDecodeError) as error:
        return [Finding(Kind.FALSE, path, 0, "", "", f"cannot be verified: {error}")]
    missing = _missing(press, stored.dossier.subject)
    if missing:
        return [Finding(Kind.FALSE, path, 0, f"tells {missing}", "", "no such step of history is there")]
    fresh = build_dossier(press.workshop, stored.dossier.subject)
    comparison = _Comparison(press, path, text, stored, fresh)
    return sorted(comparison.findings(), key=lambda finding: finding.line)


def _missing(press: Press, key: SubjectKey) -> str:
    """The first thing that a subject names and history does not have."""
    if not key.commits or not all(re.fullmatch(r"[0-9a-f]{40,64}", sha) for sha in key.commits):
        return "no commit"
    index = press.workshop.index
    if index.depth(key.commits[0]) is None:
        try:
            index.follow(press.workshop.repository.resolve(key.commits[0]))
        except Exception as error:  # noqa: BLE001 - whatever keeps a commit from being found, the page is false
            return f"{key.commits[0][:7]} ({error})"
    depths = [index.depth(sha) for sha in key.commits]
    newest = depths[0]
    for offset, (sha, depth) in enumerate(zip(key.commits, depths, strict=True)):
        if newest is None or depth != newest - offset:
            return f"{sha[:7]} as a step right before {key.commits[max(0, offset - 1)][:7]}"
    oldest = depths[-1]
    assert oldest is not None, key
    if press.workshop.parent(oldest) != key.base:
        return f"{str(key.base)[:7]} as the commit before {key.commits[-1][:7]}"
    return ""


def mend_page(press: Press, path: Path, findings: Sequence[Finding]) -> bool:
    """Render a page anew; lines that are ours but for a changed fact are written back, a person's sentences stay.

    Returns:
        Whether it could be done: a page without a readable sidecar, or of commits that are gone, can only be removed.
    """
    try:
        stored = load_page(path.with_suffix(".json"))
    except PageError:
        return False
    if _missing(press, stored.dossier.subject):
        return False
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    for finding in findings:
        if finding.kind is Kind.FALSE and finding.line and finding.mendable:
            lines[finding.line - 1] = finding.repository
    page = press.compose(build_dossier(press.workshop, stored.dossier.subject), stored.number)
    press.publish(page, over="\n".join(lines))
    return True


class _Comparison:
    """One page, what it was made of, and what it would be made of now."""

    def __init__(self, press: Press, path: Path, text: str, stored: Page, fresh: Dossier) -> None:
        self._press = press
        self._path = path
        self._text = text
        self._stored = stored
        self._fresh = fresh
        now = press.compose(fresh, stored.number)
        self._now = now
        self._stale = _differing(stored.dossier.made_by, fresh.made_by) | _differing(stored.made_by, now.made_by)

    def findings(self) -> Iterator[Finding]:
        """All findings, in no order."""
        if self._path.name != self._press.series.page_path(self._stored.number).name:
            yield self._whole(Kind.FALSE, f"the sidecar calls it episode {self._stored.number}")
        if self._stale:
            yield self._whole(Kind.STALE, f"made by another version of {', '.join(sorted(self._stale))}")
            yield from self._facts()
        elif self._stored.links != self._now.links:
            yield self._whole(Kind.STALE, "its neighbours or the episodes it names have changed")
        settings = (self._now.series, self._now.repo_url)
        if (self._stored.series, self._stored.repo_url) != settings:
            yield self._whole(Kind.STALE, "made under another name of the series or another `repo_url`")
        yield from self._lines()

    def _whole(self, kind: Kind, why: str, says: str = "", repository: str = "") -> Finding:
        return Finding(kind, self._path, 0, says, repository, why)

    # -- facts of families whose rules are the same -------------------------------------------------------------

    def _facts(self) -> Iterator[Finding]:
        """Facts that are false although other families are only stale."""
        if "rules" in self._stale:
            return  # what counts as a component or as our own output has changed, and every count with it
        stored, fresh = self._stored.dossier.ledger, self._fresh.ledger
        for fact_id in dict.fromkeys((*stored, *fresh)):
            if fact_id.partition(".")[0] in self._stale:
                continue
            old, new = stored.get(fact_id), fresh.get(fact_id)
            if old != new:
                line = self._line_of(old)
                why = f"`{fact_id}` is not what git says"
                yield Finding(Kind.FALSE, self._path, line, _shown(old), _shown(new), why)
        claims = {claim.id: claim for claim in self._fresh.claims}
        for claim in self._stored.dossier.claims:
            families = {f"claims.{claim.family}", *(fact.partition(".")[0] for fact in claim.slots.values())}
            if not families & self._stale and claims.get(claim.id) != claim:
                yield self._whole(Kind.FALSE, f"the ledger does not entitle to the claim `{claim.id}`", claim.skeleton)

    def _line_of(self, fact: Fact | None) -> int:
        for number, line in enumerate(self._text.split("\n"), 1):
            if fact is not None and fact.figure and fact.figure in line:
                return number
        return 0

    # -- lines --------------------------------------------------------------------------------------------------

    def _lines(self) -> Iterator[Finding]:
        expected = self._expected()
        mine = {edit.line_number for edit in self._edits() if not edit.deletion}
        if expected is not None:
            yield from self._against(expected, mine)
        else:
            yield from self._without_rendering(mine)
        for edit in self._edits():
            if edit.deletion and edit.by is None:
                yield Finding(
                    Kind.EDITED,
                    self._path,
                    edit.line_number,
                    "",
                    "",
                    f"{len(edit.replaced)} rendered lines are missing here; {_REMEDY}",
                )

    def _edits(self) -> list[Edit]:
        return person_lines(self._text, self._stored.rendered, self._stored.deleted)

    def _expected(self) -> str | None:
        """The page as it should read: by today's rules, or by its own where those are older but can still render."""
        if not self._stale:
            known = {sentence.writer for sentence in self._stored.sentences} <= {"plain"}
            sentences = self._now.sentences if known else ()
            return self._press.render(
                replace(
                    self._now,
                    sentences=sentences,
                    links=self._stored.links,
                    series=self._stored.series,
                    repo_url=self._stored.repo_url,
                    writer="plain",
                )
            )
        if not self._stale.intersection(("template", "view")):
            return self._press.render(self._stored)
        return None

    def _against(self, expected: str, mine: set[int]) -> Iterator[Finding]:
        page, wanted = [line.removesuffix("\r") for line in self._text.split("\n")], expected.split("\n")
        for tag, start, end, low, high in SequenceMatcher(None, page, wanted, autojunk=False).get_opcodes():
            if tag == "equal":
                continue
            for offset, number in enumerate(range(start + 1, end + 1)):
                line = page[number - 1]
                should = wanted[low + offset] if low + offset < high else ""
                yield from self._judge(number, line, should, person=number in mine)
            if tag == "insert" and not any(e.deletion and e.line_number == start + 1 for e in self._edits()):
                missing = " ".join(line for line in wanted[low:high] if line)
                if missing:
                    yield Finding(Kind.FALSE, self._path, start + 1, "", missing, "the page lacks this")

    def _judge(self, number: int, line: str, should: str, *, person: bool) -> Iterator[Finding]:
        if (note := external(line)) is not None:
            yield Finding(Kind.EXTERNAL, self._path, number, line, "", note or "no repository can prove it")
        elif (name := adopted(line)) is not None:
            for found in check_mentions(find_mentions(line), self._known):
                yield Finding(
                    Kind.FALSE,
                    self._path,
                    number,
                    found.text,
                    found.nearest or "",
                    f"signed by {name}, but {found.problem}",
                )
        elif not person:
            yield Finding(Kind.FALSE, self._path, number, line, should, "the repository says otherwise")
        elif states_nothing(line) and states_nothing(should):
            return
        elif (
            _holds_facts(line)
            or _holds_facts(should)
            or _same_but_tokens(line, should)
            or check_mentions(find_mentions(line), self._known)
        ):
            mendable = _holds_facts(should) or _same_but_tokens(line, should)
            why = "changed by hand to what the repository does not say"
            yield Finding(Kind.FALSE, self._path, number, line, should, why, mendable)
        else:
            yield Finding(Kind.EDITED, self._path, number, line, should, f"changed by hand and not signed; {_REMEDY}")

    def _without_rendering(self, mine: set[int]) -> Iterator[Finding]:
        """The lines of a page whose template or cast is gone: what a person changed, and what no fact bears out."""
        lines = self._text.split("\n")
        for number in sorted(mine):
            yield from self._judge(number, lines[number - 1], "", person=True)
        rendered = set(self._stored.rendered)
        for number, line in enumerate(lines, 1):
            # A line that neither we rendered nor a person is known to have changed: the sidecar was tampered with.
            if number not in mine and digests(line)[0] not in rendered and not states_nothing(line):
                yield Finding(Kind.FALSE, self._path, number, line, "", "no rendering had this line")
        if not mine:
            for sentence in spoken_text(self._stored):
                if sentence not in self._text:
                    yield self._whole(Kind.FALSE, "the page lacks a sentence that its sidecar has", repository=sentence)

    @property
    def _known(self) -> Known:
        return known_of(self._fresh, self._press.workshop.repository)


_REMEDY = "`chronicles adopt` signs it, `chronicles generate --force` keeps it, git restores what it was"
_CELL = re.compile(r"\s*(?:\||- \*\*|#{1,6} |\*[\d,]+ files? adjusted)")


def _holds_facts(line: str) -> bool:
    """Whether a line is a heading, a table row or a list of figures: what stands there is a fact, not a sentence."""
    return _CELL.match(line) is not None


def _same_but_tokens(line: str, should: str) -> bool:
    """Whether a line is the rendered one with other numbers, hashes, paths or names in it."""

    def blanked(text: str) -> str:
        pieces, last = [], 0
        for mention in find_mentions(text):
            start = mention.column - 1
            if start >= last:
                pieces.append(text[last:start])
                last = start + len(mention.text)
        return "\0".join([*pieces, text[last:]])

    return line != should and blanked(line) == blanked(should)


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> set[str]:
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def _shown(fact: Fact | None) -> str:
    return "(nothing)" if fact is None else f"{fact.text} [{fact.value}]"


def known_of(dossier: Dossier, repository: Repository) -> Known:
    """What a subject has, for checking words that no writer of ours wrote."""
    facts: Sequence[Fact] = list(dossier.ledger.values())
    numbers: list[Quantity] = []
    for fact in facts:
        if isinstance(fact.value, int | float):
            numbers += quantities(fact.text, fact.id)
            numbers += quantities(fact.figure, fact.id)
    tree = {entry.path for entry in repository.list_tree(dossier.subject.commits[0])}
    named = {
        str(fact.value) for fact in facts if fact.unit in ("name", "path", "type", "person", "text", "kind", "status")
    }
    shas = {str(fact.value) for fact in facts if fact.unit == "sha"}
    if dossier.subject.base:
        tree |= {entry.path for entry in repository.list_tree(dossier.subject.base)}
        shas.add(dossier.subject.base)
    return Known(
        numbers=tuple(numbers),
        hashes=frozenset(shas | set(dossier.subject.commits)),
        paths=frozenset(tree),
        names=frozenset(named),
        dates=frozenset(str(fact.value) for fact in facts if fact.unit in ("time", "day")),
        references=frozenset(str(fact.value) for fact in facts if fact.unit == "issue"),
    )
