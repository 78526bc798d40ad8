"""One run of `chronicles patch`: which document, in whose words, and what it says of the run.

The folder is held twice, before and after the words are found, and never while a model thinks. A document that is there
keeps its words as far as they still hold, unless somebody names a writer.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.revoicing import announce, complain
from chronicles.commands.voicing import Account, voice, wish
from chronicles.documents.corrections import is_published
from chronicles.documents.frontmatter import split_front_matter
from chronicles.documents.merging import Prepared, prepare, read_page
from chronicles.documents.patch_claims import title_problems
from chronicles.documents.patch_pages import decide, find_held, make_folder, name_ends
from chronicles.documents.title import make_titles
from chronicles.documents.told import Told
from chronicles.errors import PageError
from chronicles.evidence.build import build_dossier
from chronicles.files import write_together
from chronicles.writers.parts import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chronicles.commands.session import Session
    from chronicles.commands.voicing import Wish
    from chronicles.documents.page import Correction, Page, Status
    from chronicles.documents.patch_pages import Held
    from chronicles.documents.telling import Press
    from chronicles.dossier import Dossier, SubjectKey

__all__ = ["Patching", "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants of a document."""

    number: int | None = None
    status: Status | None = None
    title: str | None = None
    """None for the one that it has; empty for one that is built from the change."""
    writer: str | None = None
    model: str | None = None
    writes: bool = True
    """Whether anything is written."""
    revision: str = ""
    """The range as it was given."""

    @property
    def worded(self) -> bool:
        """Whether somebody names who words it."""
        return self.writer is not None or self.model is not None


