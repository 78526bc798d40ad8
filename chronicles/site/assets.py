"""The site's own style sheet and script: one file each for the reader, parts by subject for whoever works on them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

__all__ = ["ASSETS", "asset", "digest"]

ASSETS = ("chronicles.css", "chronicles.js")
"""What mkdocs.yml names, in the folder `assets` of the site."""
_PARTS = Path(__file__).parent / "static"


@cache
def asset(name: str) -> str:
    """One of `ASSETS`: its parts, one after the other by their names."""
    parts = sorted(_PARTS.glob(f"*{Path(name).suffix}"))
    return "\n".join(part.read_text("utf-8") for part in parts)


def digest(name: str) -> str:
    """Changes whenever one of the parts does."""
    return hashlib.sha256(asset(name).encode()).hexdigest()[:12]
