"""Links to the repository's forge: its commits, issues and files, made offline from its address alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from chronicles.markdown import code

if TYPE_CHECKING:
    from chronicles.dossier import Fact

__all__ = ["Forge"]

_ISSUE = re.compile(r"(?<![\w&/])\\?#(\d{1,9})\b")


class Forge:
    """Makes links, where there is a forge to lead to.

    Args:
        url: The repository's page; None makes no links.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._infix = "/-" if url and "gitlab" in url else ""

    def commit(self, sha: str) -> str:
        """A short hash, linked where there is a forge."""
        shown = f"`{sha[:7]}`"
        return f"[{shown}]({self._url}{self._infix}/commit/{sha})" if self._url else shown

    def issues(self, text: str) -> str:
        """Escaped text with `#123` linked where there is a forge."""
        if not self._url:
            return text
        return _ISSUE.sub(lambda found: f"[#{found[1]}]({self._url}{self._infix}/issues/{found[1]})", text)

    def comparison(self, base: str | None, tip: str) -> str:
        """A link to all between two commits; empty where there is no forge or no beginning."""
        if not self._url or base is None:
            return ""
        return f"[`{base[:7]}...{tip[:7]}`]({self._url}{self._infix}/compare/{base}...{tip})"

    def file(self, path: Fact, commit: str, line: int = 0) -> str:
        """A path as a commit has it, with its line where one is given, linked where there is a forge."""
        shown = code(f"{path.value}:{line}") if line else path.text
        if not self._url:
            return shown
        anchor = f"#L{line}" if line else ""
        return f"[{shown}]({self._url}{self._infix}/blob/{commit}/{quote(str(path.value))}{anchor})"
