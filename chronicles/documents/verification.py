"""Verification: every published fact derived again, every line held against what it should say.

The dossier of a page is built anew from git, without any cache; from it follows what the page and its sidecar should be
(`truth`), and both are compared with what stands there, the page line by line. What differs is one of four things:

    false     the repository contradicts it
    stale     an older rule, tool, template or persona made it, or its neighbours have changed since, or runs were added
    edited    a person wrote it and has not signed it
    external  a person signed it as something that no repository can prove; listed, never counted

A signature makes a sentence a person's own; it does not make a number true. So a signed line is held to the ledger,
and one that is the rendered line with other numbers or names in it is false whoever signed it.
"""

from __future__ import annotations

import re
from contextlib import closing, suppress
from functools import cached_property
from typing import TYPE_CHECKING

from chronicles.documents.checklist import check_list_findings, hold_checks
from chronicles.documents.comparison import Pair, by_label, compare_lines, same_but_tokens
from chronicles.documents.corrections import find_forged
from chronicles.documents.differences import changed_claims, changed_sentences
from chronicles.documents.edits import Edit, digests, person_lines
from chronicles.documents.finding import Finding, Kind
from chronicles.documents.foreign import Finding as Mentioned
from chronicles.documents.foreign import check_mentions, find_mentions
from chronicles.documents.frontmatter import split_front_matter
from chronicles.documents.hiding import find_hiding
from chronicles.documents.known import known_of
from chronicles.documents.leads import lead_findings
from chronicles.documents.listing import Listing, chart_findings, check_listing, run_findings
from chronicles.documents.marks import adopted, cannot_sign, external, states_nothing
from chronicles.documents.page import Page, load_page
from chronicles.documents.patch_claims import find_contradicted, title_problems
from chronicles.documents.patch_laws import Kept, find_passing, is_ticked, kept_lines
from chronicles.documents.rearranged import rearranged
from chronicles.documents.regions import Region, regions
from chronicles.documents.retired_verification import verify_retired
from chronicles.documents.steps import missing_step
from chronicles.documents.truth import Derived, derive, unlawful
from chronicles.errors import ChroniclesError, PageError
from chronicles.evidence.build import build_dossier
from chronicles.evidence.parallel import build_dossiers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from chronicles.documents.telling import Press
    from chronicles.dossier import Dossier, Fact, SubjectKey

__all__ = ["Finding", "Kind", "verify_page", "verify_pages"]

_REMEDY = "`chronicles adopt` signs it, `chronicles verify --fix` restores what the repository contradicts"
_WAY_OUT = "where no repository can prove it, end the line with `<!-- claim: external WHY -->`"
_FACTS = re.compile(r"\s*(?:\||- |#{1,6} |> |\*[\d,]+ files? adjusted|In `|!\[|Machine|<small>)")
"""How lines begin that hold facts and no sentence: rows, figures, headings, quotations, images, and who wrote what."""
_PATCH_FACTS = re.compile(
    r"\||\*\*(?:Date|Status|Commit|Range):\*\*|\s*- \[[ x]\] |- \*\*\d{4}-\d\d-\d\d\*\*, at |[\w,]+ commits? = |<small>"
)
"""The same of a patch document, whose lists are written to be reworded: rows, state, checks, corrections and sums."""
_NO_PROSE = (Region.FRONT_MATTER, Region.FENCE)
_TOKEN = re.compile(r"\d[\d,.:]*\d|\w*\d\w*")


def verify_pages(press: Press, paths: Sequence[Path], *, jobs: int = 1) -> Iterator[tuple[Path, list[Finding]]]:
    """Verify pages, dossiers built by several processes.

    Args:
        press: The press of the series, over a workshop that reads no cache and whose index holds a line.
        paths: The pages; those of commits on that line come first, in their order.
        jobs: How many processes build dossiers.
    """
    subjects = {path: key for path in paths if (key := _on_the_line(press, path))}
    with closing(build_dossiers(press.workshop, list(subjects.values()), jobs=jobs)) as dossiers:
        for path, fresh in zip(subjects, dossiers, strict=True):
            yield path, verify_page(press, path, fresh)
    for path in paths:
        if path not in subjects:
            yield path, verify_page(press, path)


