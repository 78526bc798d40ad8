"""Staging: the pages of the site in a folder that a builder reads, of which only what changed is written.

Each page says by its key what it is made of. What was staged is remembered with its key and with the file's own time
and size, so that a page that somebody else wrote over is made again. Where links lead is no matter of the key: what a
page asked while it was made is remembered, and with another answer it is made again. The memory lies with the caches
inside of git's folder, which no clone brings along: cards are Markdown that goes into pages as it is, and a stranger's
must not.

A page that cannot be made is left out of the lists too, and named. The rest of the site does not suffer from it.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chronicles.documents.page import load_page
from chronicles.documents.remedies import write_anew
from chronicles.errors import OutputError, PageError
from chronicles.files import write_atomic
from chronicles.site.documentation import LIST
from chronicles.site.folder import make_folder
from chronicles.site.guard import guarded
from chronicles.site.leads import listening
from chronicles.site.pages import site_pages
from chronicles.site.shelf import Card, Source, card_from_json, card_of
from chronicles.site.soundness import forged

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from chronicles.documents.series import Entry, Series
    from chronicles.site.leads import Answers
    from chronicles.site.pages import StagedPage
    from chronicles.site.stock import Stock
    from chronicles.site.workers import Workers

__all__ = ["Staged", "Stager"]

_SCHEMA = "chronicles.staged/3"


@dataclass(slots=True)
class Staged:
    """What staging did."""

    stock: Stock
    """What the pages were made of, without what was left out."""
    pages: list[str] = field(default_factory=list)
    """All pages and assets, by their paths from the top of the site."""
    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    problems: dict[Path, str] = field(default_factory=dict)
    """What was left out or is not in order, by its place."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A page that was made."""

    text: str | bytes
    asked: Answers
    """What it asked of where links lead."""


class Stager:
    """Brings staged pages up to date.

    Args:
        folder: Of the staged pages, the builder's `docs_dir`.
        memory: The file that remembers what was staged.
        workers: Who makes pages.
    """

    def __init__(self, folder: Path, memory: Path, workers: Workers) -> None:
        self._folder = folder
        self._memory = memory
        self._workers = workers
        self._cards, self._known = _read(memory, folder)
        self._before = dict(self._known)
        self._kept: dict[str, list[Any]] = {}
        """Stamp and card of each source, as JSON."""
        self._now: dict[str, list[Any]] = {}
        """Key, time and size of each page that stands now, and what it asked where it asked something, by its path."""

    def stage(self, stock: Stock, series: Series, patches: Series) -> Staged:
        """Stage all pages.

        Args:
            stock: What pages are made of, yet without episodes and patch documents.
            series: The episodes.
            patches: The patch documents.

        Raises:
            OutputError: The folder cannot be written to.
        """
        staged = Staged(stock)
        for problem in (*series.problems, *patches.problems):
            staged.problems.setdefault(problem.path, str(problem))
        episodes, documents = self._sources(series, staged), self._sources(patches, staged)
        retired = tuple(entry for entry in series if entry.retired and entry.has_page)
        salt = _salt(stock, [*series.removed, *patches.removed])
        make_folder(self._folder, self._folder)
        leads = stock.edition.leads
        while True:
            told = {LIST, *(one.place for one in stock.documents), *(f"patches/{one.page.name}" for one in documents)}
            told.update(f"episodes/{one.page.name}" for one in episodes)
            told.update(f"episodes/{one.page.name}" for one in retired)
            edition = replace(stock.edition, leads=leads.among(told))
            stock = replace(stock, edition=edition, episodes=tuple(episodes), patches=tuple(documents), retired=retired)
            self._now = {}
            staged.stock = stock
            failed = self._write(list(site_pages(stock)), salt, staged)
            if not failed:
                break
            episodes = [one for one in episodes if f"episodes/{one.page.name}" not in failed]
            documents = [one for one in documents if f"patches/{one.page.name}" not in failed]
            retired = tuple(one for one in retired if f"episodes/{one.page.name}" not in failed)
            stock = replace(stock, documents=tuple(one for one in stock.documents if one.place not in failed))
        staged.pages = list(self._now)
        staged.removed += _clear(self._folder, self._now)
        self._remember({str(one.page) for one in (*episodes, *documents)})
        return staged

    def _sources(self, series: Series, staged: Staged) -> list[Source]:
        """The pages of a series, those left out that have no card."""
        entries = [
            one
            for one in series
            # A page without a title has front matter that could not be read, which the series has named.
            if one.has_page and one.has_sidecar and not one.retired and (one.title or one.page not in staged.problems)
        ]
        stamps = [_stamp(entry) for entry in entries]
        known = [self._cards.get(str(entry.page)) for entry in entries]
        unread = [
            partial(_card, entry)
            for entry, stamp, kept in zip(entries, stamps, known, strict=True)
            if not kept or kept[0] != stamp
        ]
        read = self._workers.make(unread)
        sources = []
        for entry, stamp, kept in zip(entries, stamps, known, strict=True):
            there = kept if kept and kept[0] == stamp else None
            card = card_from_json(dict(there[1])) if there else next(read)
            if isinstance(card, Card):
                # As JSON for the memory; that of ten thousand cards takes longer to make than to keep.
                self._kept[str(entry.page)] = there or [stamp, asdict(card)]
                sources.append(Source(entry.page, entry.sidecar, stamp, card, entry.commits))
            else:
                staged.problems.setdefault(card.path, str(card))
        return sources

    def _write(self, pages: Sequence[StagedPage], salt: str, staged: Staged) -> set[str]:
        """Write what changed, and give the paths of pages that could not be made; those of many go first."""
        keys = {page.path: _digest(salt, page.key) for page in pages}
        ask = cache(staged.stock.edition.leads.ask)
        stale = [page for page in pages if not self._stands(page.path, keys[page.path], ask)]
        failed = set()
        for apart in (True, False):
            some = [page for page in stale if page.apart == apart]
            made = self._workers.make([partial(_text, page) for page in some]) if apart else map(_text, some)
            for page, one in zip(some, made, strict=True):
                if isinstance(one, PageError):
                    staged.problems.setdefault(one.path, str(one))
                    failed.add(page.path)
                    continue
                place = self._folder / page.path
                make_folder(place.parent, self._folder)
                if write_atomic(place, one.text):
                    staged.written.append(page.path)
                asked = [one.asked] if one.asked else []
                self._now[page.path] = self._known[page.path] = [keys[page.path], *_status(place), *asked]
            if failed:
                break
        return failed

    def _stands(self, path: str, key: str, ask: Callable[[str, str], str | None]) -> bool:
        """Whether a page is there as it was staged, and its links lead where they led."""
        known = self._known.get(path)
        if not known or known[0] != key or known[1:3] != _status(self._folder / path):
            return False
        for question, answers in known[3].items() if known[3:] else ():
            if any(ask(question, about) != answer for about, answer in answers.items()):
                return False
        self._now[path] = known
        return True

    def _remember(self, pages: Container[str]) -> None:
        cards = {page: kept for page, kept in self._kept.items() if page in pages}
        if cards == self._cards and self._now == self._before:
            return
        value = {
            "schema": _SCHEMA,
            "code": _code(),
            "folder": str(self._folder),
            "cards": cards,
            "staged": self._now,
        }
        with suppress(OSError, OutputError):  # a repository that is read-only is staged anew each time
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._memory, json.dumps(value, ensure_ascii=False))


