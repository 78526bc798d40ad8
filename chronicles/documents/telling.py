"""Telling subjects: from keys to published pages.

The `Press` holds what the pages of one run share and does one thing after another: build the dossier, cast it, have
it written, render it, and publish page and sidecar as one unit, a person's edits kept. A page knows its neighbours, so
the page before a new one is rendered again with the new one's title.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chronicles.claims import find_claims, versions
from chronicles.documents import chart
from chronicles.documents.comparison import compare_lines, same_but_tokens
from chronicles.documents.edits import Conflict, digests, merge
from chronicles.documents.files import write_together
from chronicles.documents.page import Links, Page, load_page
from chronicles.documents.recovery import recover
from chronicles.documents.regions import Region, regions
from chronicles.documents.series import Entry, Series
from chronicles.documents.title import make_title
from chronicles.dossier import Dossier, SubjectKey
from chronicles.errors import OutputError, PageError
from chronicles.evidence.parallel import build_dossiers
from chronicles.writers import Writer, cast_page, gate, plain, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from chronicles.documents.render import Renderer
    from chronicles.evidence.build import Workshop
    from chronicles.personas import Cast
    from chronicles.writers import Byline

    Step = Callable[[int, int], None]
    """Told how much of all work is done."""

__all__ = ["Press", "Told"]

_REMOVED = "removed by `chronicles remove`"


@dataclass(slots=True)
class Told:
    """What a run did."""

    written: dict[Path, None] = field(default_factory=dict)
    """New and changed pages, each once and in their order."""
    unchanged: int = 0
    """Pages that were there already and had nothing new."""
    conflicts: list[tuple[Path, Conflict]] = field(default_factory=list)
    """Lines of people that hide what the rendering would now say."""
    excluded: dict[str, int] = field(default_factory=dict)
    """Commits that no page tells, by rule."""


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
        self.made_by = {**renderer.made_by, "writer": f"plain {plain.VERSION}"}
        self._renderer = renderer

    # -- making pages -------------------------------------------------------------------------------------------

    def compose(self, dossier: Dossier, number: int, links: Links | None = None) -> Page:
        """Make a page of a dossier, without writing it."""
        parts = cast_page(dossier, self.cast)
        draft = self.writer.draft(dossier, parts, self.cast)
        settled = settle(dossier, parts, draft)
        byline = replace(draft.byline, refused=settled.refused) if draft.byline else None
        page = Page(
            number=number,
            title=make_title(dossier.ledger, dossier.claims),
            series=self.name,
            repo_url=self.repo_url,
            dossier=dossier,
            sentences=settled.sentences,
            byline=byline,
            made_by=self.versions(dossier, byline),
        )
        return replace(page, links=links or self.links(page))

    def versions(self, dossier: Dossier, byline: Byline | None) -> dict[str, str]:
        """What a page is made by; without a chart it is none the older for a newer way to draw, as without a model."""
        drawn = {"chart": chart.VERSION} if chart.charted(dossier.runs) else {}
        judged = {"gate": gate.VERSION} if byline else {}
        return {**self.made_by, **drawn, **judged}

    def render(self, page: Page) -> str:
        """Render a page."""
        return self._renderer.render(page)

    def links(self, page: Page) -> Links:
        """The neighbours of a page in the series, and the episodes of the earlier commits that it names."""
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
            jobs: How many processes build dossiers; pages are written by this one, in order.
            step: Called after each page, for a progress bar.
        """
        told = Told()
        _make_folder(self.series.folder)
        older = [entry for entry in self.series if entry.commits]
        parts = self._to_tell(keys, told, force=force)
        pending: Page | None = None
        with closing(build_dossiers(self.workshop, [key for key, _ in parts], jobs=jobs)) as dossiers:
            try:
                for done, ((key, entry), dossier) in enumerate(zip(parts, dossiers, strict=True), 1):
                    pending = self._tell_one(key, entry, dossier, pending, told)
                    if step:
                        step(done, len(parts))
            finally:
                # Whatever ends the run, the page in hand is whole and goes out.
                self._publish(pending, told)
        self._relink_later(older, [key for key, _ in parts])
        return told

    def _to_tell(self, keys: Sequence[SubjectKey], told: Told, *, force: bool) -> list[tuple[SubjectKey, Entry | None]]:
        """The parts of subjects that have to be written, each commit in one of them."""
        parts: list[tuple[SubjectKey, Entry | None]] = []
        planned: set[str] = set()
        for key in keys:
            for part, entry in self.untold(key, told):
                if entry is not None and _is_told(entry, part) and not force:
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

    def revoice(self, commits: Sequence[str], step: Step | None = None) -> Told:
        """Word and render anew the pages that tell some commits, from their stored dossiers."""
        told = Told()
        numbers = sorted({entry.number for sha in commits if (entry := self.series.by_commit(sha))})
        for done, number in enumerate(numbers, 1):
            stored = load_page(self._sidecar(number))
            dossier = replace(
                stored.dossier,
                claims=find_claims(stored.dossier.ledger),
                made_by={**stored.dossier.made_by, **versions()},
            )
            self._publish(self.compose(dossier, number, stored.links), told)
            if step:
                step(done, len(numbers))
        return told

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
        drawn = chart.draw_chart(page.dossier.runs)
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

    def _tell_one(
        self, key: SubjectKey, entry: Entry | None, dossier: Dossier, pending: Page | None, told: Told
    ) -> Page:
        """Compose one page and publish the one before it, which now knows its neighbour."""
        number = entry.number if entry else self.series.next_number()
        page = self.compose(dossier, number)
        self._publish(self._before(page, pending), told)
        self.series.add(
            Entry(
                number,
                self.page_path(number),
                self._sidecar(number),
                title=page.title,
                kind=key.kind,
                commits=key.commits,
                base=key.base,
            )
        )
        return page

    def _before(self, page: Page, pending: Page | None) -> Page | None:
        """The page before, pointing at its new neighbour; the one in hand, or one on disk."""
        number = page.links.previous
        if pending is not None and pending.number != number:
            return pending
        if pending is None:
            pending = self._stored(number) if number is not None else None
        if pending is None:
            return None
        links = replace(
            pending.links, next=page.number, next_title=page.title, next_sha=page.dossier.subject.commits[0]
        )
        return replace(pending, links=links)

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

    # -- what is told where -------------------------------------------------------------------------------------

    def untold(self, key: SubjectKey, told: Told | None = None) -> list[tuple[SubjectKey, Entry | None]]:
        """What of a subject stands on which page, and what on none, oldest first.

        A page of the same commits, or of the first of them, is the subject's own: the page of a day that is not over
        grows. Else what other pages tell stays with them, and the runs between are new. What was removed stays out.

        Args:
            key: The subject.
            told: Where commits of removed pages are counted.
        """
        removed = {sha for sha in key.commits if self.series.was_removed(sha)}
        if removed and told:
            told.excluded[_REMOVED] = told.excluded.get(_REMOVED, 0) + len(removed)
        homes = {sha: self.series.by_commit(sha) for sha in key.commits}
        entries = {entry.number: entry for entry in homes.values() if entry is not None}
        if not removed:
            if not entries:
                return [(key, None)]
            (entry, *others) = entries.values()
            if not others and set(entry.commits) <= set(key.commits) and entry.commits[-1] == key.commits[-1]:
                return [(key, entry)]
        parts: list[tuple[SubjectKey, Entry | None]] = [
            (SubjectKey(entry.kind, entry.commits, entry.base, key.reading), entry) for entry in entries.values()
        ]
        parts += self._gaps(key, homes, removed)
        place = {sha: -at for at, sha in enumerate(key.commits)}
        return sorted(parts, key=lambda part: min(place[sha] for sha in part[0].commits if sha in place))

    def _gaps(
        self, key: SubjectKey, homes: dict[str, Entry | None], removed: set[str]
    ) -> list[tuple[SubjectKey, Entry | None]]:
        """The runs of untold commits inside a subject, oldest first."""
        runs: list[tuple[SubjectKey, Entry | None]] = []
        run: list[str] = []
        base = key.base
        for sha in reversed(key.commits):
            if homes[sha] is None and sha not in removed:
                run.append(sha)
                continue
            if run:
                runs.append((_run(key, run, base), None))
            run, base = [], sha
        if run:
            runs.append((_run(key, run, base), None))
        return runs


def _is_told(entry: Entry, key: SubjectKey) -> bool:
    """Whether a page and its sidecar are there and tell just these commits."""
    return entry.has_page and entry.has_sidecar and set(entry.commits) == set(key.commits)


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


def _run(key: SubjectKey, oldest_first: Sequence[str], base: str | None) -> SubjectKey:
    kind = "commit" if len(oldest_first) == 1 else "group"
    return SubjectKey(kind, tuple(reversed(oldest_first)), base, key.reading)


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
