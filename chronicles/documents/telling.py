"""Telling subjects: from keys to published pages.

The `Press` holds what the pages of one run share and does one thing after another: build the dossier, have it drafted,
settle the draft, render it, and publish page and sidecar as one unit, a person's edits kept. Drafts may overlap, the
rest is done in order by one thread. A page knows its neighbours, so the page before a new one is rendered again with
the new one's title; a page that only its neighbours change keeps its words, and no writer is asked.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from chronicles.claims import find_claims, versions
from chronicles.documents import chart
from chronicles.documents.bylines import by_model, finish_byline, hold_byline, restate
from chronicles.documents.comparison import compare_lines, same_but_tokens
from chronicles.documents.drafting import Drafted, draft_page, draft_pages
from chronicles.documents.edits import Conflict, digests, merge
from chronicles.documents.files import write_together
from chronicles.documents.page import Links, Page, Patch, load_page
from chronicles.documents.recovery import recover
from chronicles.documents.regions import Region, regions
from chronicles.documents.series import Entry, Series
from chronicles.documents.title import make_titles
from chronicles.documents.told import Told
from chronicles.documents.untold import is_told, removed_of, untold
from chronicles.errors import OutputError, PageError
from chronicles.evidence.parallel import build_dossiers
from chronicles.writers import gate, plain, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from chronicles.documents.render import Renderer
    from chronicles.dossier import Dossier, SubjectKey
    from chronicles.evidence.build import Workshop
    from chronicles.personas import Cast
    from chronicles.writers import Byline, Sentence, Writer

    Step = Callable[[int, int], None]
    """Told how much of all work is done."""

__all__ = ["Press", "Told"]

_RECENT = 5
"""Pages before one, whose sentences of a model it does not say again."""
_REMOVED = "removed by `chronicles remove`"


class Press:
    """Writes the pages of one series."""

    def __init__(
        self,
        workshop: Workshop,
        *,
        series: Series,
        cast: Cast,
        renderer: Renderer,
        writer: Writer,
        name: str,
        repo_url: str | None,
    ) -> None:
        self.workshop = workshop
        self.series = series
        self.cast = cast
        self.writer = writer
        self.name = name
        self.repo_url = repo_url
        self._said: dict[int, frozenset[str]] = {}
        """What models say on pages, by number, as far as it was asked for."""
        self.made_by = {**renderer.made_by, "writer": f"plain {plain.VERSION}"}
        self._renderer = renderer

    # -- making pages -------------------------------------------------------------------------------------------

    def compose(self, dossier: Dossier, number: int, patch: Patch | None = None) -> Page:
        """Have a page of a dossier worded, without writing it; a patch document where `patch` is given."""
        return self._settle(draft_page(self.writer, self.cast, dossier), number, patch)

    def restate(self, stored: Page, dossier: Dossier) -> Page:
        """Make a page that is there anew, of its own sentences: no model is asked, and what may stand stays."""
        made_by = self.versions(dossier, stored.byline)
        byline = hold_byline(replace(stored, made_by=made_by)).byline
        found = restate(dossier, self.cast, stored.sentences, byline)
        if byline:
            refused = Counter(byline.refused) + found.refused
            byline = replace(byline, refused=dict(sorted(refused.items())))
        titles = make_titles(dossier.ledger, dossier.claims)
        title = stored.title if byline and stored.title in titles else titles[0]
        page = self._page(dossier, stored.number, title, found.sentences, byline, stored.patch)
        # Where nothing of a forged byline's model is left, nothing speaks for there having been one.
        held = hold_byline(page).byline
        if byline and held is None:
            return self.restate(replace(stored, byline=None), dossier)
        return replace(page, byline=held)

    def _settle(self, drafted: Drafted, number: int, patch: Patch | None = None) -> Page:
        """Decide what of a draft stands on its page."""
        draft = drafted.draft
        recent = self._recent(number) if draft.byline else frozenset()
        settled = settle(drafted.dossier, drafted.parts, draft, recent=recent)
        byline = finish_byline(draft.byline, settled) if draft.byline else None
        title = draft.title if byline and draft.title in drafted.titles else drafted.titles[0]
        self._said[number] = _wordings(settled.sentences)
        return self._page(drafted.dossier, number, title, settled.sentences, byline, patch)

    def _page(
        self,
        dossier: Dossier,
        number: int,
        title: str,
        sentences: tuple[Sentence, ...],
        byline: Byline | None,
        patch: Patch | None,
    ) -> Page:
        page = Page(
            number=number,
            title=patch.title if patch and patch.title else title,
            series=self.name,
            repo_url=self.repo_url,
            dossier=dossier,
            sentences=sentences,
            byline=byline,
            made_by=self.versions(dossier, byline),
            patch=patch,
        )
        return replace(page, links=self.links(page))

    def _recent(self, number: int) -> frozenset[str]:
        """What models say on the pages right before a number: of this run as it has them, of others from sidecars."""
        numbers = {at for at in range(number - _RECENT, number) if at in self._said}
        before, _ = self.series.neighbours(number)
        for _ in range(_RECENT):
            if before is None:
                break
            numbers.add(before.number)
            before, _ = self.series.neighbours(before.number)
        for at in sorted(numbers)[-_RECENT:]:
            if at not in self._said:
                stored = self._stored(at)
                self._said[at] = _wordings(stored.sentences) if stored else frozenset()
        return frozenset().union(*(self._said[at] for at in sorted(numbers)[-_RECENT:]))

    def versions(self, dossier: Dossier, byline: Byline | None) -> dict[str, str]:
        """What a page is made by; without a chart it is none the older for a newer way to draw, as without a model."""
        drawn = {"chart": chart.VERSION} if dossier.subject.kind != "range" and chart.charted(dossier.runs) else {}
        judged = {"gate": gate.VERSION} if byline else {}
        return {**self.made_by, **drawn, **judged}

    def render(self, page: Page) -> str:
        """Render a page."""
        return self._renderer.render(page)

    def links(self, page: Page) -> Links:
        """The neighbours of a page in the series, and the episodes of the earlier commits that it names."""
        if page.patch:
            return Links()
        before, after = self.series.neighbours(page.number)
        earlier = {}
        own = set(page.dossier.subject.commits)
        for fact in page.dossier.ledger.values():
            if fact.unit == "sha" and isinstance(fact.value, str) and fact.value not in own:
                entry = self.series.by_commit(fact.value)
                if entry is not None and entry.number != page.number:
                    earlier[fact.value] = entry.number
        previous = before.number if before else None
        if after is None:
            return Links(previous, earlier=earlier)
        return Links(previous, after.number, after.title, after.commits[0] if after.commits else "", earlier)

    # -- publishing them ----------------------------------------------------------------------------------------

    def page_path(self, number: int) -> Path:
        """Where the page of a number stands, or would."""
        entry = self.series.by_number(number)
        return entry.page if entry else self.series.page_path(number)

    def recover(self) -> None:
        """Finish or undo what a killed run left half done; for who holds the folder alone."""
        recover(self.series.folder, self.series.prefix)

    def tell(self, keys: Sequence[SubjectKey], *, force: bool = False, jobs: int = 1, step: Step | None = None) -> Told:
        """Publish the pages of subjects, oldest first.

        Args:
            keys: The subjects, oldest first, so that numbers rise with history.
            force: Write pages anew that exist already.
            jobs: How many processes build dossiers, and how many pages are drafted at once where the writer can;
                pages are written by this one, in order.
            step: Called after each page, for a progress bar.
        """
        told = Told()
        _make_folder(self.series.folder)
        older = [entry for entry in self.series if entry.commits]
        parts = self._to_tell(keys, told, force=force)
        entries = [entry for _, entry in parts]
        with (
            closing(build_dossiers(self.workshop, [key for key, _ in parts], jobs=jobs)) as dossiers,
            closing(draft_pages(self.writer, self.cast, dossiers, jobs=jobs)) as drafts,
        ):
            self._write(entries, drafts, told, step)
        self._relink_later(older, [key for key, _ in parts])
        return told

    def revoice(self, commits: Sequence[str], *, jobs: int = 1, step: Step | None = None) -> Told:
        """Word and render anew the pages that tell some commits, from their stored dossiers."""
        told = Told()
        found = {entry.number: entry for sha in commits if (entry := self.series.by_commit(sha))}
        entries = [found[number] for number in sorted(found)]
        dossiers = (self._stored_dossier(entry) for entry in entries)
        with closing(draft_pages(self.writer, self.cast, dossiers, jobs=jobs)) as drafts:
            self._write(entries, drafts, told, step)
        return told

    def _stored_dossier(self, entry: Entry) -> Dossier:
        """The dossier of a page that is there, with the claims that its facts entitle to today."""
        stored = load_page(entry.sidecar).dossier
        made_by = {**stored.made_by, **versions()}
        return replace(stored, claims=find_claims(stored.ledger), made_by=made_by)

    def _write(self, entries: Sequence[Entry | None], drafts: Iterator[Drafted], told: Told, step: Step | None) -> None:
        """Settle and publish pages in order, each once the next is known; None stands for a new number."""
        pending: Page | None = None
        try:
            for done, (entry, drafted) in enumerate(zip(entries, drafts, strict=True), 1):
                page = self._settle(drafted, entry.number if entry else self.series.next_number())
                told.count(page, drafted.draft.effort)
                self._publish_before(page, pending, told)
                self._enter(page)
                pending = page
                if step:
                    step(done, len(entries))
        finally:
            # Whatever ends the run, the page in hand is whole and goes out.
            self._publish(pending, told)

    def untold(self, key: SubjectKey, told: Told | None = None) -> list[tuple[SubjectKey, Entry | None]]:
        """What of a subject stands on which page, and what on none, oldest first.

        Args:
            key: The subject.
            told: Where commits of removed pages are counted.
        """
        removed = removed_of(self.series, key)
        if removed and told:
            told.excluded[_REMOVED] = told.excluded.get(_REMOVED, 0) + len(removed)
        return untold(self.series, key)

    def _to_tell(self, keys: Sequence[SubjectKey], told: Told, *, force: bool) -> list[tuple[SubjectKey, Entry | None]]:
        """The parts of subjects that have to be written, each commit in one of them."""
        parts: list[tuple[SubjectKey, Entry | None]] = []
        planned: set[str] = set()
        for key in keys:
            for part, entry in self.untold(key, told):
                if entry is not None and is_told(entry, part) and not force:
                    told.unchanged += 1
                elif planned.isdisjoint(part.commits):
                    planned.update(part.commits)
                    parts.append((part, entry))
        return parts

    def _relink_later(self, older: Sequence[Entry], keys: Sequence[SubjectKey]) -> None:
        """Render pages anew that may name commits whose pages have only now been written.

        A series told in the order of history has none: a page names what came before it.
        """
        index = self.workshop.index
        depths = [depth for key in keys if (depth := index.depth(key.commits[-1])) is not None]
        for entry in older:
            depth = index.depth(entry.commits[0])
            if depths and depth is not None and depth > min(depths):
                self.relink(entry.number)

    def relink(self, number: int) -> None:
        """Render a page anew after its neighbours changed; one whose sidecar cannot be read stays as it is."""
        page = self._stored(number)
        if page is not None:
            self.publish(replace(page, links=self.links(page)))

    def remove(self, entry: Entry) -> None:
        """Take a page out for good, and render the pages anew that lead to it."""
        numbers = {neighbour.number for neighbour in self.series.neighbours(entry.number) if neighbour}
        for one in self.series:
            if one.has_sidecar and any(sha in _read(one.sidecar) for sha in entry.commits):
                numbers.add(one.number)
        stored = self._stored(entry.number)
        self.series.remove(entry, with_chart=stored is not None and bool(stored.chart))
        for number in sorted(numbers - {entry.number}):
            self.relink(number)

    def publish(self, page: Page, *, over: str | None = None) -> tuple[tuple[Conflict, ...], bool]:
        """Write a page, its chart and its sidecar, a person's edits kept.

        A page whose sidecar is gone keeps what it says: where it differs from the rendering, somebody may have
        written that.

        Args:
            page: The page.
            over: What to take for the page as it is, instead of the file.

        Returns:
            The conflicts between edits and rendering, and whether any file changed.
        """
        path, sidecar = self.page_path(page.number), self._sidecar(page.number)
        text = self.render(page)
        rendered = tuple(digests(text))
        conflicts: tuple[Conflict, ...] = ()
        deleted: dict[str, str] = {}
        old = self._stored(page.number)
        if path.is_file():
            before = _read(path) if over is None else over
            base, gone = (old.rendered, old.deleted) if old else (_ours(before, text), {})
            merged = merge(before, base, text, gone)
            text, conflicts, deleted = merged.text, merged.conflicts, merged.deleted
        drawn = "" if page.patch else chart.draw_chart(page.dossier.runs)
        page = replace(page, rendered=rendered, deleted=deleted, chart=chart.digest(drawn) if drawn else "")
        files: dict[Path, str | None] = {path: text}
        if page.chart or (old and old.chart):
            files[self.series.chart_path(page.number)] = drawn or None
        changed = write_together({**files, sidecar: page.to_json()})
        return conflicts, bool(changed)

    def _sidecar(self, number: int) -> Path:
        return self.page_path(number).with_suffix(".json")

    def _stored(self, number: int) -> Page | None:
        """The page of a number as its sidecar has it; None when there is none that can be read."""
        try:
            return load_page(self._sidecar(number))
        except PageError:
            return None

    def _enter(self, page: Page) -> None:
        """Have the series know a page before it is written, since the next one's links name it."""
        key, path = page.dossier.subject, self.page_path(page.number)
        entry = Entry(page.number, path, path.with_suffix(".json"), page.title, key.kind, key.commits, key.base)
        self.series.add(entry)

    def _publish_before(self, page: Page, pending: Page | None, told: Told) -> None:
        """Publish the page in hand, and have the one before a new page point at it, in hand or on disk."""
        number = page.links.previous
        if pending is not None and pending.number != number:
            self._publish(pending, told)
            pending = None
        before = pending or (self._stored(number) if number is not None else None)
        if before is None:
            return
        sha = page.dossier.subject.commits[0]
        links = replace(before.links, next=page.number, next_title=page.title, next_sha=sha)
        if pending or links != before.links:
            self._publish(replace(before, links=links), told)

    def _publish(self, page: Page | None, told: Told) -> None:
        if page is None:
            return
        path = self.page_path(page.number)
        conflicts, changed = self.publish(page)
        told.conflicts += [(path, conflict) for conflict in conflicts]
        if changed:
            told.written[path] = None
        else:
            told.unchanged += 1


def _wordings(sentences: Sequence[Sentence]) -> frozenset[str]:
    return frozenset(one.wording for one in by_model(sentences))


def _ours(page: str, rendering: str) -> list[str]:
    """Digests of the lines of a page without sidecar that must be ours, by what its rendering is now.

    Those are the lines that the rendering has too, or has with other numbers and names, and the front matter. Any other
    may be a person's.
    """
    lines = [line.removesuffix("\r") for line in page.split("\n")]
    theirs = {
        pair.number
        for pair in compare_lines(lines, rendering.split("\n"))
        if pair.line is not None and not same_but_tokens(pair.line, pair.should or "")
    }
    kept = [
        line
        for number, (line, region) in enumerate(zip(lines, regions(lines), strict=True), 1)
        if number not in theirs or region is Region.FRONT_MATTER
    ]
    return digests("\n".join(kept))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(folder, error.strerror or str(error)) from error


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise OutputError(path, f"cannot be read: {error.strerror}") from error
