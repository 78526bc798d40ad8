"""Addresses of pages: where a builder puts what was staged, from the top of the site and in the world."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

__all__ = ["Address"]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a site is, and how its builder names pages."""

    site: str = ""
    """The `site_url` of mkdocs.yml, a sub-path included; empty where none is known."""
    folders: bool = True
    """Whether `a/b.md` becomes `a/b/index.html`, as with `use_directory_urls`, or `a/b.html`."""

    @property
    def base(self) -> str:
        """What stands before an address from the top of the site; ends in a slash unless it is empty."""
        return f"{self.site.rstrip('/')}/" if self.site else ""

    def place(self, page: str) -> str:
        """The file that a builder makes of a staged page, from the top of the site."""
        stem = page.removesuffix(".md")
        if stem == "index" or stem.endswith("/index") or not self.folders:
            return f"{stem}.html"
        return f"{stem}/index.html"

    def page(self, page: str) -> str:
        """The address of a staged page; relative to the top of the site where that is all that is known."""
        place = self.place(page)
        return self.file(place.removesuffix("index.html") if self.folders or place == "index.html" else place)

    def file(self, path: str) -> str:
        """The address of a published file."""
        return (self.base + quote(path)) or "./"
