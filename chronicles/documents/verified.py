"""What `verify` found last: which pages, at which commit, and the state of their files.

The site says how many of its facts were derived again, and it may say so only of pages that are still the files that
were verified. So a run over all pages leaves a note beside the caches: the commit, and for each page that was in order
the time and size of page and sidecar. It proves nothing to a stranger, who runs the command himself; it keeps the site
from calling verified what nobody has verified.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chronicles.errors import OutputError
from chronicles.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FILE", "Verified", "keep_verified", "load_verified", "stamp_of"]

FILE = "verified.json"
_SCHEMA = "chronicles.verified/1"


@dataclass(frozen=True, slots=True)
class Verified:
    """The last run of `verify` over all pages."""

    commit: str = ""
    """That was checked out, in full; empty where nobody has verified yet."""
    pages: Mapping[str, str] = field(default_factory=dict)
    """Path to the stamp of each page that was in order."""
    findings: int = 0
    """Pages that were not in order."""

    def holds(self, page: Path, stamp: str) -> bool:
        """Whether a page was in order and is the same file still."""
        return bool(stamp) and self.pages.get(str(page)) == stamp


def stamp_of(page: Path, sidecar: Path) -> str:
    """What changes with either file of a page; empty for one that is gone."""
    with suppress(OSError):
        return " ".join(f"{one.st_mtime_ns}:{one.st_size}" for one in (page.stat(), sidecar.stat()))
    return ""


def keep_verified(folder: Path, verified: Verified) -> None:
    """Leave the note of a run; where that cannot be written, nothing counts as verified.

    Args:
        folder: Of the caches.
        verified: What was found.
    """
    value = {
        "schema": _SCHEMA,
        "commit": verified.commit,
        "pages": dict(sorted(verified.pages.items())),
        "findings": verified.findings,
    }
    with suppress(OSError, OutputError):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / FILE, json.dumps(value, ensure_ascii=False) + "\n")


def load_verified(folder: Path) -> Verified:
    """Load the note of the last run; an empty one where there is none that can be read."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        value = json.loads((folder / FILE).read_bytes())
        if value["schema"] == _SCHEMA:
            pages = {str(page): str(stamp) for page, stamp in value["pages"].items()}
            return Verified(str(value["commit"]), pages, int(value["findings"]))
    return Verified()