def _on_the_line(press: Press, path: Path) -> SubjectKey | None:
    """The subject of a page whose steps the index holds; None for any other page."""
    try:
        key = load_page(path.with_suffix(".json")).dossier.subject
    except PageError:
        return None
    held = key.commits and all(press.workshop.index.depth(sha) is not None for sha in key.commits)
    return key if held and not missing_step(press.workshop, key) else None


def verify_page(press: Press, path: Path, fresh: Dossier | None = None) -> list[Finding]:
    """Verify one page.

    Args:
        press: The press of the series, over a workshop that reads no cache.
        path: The page.
        fresh: The dossier of its subject, built anew; without it, it is built here.

    Returns:
        What was found, in the order of the page, its sidecar last.
    """
    sidecar = path.with_suffix(".json")
    try:
        stored = load_page(sidecar)
        text = path.read_text(encoding="utf-8")
    except (PageError, OSError, UnicodeDecodeError) as error:
        return [Finding(Kind.FALSE, path, 0, "", "", f"cannot be verified: {error}")]
    if stored.retired:
        return verify_retired(press, path, text, stored)
    if missing := missing_step(press.workshop, stored.dossier.subject):
        return [Finding(Kind.FALSE, path, 0, f"tells {missing}", "", "no such step of history is there")]
    fresh = fresh or build_dossier(press.workshop, stored.dossier.subject)
    listing = check_listing(press.workshop, stored.dossier, fresh)
    checks = hold_checks(press.workshop, stored.dossier, fresh)
    if listing.stale or checks.stale:
        runs = stored.dossier.runs if listing.stale else None
        checked = stored.dossier.checks if checks.stale else None
        fresh = build_dossier(press.workshop, stored.dossier.subject, runs, checked)
    comparison = _Comparison(press, path, text, stored, fresh, listing, checks)
    return sorted(comparison.findings(), key=lambda finding: (finding.path != path, finding.line))


