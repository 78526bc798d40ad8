"""A content security policy that a host can send with the pages: scripts of the site's own files, and the theme's.

The theme has a few inline scripts, which a policy can allow by their digests. They are read from the page that answers
for missing ones: it holds the theme and nothing of the repository, so nothing that a commit says can put a script of
its own on the list. One script of the theme knows the way to the top of the site, and is listed for each depth.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["NO_PAGE", "headers", "inline_scripts"]

NO_PAGE = "404.html"
"""The page that answers for missing ones."""
_TOP = re.compile(r'new URL\("[^"]*",location\)')
_POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self'{styles}; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""`data:` images are the icons in the theme's style sheet."""
_ZENSICAL = re.compile(r'<meta name="?generator"? content="?zensical', re.IGNORECASE)
"""Its search makes a style sheet of its own by script, which no digest allows ahead; styles run nothing."""


class _Inline(HTMLParser):
    """Collects what inline scripts of a page would run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a script that has no address and whose type is no data's."""
        given = dict(attrs)
        self._inside = tag == "script" and "src" not in given and "json" not in (given.get("type") or "")
        if self._inside:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        """Collect what a script says."""
        if self._inside:
            self.found[-1] += data

    def handle_endtag(self, tag: str) -> None:
        """End a script."""
        del tag
        self._inside = False


def inline_scripts(page: str) -> list[str]:
    """The inline scripts of a page."""
    parser = _Inline()
    parser.feed(page)
    return parser.found


def headers(built: Path, pages: Iterable[str]) -> str:
    """The file `_headers`, which static hosts such as Netlify and Cloudflare Pages read; others can be told the same.

    Args:
        built: The built site.
        pages: The built pages, from the top of the site.
    """
    ways = {"/".join([".."] * page.count("/")) or "." for page in pages}
    found = set()
    theme = (built / NO_PAGE).read_text("utf-8")
    for script in inline_scripts(theme):
        found |= {_TOP.sub(f'new URL("{way}",location)', script) for way in ways} | {script}
    hashes = sorted(base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in found)
    styles = " 'unsafe-inline'" if _ZENSICAL.search(theme) else ""
    policy = _POLICY.format(hashes=" ".join(f"'sha256-{one}'" for one in hashes), styles=styles)
    lines = [
        f"  Content-Security-Policy: {policy}",
        "  X-Content-Type-Options: nosniff",
        "  Referrer-Policy: no-referrer",
    ]
    return "\n".join(["/*", *lines, ""])
