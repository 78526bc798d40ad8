"""Telling subjects: from keys to published pages.

The `Press` holds what the pages of one run share and does one thing after another: build the dossier, have it drafted,
settle the draft, render it, and publish page and sidecar as one unit, a person's edits kept. Drafts may overlap, the
rest is done in order by one thread. A page knows its neighbours, so the page before a new one is rendered again with
the new one's title; a page that only its neighbours change keeps its words, and no writer is asked. When a run over
many pages has the folder for itself, and what it looks up again, is for `rounds` to say.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from chronicles.claims import find_claims, versions
from chronicles.documents import chart
from chronicles.documents.bylines import by_model, finish_byline, hold_byline, restate
from chronicles.documents.drafting import Drafted, draft_page
from chronicles.documents.merging import prepare, read_page
from chronicles.documents.page import Links, Page, Patch, load_page
from chronicles.documents.recovery import recover
from chronicles.documents.reserving import Reserved
from chronicles.documents.rounds import REMOVED, Revoicing, Round, Telling
from chronicles.documents.series import Entry, Problem, Series
from chronicles.documents.title import make_titles
from chronicles.documents.told import Told
from chronicles.documents.turns import Turns, nobody_else
from chronicles.documents.untold import removed_of, untold
from chronicles.errors import OutputError, PageError
from chronicles.files import write_together
from chronicles.writers import gate, plain, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from chronicles.documents.edits import Conflict
    from chronicles.documents.render import Renderer
    from chronicles.documents.turns import Alone
    from chronicles.dossier import Dossier, SubjectKey
    from chronicles.evidence.build import Workshop
    from chronicles.personas import Cast
    from chronicles.writers import Byline, Sentence, Writer

    Step = Callable[[int, int], None]
    """Told how much of all work is done."""

__all__ = ["Press", "Told"]

_RECENT = 5
"""Pages before one, whose sentences of a model it does not say again."""


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
        alone: Alone = nobody_else,
        reserved: Reserved | None = None,
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
        self.reserved = reserved or Reserved()
        """Pages that no other run may have worded meanwhile."""
        self.problems: dict[Path, Problem] = {}
        """Sidecars that were read and are broken."""
        self._renderer = renderer
        self._turns = Turns(series.folder, alone)

    # -- making pages -------------------------------------------------------------------------------------------

    def compose(self, dossier: Dossier, number: int, patch: Patch | None = None) -> Page:
        """Have a page of a dossier worded, without writing it; a patch document where `patch` is given."""
        return self.settle(draft_page(self.writer, self.cast, dossier), number, patch)

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

    def settle(self, drafted: Drafted, number: int, patch: Patch | None = None) -> Page:
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
            title=patch.titled(title) if patch else title,
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
                stored = self.stored(at)
                self._said[at] = _wordings(stored.sentences) if stored else frozenset()
        return frozenset().union(*(self._said[at] for at in sorted(numbers)[-_RECENT:]))

    def versions(self, dossier: Dossier, byline: Byline | None) -> dict[str, str]:
        """What a page is made by; without a chart it is none the older for a newer way to draw, as without a model."""
        drawn = {"chart": chart.VERSION} if dossier.subject.kind != "range" and chart.charted(dossier.runs) else {}
        judged = {"gate": gate.VERSION} if byline else {}
        return {**self.made_by, **drawn, **judged}

    @property
    def retired_by(self) -> dict[str, str]:
        """What a retired page is made by."""
        return self._renderer.retired_by

    def render(self, page: Page) -> str:
        """Render a page."""
        return self._renderer.render(page)

    def render_as(self, page: Page, form: str) -> str:
        """Render a patch document in another form than its own."""
        return self._renderer.render_as(page, form)

    def links(self, page: Page) -> Links:
        """The neighbours of a page in the series, and the episodes of the earlier commits that it names.

        A retired page has no neighbours, and names what its commits went into.
        """
        if page.patch:
            return Links()
        if page.retired:
            entry = self.series.by_commit(page.retired.into)
            return Links(earlier={page.retired.into: entry.number} if entry else {})
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
        recover(self.series.folder)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have the folder, and the index of history, alone while the block runs.

        What others have done to the folder since the last turn is read first.
        """
        with self._turns.take() as same:
            if not same:
                self.series = replace(self.series)
                self._said.clear()
            yield

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
        work = Telling(self, told, force=force)
        with self.turn():
            _make_folder(self.series.folder)
            older = [entry for entry in self.series if entry.commits]
            parts = work.plan(keys)
            disturbed = self._turns.disturbed
        if not parts:
            return told
        Round(self, work, told, step).run(parts, jobs=jobs)
        with self.turn():
            # Pages of another run that stand between ours have to be told of ours too, and ours of theirs.
            others = older if disturbed == self._turns.disturbed else [entry for entry in self.series if entry.commits]
            self.relink_later(others, [part.key for part in parts])
        return told

    def revoice(self, commits: Sequence[str], *, jobs: int = 1, step: Step | None = None) -> Told:
        """Word and render anew the pages that tell some commits, from their stored dossiers."""
        told = Told()
        with self.turn():
            found = {entry.number: entry for sha in commits if (entry := self.series.by_commit(sha))}
        Round(self, Revoicing(self), told, step).run([found[number].commits[0] for number in sorted(found)], jobs=jobs)
        return told

    def stored_dossier(self, entry: Entry) -> Dossier:
        """The dossier of a page that is there, with the claims that its facts entitle to today.

        Raises:
            PageError: If its sidecar cannot be read.
        """
        stored = load_page(entry.sidecar).dossier
        made_by = {**stored.made_by, **versions()}
        return replace(stored, claims=find_claims(stored.ledger), made_by=made_by)

    def untold(self, key: SubjectKey, told: Told | None = None) -> list[tuple[SubjectKey, Entry | None]]:
        """What of a subject stands on which page, and what on none, oldest first.

        Args:
            key: The subject.
            told: Where commits of removed pages are counted.
        """
        removed = removed_of(self.series, key)
        if removed and told:
            told.excluded[REMOVED] = told.excluded.get(REMOVED, 0) + len(removed)
        return untold(self.series, key)

    def relink_later(self, older: Sequence[Entry], keys: Sequence[SubjectKey]) -> None:
        """Render pages anew that may name commits whose pages have only now been written.

        A series told in the order of history has none: a page names what came before it.
        """
        index = self.workshop.index
        index.follow(keys[-1].commits[0])
        depths = [depth for key in keys if (depth := index.depth(key.commits[-1])) is not None]
        told = {sha for key in keys for sha in key.commits}
        for entry in older:
            depth = index.depth(entry.commits[0])
            later = depths and depth is not None and depth > min(depths)
            if entry.retired_into in told or (later and not entry.retired):
                self.relink(entry.number)

    def relink(self, number: int) -> bool:
        """Render a page anew after its neighbours changed; one whose sidecar cannot be read stays as it is.

        Returns:
            Whether that changed it.
        """
        page = self.stored(number)
        if page is None or not self.can_render(page):
            return False
        return self.publish(replace(page, links=self.links(page)))[1]

    def can_render(self, page: Page) -> bool:
        """Whether a stored page can be rendered; if somebody broke its sidecar, that becomes a problem."""
        try:
            self.render(page)
        except KeyError as error:
            sidecar = self._sidecar(page.number)
            what = f"its page cannot be rendered anew, since it has no {str(error.args[0])[:60]!r}; it stays as it is"
            remedy = "`chronicles verify` shows what is false in it, and `chronicles verify --fix` mends it"
            self.problems[sidecar] = Problem(sidecar, what, remedy)
            return False
        return True

    def remove(self, entry: Entry) -> None:
        """Take a page out for good, and render the pages anew that lead to it; patch documents lead to none."""
        numbers: set[int] = set()
        if self.series.exclusive:
            numbers |= {neighbour.number for neighbour in self.series.neighbours(entry.number) if neighbour}
            named = (one for one in self.series if one.has_sidecar)
            numbers |= {one.number for one in named if any(sha in read_page(one.sidecar) for sha in entry.commits)}
        stored = self.stored(entry.number)
        self.series.remove(entry, with_chart=stored is not None and bool(stored.chart))
        for number in sorted(numbers - {entry.number}):
            self.relink(number)

    def publish(self, page: Page, *, over: str | None = None) -> tuple[tuple[Conflict, ...], bool]:
        """Write a page, its chart and its sidecar, a person's edits kept.

        Args:
            page: The page.
            over: What to take for the page as it is, instead of the file.

        Returns:
            The conflicts between edits and rendering, and whether any file changed.
        """
        prepared = prepare(self, page, over=over)
        return prepared.conflicts, bool(write_together(prepared.files))

    def _sidecar(self, number: int) -> Path:
        return self.page_path(number).with_suffix(".json")

    def stored(self, number: int) -> Page | None:
        """The page of a number as its sidecar has it; None when there is none that can be read."""
        try:
            return load_page(self._sidecar(number))
        except PageError:
            return None

    def enter(self, page: Page) -> None:
        """Have the series know a page before it is written, since the next one's links name it."""
        key, path = page.dossier.subject, self.page_path(page.number)
        before = self.series.by_number(page.number)
        entry = Entry(page.number, path, path.with_suffix(".json"), page.title, key.kind, key.commits, key.base)
        self.series.add(replace(entry, former=before.former if before else ()))


def _wordings(sentences: Sequence[Sentence]) -> frozenset[str]:
    return frozenset(one.wording for one in by_model(sentences))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(folder, error.strerror or str(error)) from error
