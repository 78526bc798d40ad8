"""Where links of the repository's own Markdown lead on the site: documentation, and what people add to pages.

A link was written for the repository, where it names a file. On the site that file has a page, or one at the forge, or
none. Nothing is looked up but whether a file is there, so that a page needs no other page to be made.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping  # noqa: TC003 - pickled by other processes, with their fields
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Leads", "Target"]

_PAGE = re.compile(r"(?:episode|patch)_[0-9]+\.md")


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
        if path in self.documents:
            return self.documents[path]
        if path in self.folders:
            return f"{self.folders[path]}/index.md"
        folder, name = posixpath.split(path)
        if folder in self.folders and _PAGE.fullmatch(name) and (self.root / path).is_file():
            return f"{self.folders[folder]}/{name}"
        return None

    def elsewhere(self, target: Target) -> str | None:
        """The forge's page of a file that has none on the site."""
        file = self.root / target.path
        if self.repo_url is None or not file.exists():
            return None
        infix = "/-" if "gitlab" in self.repo_url else ""
        kind = "tree" if file.is_dir() else "blob"
        anchor = f"#{quote(target.anchor)}" if target.anchor else ""
        return f"{self.repo_url}{infix}/{kind}/HEAD/{quote(target.path)}{anchor}"

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