class _Comparison:
    """One page and its sidecar, and what they should be."""

    def __init__(  # noqa: PLR0917 - one caller, and no two of a kind but the listings
        self, press: Press, path: Path, text: str, stored: Page, fresh: Dossier, listing: Listing, checks: Listing
    ) -> None:
        self._press = press
        self._path = path
        self._sidecar = path.with_suffix(".json")
        self._lines = [line.removesuffix("\r") for line in text.split("\n")]
        self._text = text
        self._stored = stored
        self._fresh = fresh
        self._listing = listing
        self._checks = checks
        # What a lost or forged list tells cannot be found anew; that it is so is one finding, not twenty.
        forged = {"performance": listing.false, "check": checks.false}
        unknown = frozenset(family for family, false in forged.items() if false)
        self._truth: Derived = derive(press, stored, fresh, unknown)
        self._factual: set[str] = set()
        """Rendered lines that hold facts."""
        self._kept: dict[str, Kept] = {}
        """Rendered lines that nobody's deletion takes off."""

    def findings(self) -> Iterator[Finding]:
        """All findings, in no order."""
        yield from self._identity()
        yield from self._head()
        yield from self._age()
        if self._truth.text is not None:
            yield from self._against(self._truth.text)
        else:
            yield from self._without_template()
        yield from self._deletions()
        yield from self._stored_facts()
        yield from self._stored_words()
        yield from run_findings(self._path, self._stored, self._truth.page, self._listing)
        yield from check_list_findings(self._path, self._checks)
        path = self._press.series.chart_path(self._stored.number)
        yield from chart_findings(path, self._stored, self._truth.page, older="chart" in self._truth.stale)

    def _whole(self, kind: Kind, why: str, says: str = "", repository: str = "") -> Finding:
        return Finding(kind, self._path, 0, says, repository, why)

    # -- the page as a whole ------------------------------------------------------------------------------------

    def _identity(self) -> Iterator[Finding]:
        if self._path != self._press.page_path(self._stored.number):
            kind = "patch document" if self._stored.patch else "episode"
            yield self._whole(Kind.FALSE, f"the sidecar calls it {kind} {self._stored.number}")

    def _head(self) -> Iterator[Finding]:
        """Front matter that somebody edited and no reader understands any more."""
        if any(self._regions[number - 1] is Region.FRONT_MATTER for number in self._mine):
            try:
                split_front_matter(self._text, self._path)
            except PageError as error:
                yield self._whole(Kind.FALSE, f"{error.problem}. {error.remedy}")

    def _age(self) -> Iterator[Finding]:
        """What another version of a rule, other settings or new neighbours make stale, with what each changed."""
        truth = self._truth
        if truth.never:
            yield self._whole(Kind.FALSE, f"names a version of {', '.join(sorted(truth.never))} that never was")
        if truth.newer:
            # A rule that we do not know yet proves nothing here, and naming one must not be a way around the check.
            why = f"made by a newer version of {', '.join(sorted(truth.newer))} than this one can check"
            yield self._whole(Kind.FALSE, f"{why}; upgrade chronicles")
        if truth.stale - truth.newer:
            yield self._whole(Kind.STALE, f"made by another version of {', '.join(sorted(truth.stale - truth.newer))}")
        for old, new in truth.outdated:
            if old is not None and (line := self._line_of(old)):
                why = f"`{old.id}` is another by today's rules"
                yield Finding(Kind.STALE, self._path, line, _shown(old), _shown(new), why)
        yield from lead_findings(self._press, self._path, self._stored, truth.page)

    def _line_of(self, fact: Fact) -> int:
        """The line of the page that shows a fact; 0 when none does."""
        shown = re.compile(rf"(?<!\w)(?:{re.escape(fact.text)}|{re.escape(fact.figure)})(?!\w)")
        return next((number for number, line in enumerate(self._lines, 1) if shown.search(line)), 0)

    # -- its lines ----------------------------------------------------------------------------------------------

    @cached_property
    def _edits(self) -> list[Edit]:
        return person_lines(self._text, self._stored.rendered, self._stored.deleted)

    @cached_property
    def _mine(self) -> set[int]:
        """The lines that a person wrote or changed."""
        return {edit.line_number for edit in self._edits if not edit.deletion}

    @cached_property
    def _regions(self) -> list[Region]:
        return regions(self._lines)

    @cached_property
    def _hiding(self) -> dict[int, tuple[str, str]]:
        """The person's lines that could hide ours or pass for them, by number."""
        found = find_hiding(self._lines, self._regions, self._mine)
        if self._stored.patch is None:
            return found
        wanted = (self._truth.text or "").split("\n")
        return find_passing(self._lines, self._regions, self._mine, wanted) | found

    @cached_property
    def _contradicted(self) -> dict[int, list[Mentioned]]:
        """What the page mentions and its subject does not have, by line."""
        found: dict[int, list[Mentioned]] = {}
        known = known_of(self._fresh, self._press.workshop.repository, verdicts=True)
        for mention in check_mentions(find_mentions(self._text), known):
            found.setdefault(mention.line, []).append(mention)
        prose = (one for one in self._mine if self._stored.patch and self._regions[one - 1] is Region.PROSE)
        for number in prose:
            found.setdefault(number, []).extend(find_contradicted(self._lines[number - 1], self._fresh.ledger, number))
        return found

    def _against(self, expected: str) -> Iterator[Finding]:
        wanted = expected.split("\n")
        facts = _FACTS if self._stored.patch is None else _PATCH_FACTS
        kinds = regions(wanted)
        found = list(zip(wanted, kinds, strict=True))
        self._factual = {line for line, region in found if region in _NO_PROSE or facts.match(line)}
        # Who takes the tree off a patch document may write something in its place.
        free = {line for line, region in found if self._stored.patch and region is Region.FENCE}
        self._kept = kept_lines(self._truth.page, wanted) if self._stored.patch else {}
        head = kinds.count(Region.FRONT_MATTER)
        stay = rearranged(self._lines, wanted, self._edits)
        yield from stay.findings(self._path, self._lines, wanted, _REMEDY)
        deleted = {one for edit in self._edits if edit.deletion for one in edit.replaced}
        replaced = {one for edit in self._edits if not edit.deletion for one in edit.replaced}
        for one in by_label(compare_lines(stay.lines, stay.wanted, stay.pairs)):
            pair = Pair(stay.numbers[one.number - 1], one.line, one.should)
            should = pair.should or ""
            if pair.line is None:
                # A sentence that a person put another in the place of is judged by that other; a row never is.
                digest = digests(should)[0]
                theirs = digest in replaced and (should not in self._factual or should in free)
                # No person's deletion takes off what a reader of files, or of a patch document, relies on.
                law = self._kept.get(should)
                kept = law is not None or (should in wanted[:head] and pair.number <= head)
                if law is not None and law.covered(self._instead(should)):
                    continue
                if kept or (digest not in deleted and not theirs and not states_nothing(should)):
                    # One that was not rendered before comes with the new rendering.
                    ours = (kept or should in self._factual) and digest in self._stored.rendered
                    why = f"the page lacks this{f': {law.why}' if law else ''}"
                    yield Finding(Kind.FALSE, self._path, pair.number, "", should, why, mendable=ours)
            else:
                yield from self._judge(pair)

    def _instead(self, should: str) -> list[str]:
        """What a person wrote in the place of a rendered line."""
        digest = digests(should)[0]
        return [edit.text for edit in self._edits if digest in edit.replaced and not edit.moved]

    def _judge(self, pair: Pair) -> Iterator[Finding]:
        number, line, should = pair.number, pair.line or "", pair.should or ""
        # A mark where none can stand, behind a fence or an opened comment, marks nothing.
        marked = cannot_sign(line, self._regions[number - 1]) is None
        note, name = (external(line), adopted(line)) if marked else (None, None)
        if states_nothing(line) and states_nothing(should):
            return
        if number not in self._mine:
            yield Finding(Kind.FALSE, self._path, number, line, should, "the repository says otherwise")
        elif (
            (law := self._kept.get(should))
            and law.named
            and note is None
            and not law.covered([line, *self._instead(should)])
        ):
            yield Finding(Kind.FALSE, self._path, number, line, should, law.why, mendable=True)
        elif same_but_tokens(line, should) or (
            should in self._factual and (note is None or (law is not None and law.named is None))
        ):
            why = "changed by hand to what the repository does not say"
            yield Finding(Kind.FALSE, self._path, number, line, should, why, mendable=True)
        elif number in self._hiding:
            says, why = self._hiding[number]
            yield Finding(Kind.FALSE, self._path, number, says, "", why)
        elif note is not None:
            yield Finding(Kind.EXTERNAL, self._path, number, line, "", note or "no repository can prove it")
        elif self._stored.patch and is_ticked(line):
            why = "only a check that ran ticks a box; `<!-- claim: external … -->` marks what somebody tried by hand"
            yield Finding(Kind.FALSE, self._path, number, line, "", why)
        elif name is None and not self._contradicted.get(number):
            yield Finding(Kind.EDITED, self._path, number, line, should, f"changed by hand and not signed; {_REMEDY}")
        else:
            by = f"signed by {name}" if name is not None else "written by hand"
            for found in self._contradicted.get(number, ()):
                why = f"{by}, but {found.problem}; {_WAY_OUT}"
                yield Finding(Kind.FALSE, self._path, number, found.text, found.nearest or "", why)

    def _deletions(self) -> Iterator[Finding]:
        kept = {digests(line)[0] for line in self._kept}
        for edit in self._edits:
            # What nobody's signature takes off is false already.
            if edit.deletion and edit.by is None and kept.isdisjoint(edit.replaced):
                why = f"{len(edit.replaced)} rendered lines are missing here; {_REMEDY}"
                yield Finding(Kind.EDITED, self._path, edit.line_number, "", "", why)

    def _without_template(self) -> Iterator[Finding]:
        """The lines of a page whose template is gone: what a person changed, and what no stored fact bears out."""
        rendered = set(self._stored.rendered)
        shown = self._stored_tokens()
        for number, line in enumerate(self._lines, 1):
            if number in self._mine:
                yield from self._judge(Pair(number, line, None))
            elif digests(line)[0] not in rendered and not states_nothing(line):
                yield Finding(Kind.FALSE, self._path, number, line, "", "no rendering had this line")
            elif unknown := [token for token in _TOKEN.findall(line) if token not in shown]:
                yield Finding(Kind.FALSE, self._path, number, line, "", f"no fact has {', '.join(unknown)}")

    def _stored_tokens(self) -> set[str]:
        """Every token with a digit that the sidecar has a source for."""
        sources = [self._sidecar.read_text(encoding="utf-8", errors="replace")]
        with suppress(KeyError, ChroniclesError):  # the template of today may ask for what an older rule did not find
            sources.append(self._press.render(self._truth.page))  # sums and shares that the view makes of facts
        facts = self._truth.page.dossier.ledger.values()
        sources += [part for fact in facts for part in (fact.text, fact.figure, str(fact.value))]
        return {token for source in sources for token in _TOKEN.findall(source)}

    # -- its sidecar --------------------------------------------------------------------------------------------

    @cached_property
    def _sidecar_lines(self) -> dict[str, int]:
        """Line of the sidecar by what stands first on it: facts and claims have a line each."""
        head = re.compile(r'\{"id": "((?:[^"\\]|\\.)*)"')
        lines = self._sidecar.read_text(encoding="utf-8", errors="replace").split("\n")
        return {found[1]: number for number, line in enumerate(lines, 1) if (found := head.match(line))}

    def _in_sidecar(self, key: str, says: str, repository: str, why: str) -> Finding:
        return Finding(Kind.FALSE, self._sidecar, self._sidecar_lines.get(key, 0), says, repository, why)

    def _stored_facts(self) -> Iterator[Finding]:
        """Facts and claims of the sidecar that today's rules, where they are the same, do not find."""
        stored, truth = self._stored.dossier, self._truth.page.dossier
        for fact_id in dict.fromkeys((*stored.ledger, *truth.ledger)):
            old, new = stored.ledger.get(fact_id), truth.ledger.get(fact_id)
            if old != new:
                why = f"the fact `{fact_id}` is not what the repository says"
                yield self._in_sidecar(fact_id, _shown(old), _shown(new), why)
        for claim_id, before, after in changed_claims(stored.claims, truth.claims):
            why = f"the ledger does not entitle to this claim `{claim_id}`"
            yield self._in_sidecar(claim_id, before, after, why)
        if stored.coverage != truth.coverage:
            yield self._in_sidecar("", str(stored.coverage), str(truth.coverage), "the coverage is another")

    def _stored_words(self) -> Iterator[Finding]:
        """Words of the sidecar that follow neither from the facts nor from any rule."""
        stored, truth = self._stored, self._truth.page
        for says, why in unlawful(truth):
            yield self._in_sidecar("", says, "", why)
        for kind, says, why in find_forged(self._press, truth, self._truth.text):
            yield Finding(kind, self._sidecar, 0, says, "", why)
        for says, why in title_problems(truth, self._press.workshop.repository):
            yield self._in_sidecar("", says, "", f"the title that somebody gave it: {why}")
        for problem in self._truth.forged:
            yield self._in_sidecar("", "", "", f"the byline is none that a writer leaves: {problem}")
        for claim, before, after in changed_sentences(stored.sentences, truth.sentences):
            reason = self._truth.lost.get(claim)
            why = "the sidecar's sentence is not what follows from the facts"
            why = f"this sentence of a model may not stand: {reason}" if reason else why
            yield self._in_sidecar("", before, after, why)
        if stored.title != truth.title:
            yield self._in_sidecar("", stored.title, truth.title, "the sidecar's title is another")
        expected = self._truth.text
        if expected is not None and tuple(digests(expected)) != stored.rendered:
            yield self._in_sidecar("", "", "", "the digests of rendered lines are not those of this page's rendering")


def _shown(fact: Fact | None) -> str:
    return "(nothing)" if fact is None else f"{fact.text} [{fact.value}]"
