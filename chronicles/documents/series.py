"""The numbered series of pages in a folder: what is told, under which number, and which number is next.

The folder is the only record. A page `episode_002.md` and its sidecar `episode_002.json` hold number 2, and its chart,
if it has one, is `episode_002.svg`; the sidecar's subject says which commits the page tells. `removed.json` remembers
pages that were taken out for good, so that their numbers are not used again and their commits not told again. A number
is the highest ever plus one, also when pages are missing in between.

A folder that people work in is never quite in order, and a series is read by every command, so nothing here stops on a
page that makes no sense: it becomes a `Problem` with its path and what to do about it. The one exception is taking a
new number while `removed.json` cannot be read, for that could use a number twice.

Only the heads of the files are read, which keeps a series of thousands of pages below a second without a cache that
could be wrong.
"""

from __future__ import annotations

import contextlib
import json
import re
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chronicles.documents.heads import full_shas, read_page_head, read_sidecar_head
from chronicles.documents.remedies import write_anew
from chronicles.errors import OutputError, PageError
from chronicles.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["REMOVED_FILE", "Entry", "Problem", "Removed", "Series"]

REMOVED_FILE = "removed.json"
"""The file that remembers what was taken out."""

_REMOVED_SCHEMA = "chronicles.removed/1"
_NEWEST_PAGE_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One number of the series."""

    number: int
    page: Path
    sidecar: Path
    title: str = ""
    """The page's title; empty when it has none that can be read."""
    kind: str = ""
    """The subject's kind, `commit`, `group` or `range`; empty when no sidecar says."""
    commits: tuple[str, ...] = ()
    """Full ids of the commits it tells, in the subject's order; empty when not known."""
    base: str | None = None
    """What a range starts after."""
    paths: tuple[str, ...] = ()
    """What of the repository a range is limited to, as its sidecar says; none for all of it."""
    retired_into: str | None = None
    """What the commits of a retired page went into, empty where that is not known; None for a page that tells."""
    former: tuple[str, ...] = ()
    """Commits that it told before history was rewritten."""
    has_page: bool = True
    has_sidecar: bool = True

    @property
    def retired(self) -> bool:
        """Whether it keeps its number and tells nothing, since its commits are no steps any more."""
        return self.retired_into is not None


