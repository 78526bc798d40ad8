"""Where links of the repository's own Markdown lead on the site: documentation, and what people add to pages.

A link was written for the repository, where it names a file. On the site that file has a page, or one at the forge, or
none. That is no matter of the page on which the link stands: the file may come, go or change while the page stays as it
is. So what is looked up is a question with an answer, and whoever has a page made can listen to them (`listening`) and
have them asked again (`Leads.ask`): a page of which all are answered as before is the page that was made.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Mapping  # noqa: TC003 - pickled by other processes, with their fields
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

__all__ = ["Answers", "Leads", "Target", "listening"]

_PAGE = re.compile(r"(?:episode|patch)_[0-9]+\.md")

Answers = dict[str, dict[str, str | None]]
"""What was answered, by question (`place`, `kind`, `stamp`) and path; can be kept as JSON."""
_HEARD: ContextVar[Answers | None] = ContextVar("_HEARD", default=None)


@contextmanager
def listening() -> Iterator[Answers]:
    """What is asked of any `Leads` while this is open, with the answers."""
    heard: Answers = {}
    token = _HEARD.set(heard)
    try:
        yield heard
    finally:
        _HEARD.reset(token)


@dataclass(frozen=True, slots=True)
class Target:
    """A file of the repository that a link names."""

    path: str
    """From the top of the repository; empty for the document itself."""
    anchor: str


@dataclass(frozen=True, slots=True)
class Leads:
    """What of the repository has a page, and where; can be sent to another process."""

    root: Path = field(default_factory=Path)
    """The work tree."""
    documents: Mapping[str, str] = field(default_factory=dict)
    """Where files and folders of the documentation are staged, by their paths."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """The folders of the site that have the pages of folders of the repository."""
    repo_url: str | None = None
    """The repository's page at its forge."""
    left_out: frozenset[str] = frozenset()
    """Pages that cannot be made, by their places on the site: no link leads to them."""

    def among(self, staged: Container[str]) -> Leads:
        """The same where of all pages and documents only some are staged, by their places on the site."""
        there = set(self.documents.values())
        for folder, site in self.folders.items():
            with suppress(OSError):
                names = (one.name for one in os.scandir(self.root / folder))
                there.update(f"{site}/{name}" for name in names if _PAGE.fullmatch(name))
        return replace(self, left_out=frozenset(place for place in there if place not in staged))

    def target(self, path: str, address: str) -> Target | None:
        """What an address names that stands in a file; None for what lies outside of the repository."""
        named, _, anchor = address.partition("#")
        named = unquote(named.partition("?")[0])
        if not named:
            return Target("", unquote(anchor))
        start = "" if named.startswith("/") else posixpath.dirname(path)
        found = posixpath.normpath(posixpath.join(start, named.lstrip("/")))
        return None if found.startswith("..") else Target(found, unquote(anchor))

    def place(self, path: str) -> str | None:
        """Where a file or folder of the repository is staged; None for one that is not."""
        return self.ask("place", path)

    def stamp(self, path: str) -> str | None:
        """What changes with a file of the repository; None where there is none."""
        return self.ask("stamp", path)

    def elsewhere(self, target: Target) -> str | None:
        """The forge's page of a file that has none on the site."""
        if self.repo_url is None or (kind := self.ask("kind", target.path)) is None:
            return None
        infix = "/-" if "gitlab" in self.repo_url else ""
        anchor = f"#{quote(target.anchor)}" if target.anchor else ""
        return f"{self.repo_url}{infix}/{kind}/HEAD/{quote(target.path)}{anchor}"

    def ask(self, question: str, path: str) -> str | None:
        """Answer a question about a file or folder of the repository, for whoever listens too.

        Args:
            question: `place`: where it is staged; `kind`: `tree` or `blob`, as forges call what is there; `stamp`: what
                changes with it.
            path: From the top of the repository.
        """
        find = self._place if question == "place" else self._kind if question == "kind" else self._stamp
        answer = find(path)
        if (heard := _HEARD.get()) is not None:
            heard.setdefault(question, {})[path] = answer
        return answer

    def _place(self, path: str) -> str | None:
        folder, name = posixpath.split(path)
        place = self.documents.get(path)
        if place is None and path in self.folders:
            place = f"{self.folders[path]}/index.md"
        elif place is None and folder in self.folders and _PAGE.fullmatch(name):
            there = os.path.isfile(self._at(path))  # noqa: PTH113 - as in `_at`
            place = f"{self.folders[folder]}/{name}" if there else None
        return None if place in self.left_out else place

    def _kind(self, path: str) -> str | None:
        place = self._at(path)
        if os.path.isdir(place):  # noqa: PTH112 - as in `_at`
            return "tree"
        return "blob" if os.path.exists(place) else None  # noqa: PTH110 - as in `_at`

    def _at(self, path: str) -> str:
        """Where a path is, for functions of `os.path`: those of `Path` raise at an address that is too long."""
        return f"{self.root}/{path}"

    def _stamp(self, path: str) -> str | None:
        try:
            status = (self.root / path).stat()
        except (OSError, ValueError):
            return None
        return f"{status.st_mtime_ns}:{status.st_size}"

    def resolve(self, path: str, place: str, address: str, picture: bool) -> str | None:  # noqa: FBT001 - as a callback
        """Where an address leads that stands in a file which is staged at a place; None for nowhere."""
        target = self.target(path, address)
        if target is None:
            return None
        if not target.path:
            return f"#{quote(target.anchor)}" if target.anchor else None
        there = self.place(target.path)
        if there is None or (picture and there.endswith(".md")):
            return None if picture else self.elsewhere(target)
        led = posixpath.relpath(there, posixpath.dirname(place) or ".")
        return f"{led}#{quote(target.anchor)}" if target.anchor else led

    def from_page(self, page: Path, folder: str) -> Callable[[str, bool], str | None]:
        """What resolves the addresses that people put into a page which is staged in a folder."""
        own = next((path for path, site in self.folders.items() if site == folder), folder)
        return partial(self.resolve, f"{own}/{page.name}", f"{folder}/{page.name}")