# -- what goes to other processes -------------------------------------------------------------------------------


def _card(entry: Entry) -> Card | PageError:
    """The card of a page, or why there is none."""
    try:
        page = load_page(entry.sidecar)
        if problem := forged(page):
            remedy = f"Restore it from version control, or write it anew with {write_anew(entry.sidecar)}"
            return PageError(entry.sidecar, f"was not written by chronicles: {problem}", remedy)
        return card_of(page, entry.page)
    except PageError as error:
        return error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return _unusable(entry.sidecar, error)


def _text(page: StagedPage) -> _Made | PageError:
    """A page, or why it cannot be made."""
    try:
        with listening() as asked:
            made = page.make()
        return _Made(guarded(made) if isinstance(made, str) and page.path.endswith(".md") else made, asked)
    except PageError as error:
        return error
    except (OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        if page.source is None:
            raise
        return _unusable(page.source, error)


def _unusable(path: Path, error: Exception) -> PageError:
    """A sidecar of the right form from which no page can be made: whoever wrote it, the site goes on."""
    remedy = f"Restore it from version control, or write it anew with {write_anew(path)}"
    return PageError(path, f"no page can be made of it ({type(error).__name__}: {error})", remedy)


# -- files ------------------------------------------------------------------------------------------------------


def _clear(folder: Path, wanted: Container[str]) -> Iterator[str]:
    """Delete what is no page of the site any more; the folder is ours, but for files that begin with a dot."""
    for place, folders, names in os.walk(folder, topdown=False):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        for name in sorted([*names, *links]):
            path = Path(place) / name
            relative = path.relative_to(folder).as_posix()
            if not name.startswith(".") and relative not in wanted:
                path.unlink()
                yield relative
        if Path(place) != folder:
            with suppress(OSError):  # not empty
                Path(place).rmdir()


def _stamp(entry: Entry) -> str:
    """What changes with either file of a page; empty for one that has just gone."""
    with suppress(OSError):
        return " ".join(f"{one.st_mtime_ns}:{one.st_size}" for one in (entry.page.stat(), entry.sidecar.stat()))
    return ""


def _status(path: Path) -> list[int]:
    with suppress(OSError):
        status = path.lstat()
        return [status.st_mtime_ns, status.st_size]
    return []


# -- memory -----------------------------------------------------------------------------------------------------


def _salt(stock: Stock, removed: Sequence[object]) -> str:
    """What every page is made of besides its own: the code, the layout, and which pages are gone, for links to them."""
    edition = stock.edition
    made_by = [edition.episode.renderer.made_by, edition.patch.renderer.made_by]
    return _digest(_code(), edition.name, stock.repo_url, made_by, list(map(str, removed)))


@cache
def _code() -> str:
    """Digest of what makes pages, so that another version of it makes them all anew."""
    found = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def _digest(*values: object) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


def _read(memory: Path, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The cards and the pages as they are remembered; nothing of another folder or of other code."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        value = json.loads(memory.read_bytes())
        if (value["schema"], value["code"], value["folder"]) == (_SCHEMA, _code(), str(folder)):
            return dict(value["cards"]), dict(value["staged"])
    return {}, {}