@dataclass(slots=True)
class Patching:
    """One document from its range to its page."""

    session: Session
    press: Press
    wanted: Wanted
    choose: Callable[[], SubjectKey]
    """Chooses the range."""
    told: Told = field(default_factory=Told)
    account: Account = field(init=False)
    wished: Wish = field(init=False)
    changed: bool = False
    """Whether any file changed."""
    corrections: tuple[Correction, ...] = ()
    """Those that this run made."""
    doubts: Sequence[tuple[str, str]] = ()
    """What its title says and its subject does not have, with why."""

    def __post_init__(self) -> None:
        """Find out who is asked for the words; whoever names a model wants no plain ones."""
        writer, model = self.wanted.writer, self.wanted.model
        self.wished = wish(self.session.settings, writer or (PLAIN if model is None else "auto"), model)
        given = {"--writer": writer, "--model": model}
        options = tuple(one for name, value in given.items() if value is not None for one in (name, value))
        revision = self.wanted.revision or "[RANGE]"
        self.account = Account(self.wished.writer, options, command="patch", kind="patch", subjects=revision)

    @property
    def degraded(self) -> bool:
        """Whether a writer that was asked for by name gave less than it was asked for."""
        return bool(self.told.degraded) and self.wished.named

    def prepare(self) -> Prepared:
        """Prepare the document without writing it."""
        if self.wanted.writes:
            with self.press.turn():
                if self.press.series.folder.is_dir():
                    self.press.recover()
                held, dossier = self._look()
        else:
            held, dossier = self.session.look(self._look)
        self._readable(held)
        page = self._word(held, dossier)
        self.told.count(page, self.account.effort)
        prepared = self._prepared(page, held)
        self.doubts = title_problems(prepared.page, self.session.repository)
        return prepared

    def publish(self) -> Prepared:
        """Write the document."""
        first = self.prepare()
        with self.press.turn():
            # Meanwhile another run may have taken the number, and somebody may have gone on with the page.
            held = find_held(self.press, first.page.dossier.subject, self.wanted.number)
            self._readable(held)
            prepared = self._prepared(replace(first.page, number=held.number), held)
            make_folder(self.press.series.folder)
            self.changed = bool(write_together(prepared.files))
        return prepared

    def diff(self, prepared: Prepared) -> Iterator[str]:
        """What writing a document would change on its page, as lines of a unified diff."""
        path = self.press.page_path(prepared.page.number)
        shown = os.path.relpath(path)
        before = read_page(path).splitlines(keepends=True) if path.is_file() else []
        after = prepared.text.splitlines(keepends=True)
        for line in unified_diff(before, after, shown if before else os.devnull, shown):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"

    def _look(self) -> tuple[Held, Dossier]:
        key = self.choose()
        held = find_held(self.press, key, self.wanted.number)
        self._decided(held)
        return held, build_dossier(self.session.workshop, key)

    def _readable(self, held: Held) -> None:
        """Stop before a page whose front matter no reader understands: what was meant, nobody knows.

        Raises:
            Exit: It was said what is wrong, and nothing is written.
        """
        path = self.press.page_path(held.number)
        if not path.is_file():
            return
        try:
            split_front_matter(read_page(path), path)
        except PageError as error:
            shown = str(error).replace(str(path), os.path.relpath(path), 1)
            click.echo(f"chronicles: {shown}; nothing was written.", err=True)
            raise click.exceptions.Exit(1) from error

    def _decided(self, held: Held) -> Page | None:
        """The stored page as people want it now; None where there is none."""
        path = self.press.page_path(held.number)
        patch = decide(held, self.wanted.status, self.wanted.title, path)
        return replace(held.page, patch=patch) if held.page else None

    def _word(self, held: Held, dossier: Dossier) -> Page:
        stored = self._decided(held)
        if stored is not None and not self.wanted.worded:
            return self.press.restate(stored, dossier)
        patch = decide(held, self.wanted.status, self.wanted.title, self.press.page_path(held.number))
        with voice(self.session, self.wished, self.account) as opened:
            self.press.writer = opened.writer
            announce(opened, self.wished)
            page = self.press.compose(dossier, held.number, patch)
            complain(opened, self.told)
        return page

    def _prepared(self, page: Page, held: Held) -> Prepared:
        patch = decide(held, self.wanted.status, self.wanted.title, self.press.page_path(held.number))
        if not is_published(held.patch.status):
            patch = name_ends(patch, page.dossier.subject, self.session.repository)
        built = make_titles(page.dossier.ledger, page.dossier.claims)
        title = page.title if page.byline and page.title in built else built[0]
        prepared = prepare(self.press, replace(page, patch=patch, title=patch.titled(title)))
        assert prepared.page.patch is not None, page.number
        self.corrections = prepared.page.patch.corrections[len(held.patch.corrections) :]
        return prepared

    # -- what is said of it -----------------------------------------------------------------------------------------

    def report(self, prepared: Prepared, *, as_json: bool) -> None:
        """Say what was written: its path on stdout, the rest on stderr; or all of it as JSON."""
        shown = os.path.relpath(self.press.page_path(prepared.page.number))
        if as_json:
            click.echo(json.dumps(self._to_json(prepared, shown), ensure_ascii=False, indent=1))
        else:
            click.echo(shown)
            self.mention(prepared)

    def mention(self, prepared: Prepared) -> None:
        """Say on stderr what people should know of a document that is written or would be."""
        shown = os.path.relpath(self.press.page_path(prepared.page.number))
        if self.wanted.writes:
            parts = ["written" if self.changed else "unchanged"]
            parts += [f"{len(self.corrections)} corrected visibly"] if self.corrections else []
            click.echo(f"chronicles: {', '.join(parts)}.", err=True)
        if prepared.page.dossier.subject.base is None and ".." not in self.wanted.revision:
            click.echo("chronicles: no tag or finished document comes before it, so it tells all there is.", err=True)
        for says, why in self.doubts:
            said = f"the title says {says!r}, which `chronicles verify` calls false: {why}"
            click.echo(f"{shown}: {said}; `--title TEXT` gives another, `--title ''` builds one", err=True)
        for one in prepared.conflicts:
            would = one.rendered or "(nothing)"
            click.echo(f"{shown}:{one.line_number}: a person's line was kept; it would now read: {would}", err=True)

    def _to_json(self, prepared: Prepared, shown: str) -> dict[str, Any]:
        page = prepared.page
        key, coverage, patch = page.dossier.subject, page.dossier.coverage, page.patch
        assert patch is not None, page.number
        return {
            "path": shown,
            "number": page.number,
            "title": page.title,
            "status": patch.status,
            "changed": self.changed,
            "range": {"base": key.base, "tip": key.commits[0]},
            "coverage": {
                "told": coverage.told,
                "grouped": coverage.grouped,
                "excluded": dict(coverage.excluded),
            },
            "corrections": [{"was": one.was, "now": one.now, "more": one.more} for one in self.corrections],
            "conflicts": [
                {"line": one.line_number, "kept": one.kept, "rendered": one.rendered} for one in prepared.conflicts
            ],
            **self.account.to_json(self.told),
        }