@dataclass(frozen=True, slots=True)
class Removed:
    """A number that was taken out for good."""

    number: int
    commits: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the folder that is not in order, and what to do about it."""

    path: Path
    problem: str
    remedy: str

    def __str__(self) -> str:
        """Say it in two sentences."""
        return f"{self.path}: {self.problem}. {self.remedy}."


@dataclass(slots=True)
class Series:
    """The pages of one folder and prefix; it is read when made, and follows what is added and removed through it."""

    folder: Path
    prefix: str = "episode"
    """What file names begin with, and the front matter key that holds the number."""
    first: int = 1
    """The number of the first page, when there is none yet."""
    digits: int = 3
    """Digits that a file's number has at least."""
    exclusive: bool = True
    """Whether a commit is told by one page only, as in a series of episodes; ranges may overlap."""
    problems: list[Problem] = field(init=False, default_factory=list)
    _entries: dict[int, Entry] = field(init=False, default_factory=dict)
    _numbers: list[int] = field(init=False, default_factory=list)
    """The entries' numbers, sorted."""
    _removed: dict[int, Removed] = field(init=False, default_factory=dict)
    _removed_commits: set[str] = field(init=False, default_factory=set)
    _by_commit: dict[str, int] = field(init=False, default_factory=dict)
    _removed_unreadable: PageError | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Read the folder."""
        pages, sidecars = self._files()
        for number in sorted(pages.keys() | sidecars.keys()):
            page, sidecar = pages.get(number), sidecars.get(number)
            entry = Entry(
                number,
                page=page or self.page_path(number),
                sidecar=sidecar or self.sidecar_path(number),
                has_page=page is not None,
                has_sidecar=sidecar is not None,
            )
            self._index(self._read(entry))
        self._read_removed()

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries by number."""
        return (self._entries[number] for number in self._numbers)

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._entries)

    @property
    def removed(self) -> tuple[Removed, ...]:
        """What was taken out, by number."""
        return tuple(self._removed[number] for number in sorted(self._removed))

    def page_path(self, number: int) -> Path:
        """Give the path of a number's page, there or not, with more digits when the number needs them."""
        return self.folder / f"{self.prefix}_{number:0{self.digits}d}.md"

    def sidecar_path(self, number: int) -> Path:
        """Give the path of a number's sidecar."""
        return self.page_path(number).with_suffix(".json")

    def chart_path(self, number: int) -> Path:
        """Give the path of a number's chart, as its page names it."""
        return self.page_path(number).with_suffix(".svg")

    def by_number(self, number: int) -> Entry | None:
        """Find the entry with a number."""
        return self._entries.get(number)

    def by_commit(self, sha: str) -> Entry | None:
        """Find the entry that tells a commit; the lowest, when two claim it. A retired page tells none."""
        number = self._by_commit.get(sha)
        return None if number is None else self._entries[number]

    def neighbours(self, number: int) -> tuple[Entry | None, Entry | None]:
        """Find the pages before and after a number that tell something; there may be gaps between."""
        before = range(bisect_left(self._numbers, number) - 1, -1, -1)
        after = range(bisect_right(self._numbers, number), len(self._numbers))
        return self._first_with_page(before), self._first_with_page(after)

    def was_removed(self, sha: str) -> bool:
        """Tell whether a page of this commit was taken out for good."""
        return sha in self._removed_commits

    def next_number(self) -> int:
        """Give the number of the next page: the highest ever plus one.

        Raises:
            PageError: `removed.json` cannot be read, so that the number might have been used before.
        """
        if self._removed_unreadable is not None:
            raise self._removed_unreadable
        return max(self._numbers[-1:] + list(self._removed), default=self.first - 1) + 1

    def add(self, *entries: Entry) -> None:
        """Take note of pages that were just written, or are about to be."""
        for entry in entries:
            self._forget(entry.number)
        for entry in entries:
            self._index(entry)

    def remove(self, entry: Entry, *, with_chart: bool = False) -> Removed:
        """Take a page out for good: its files go, its number and its commits are remembered.

        Args:
            entry: The page.
            with_chart: Whether the file in the place of its chart is one.

        Raises:
            PageError: `removed.json` cannot be read.
            OutputError: The folder cannot be written to.
        """
        if self._removed_unreadable is not None:
            raise self._removed_unreadable
        gone = Removed(entry.number, (*entry.commits, *entry.former), entry.title)
        # Remembered first: after an interrupt the number is at worst noted twice over, never free again.
        self._remember(gone)
        chart = [self.chart_path(entry.number)] if with_chart else []
        for path in (entry.page, *chart, entry.sidecar):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise OutputError(path, (error.strerror or str(error)).lower()) from error
        self._forget(entry.number)
        return gone

    def follow_removed(self, became: Mapping[int, Iterable[str]]) -> None:
        """Take note of what the commits of removed pages became, by number, so that those are not told again either.

        Raises:
            OutputError: The folder cannot be written to.
        """
        known = (self._removed[number] for number in became)
        self._remember(*(replace(gone, commits=(*became[gone.number], *gone.commits)) for gone in known))

    def _remember(self, *removed: Removed) -> None:
        self._removed |= {gone.number: gone for gone in removed}
        self._removed_commits.update(sha for gone in removed for sha in gone.commits)
        if removed:
            self._write_removed()

    def _first_with_page(self, places: Iterable[int]) -> Entry | None:
        found = (self._entries[self._numbers[at]] for at in places)
        return next((entry for entry in found if entry.has_page and not entry.retired), None)

    def _files(self) -> tuple[dict[int, Path], dict[int, Path]]:
        """List pages and sidecars by number; of two for one number the one with the usual name counts."""
        name = re.compile(rf"{re.escape(self.prefix)}_([0-9]{{1,18}})\.(md|json)")
        found: dict[str, dict[int, Path]] = {"md": {}, "json": {}}
        try:
            paths = sorted(self.folder.iterdir(), key=lambda path: (len(path.name), path.name))
        except FileNotFoundError:
            return {}, {}
        except OSError as error:
            raise OutputError(self.folder, (error.strerror or str(error)).lower()) from error
        for path in paths:
            match = name.fullmatch(path.name)
            if match is None:
                continue
            number, of_kind = int(match[1]), found[match[2]]
            if number not in of_kind:
                of_kind[number] = path
                continue
            usual = self.page_path(number).with_suffix(path.suffix)
            kept, other = (path, of_kind[number]) if path == usual else (of_kind[number], path)
            of_kind[number] = kept
            remedy = "Delete one of the two, or give it a number that is free"
            self._report(other, f"has the same number as {kept.name}", remedy)
        return found["md"], found["json"]

    def _read(self, entry: Entry) -> Entry:
        """Fill in what the page and the sidecar say, and report where they do not fit."""
        if not entry.has_page:
            self._report(
                entry.sidecar,
                f"there is no page {entry.page.name} beside it",
                f"Restore it, write it anew with {write_anew(entry.page, entry.commits)},"
                f" or run `chronicles remove {entry.page.name}`",
            )
        else:
            entry = self._read_page(entry)
        if entry.has_sidecar:
            return self._read_sidecar(entry)
        self._report(
            entry.page,
            f"there is no sidecar {entry.sidecar.name} beside it, so nothing on the page can be verified",
            f"Restore the sidecar, or write both anew with {write_anew(entry.page, entry.commits)}",
        )
        return entry

    def _read_page(self, entry: Entry) -> Entry:
        try:
            values = read_page_head(entry.page, self.prefix)
        except PageError as error:
            self._report(entry.page, error.problem, error.remedy)
            return entry
        except OSError as error:
            self._report(entry.page, (error.strerror or str(error)).lower(), "Make it a readable file, or delete it")
            return entry
        number = values.get(self.prefix)
        if number != entry.number:
            said = "names no number" if number is None else f"says {self.prefix} {number}"
            self._report(
                entry.page,
                f"the file name says {self.prefix} {entry.number}, the front matter {said}",
                f"Rename the file, or set `{self.prefix}: {entry.number}` in its front matter",
            )
        title, commits, base = (values.get(key) for key in ("title", "commits", "base"))
        # A patch document names the ends of its range; its sidecar has all the steps between.
        named = commits if isinstance(commits, list) and commits else [values.get("tip")]
        return replace(
            entry,
            title=title if isinstance(title, str) else "",
            commits=full_shas(named),
            base=next(iter(full_shas([base])), None),
        )

    def _read_sidecar(self, entry: Entry) -> Entry:
        remedy = f"Restore it from version control, or write the page anew with {write_anew(entry.page, entry.commits)}"
        try:
            head = read_sidecar_head(entry.sidecar)
        except OSError as error:
            self._report(entry.sidecar, (error.strerror or str(error)).lower(), remedy)
            return entry
        schema, subject = head.schema, head.subject
        if schema is None or subject is None:
            self._report(entry.sidecar, "is not the sidecar of a page (no `chronicles.page` with a subject)", remedy)
            return entry
        if schema > _NEWEST_PAGE_SCHEMA:
            self._report(
                entry.sidecar, f"was written by a newer version (chronicles.page/{schema})", "Upgrade chronicles"
            )
        base, paths = subject.get("base"), subject.get("paths")
        return replace(
            entry,
            kind=str(subject["kind"]),
            commits=full_shas(subject["commits"]),
            base=base if isinstance(base, str) else None,
            paths=tuple(map(str, paths)) if isinstance(paths, list) else (),
            retired_into=head.retired_into,
            former=head.former,
        )

    def _index(self, entry: Entry) -> None:
        self._entries[entry.number] = entry
        insort(self._numbers, entry.number)
        for sha in () if entry.retired else entry.commits:
            other = self._entries[self._by_commit.setdefault(sha, entry.number)]
            if other is not entry and self.exclusive:
                self._report(
                    entry.page,
                    f"tells commit {sha[:7]}, which {other.page.name} tells already",
                    f"Take one of the two out with `chronicles remove {entry.page.name}`",
                )
                break

    def _forget(self, number: int) -> None:
        entry = self._entries.pop(number, None)
        if entry is None:
            return
        self._numbers.remove(number)
        for sha in entry.commits:
            if self._by_commit.get(sha) == number:
                del self._by_commit[sha]

    def _read_removed(self) -> None:
        path = self.folder / REMOVED_FILE
        try:
            stored = json.loads(path.read_bytes())
            self._removed = {gone.number: gone for gone in _removed_values(stored, self.prefix)}
            self._removed_commits.update(sha for gone in self._removed.values() for sha in gone.commits)
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            problem = f"is not a list of removed pages ({_REMOVED_SCHEMA})"
            remedy = "Restore it from version control: it keeps removed numbers from being used again"
            self._removed_unreadable = PageError(path, problem, remedy)
            self._report(path, problem, remedy)
            return
        for number in sorted(self._removed.keys() & self._entries.keys()):
            page = self._entries[number].page
            self._report(page, "was removed and is still there", f"Run `chronicles remove {page.name}` again")

    def _write_removed(self) -> None:
        path = self.folder / REMOVED_FILE
        others: list[Any] = []
        with contextlib.suppress(FileNotFoundError):
            stored = json.loads(path.read_bytes())
            others = [item for item in stored["removed"] if item["series"] != self.prefix]
        ours = [
            {"series": self.prefix, "number": gone.number, "title": gone.title, "commits": list(gone.commits)}
            for gone in self.removed
        ]
        text = json.dumps({"schema": _REMOVED_SCHEMA, "removed": others + ours}, indent=2, ensure_ascii=False)
        write_atomic(path, text + "\n")

    def _report(self, path: Path, problem: str, remedy: str) -> None:
        self.problems.append(Problem(path, problem, remedy))


def _removed_values(stored: Any, prefix: str) -> list[Removed]:  # noqa: ANN401 -- whatever JSON the file held
    if stored["schema"] != _REMOVED_SCHEMA:
        raise ValueError(stored["schema"])
    return [
        Removed(int(item["number"]), full_shas(item["commits"]), str(item.get("title", "")))
        for item in stored["removed"]
        if item["series"] == prefix
    ]
