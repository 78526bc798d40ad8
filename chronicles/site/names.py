"""Names of files that every system takes, made of names that a repository may have.

Pages are named in a web address, on the disk of whoever builds, and in archives that are unpacked anywhere. Git takes
what Windows does not: `aux.md`, `what?.md`, a dot at the end, two names that differ in case alone.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["file_name", "places"]

_NO_NAME = re.compile(r"[^\w.-]+|^[._-]+")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin|conout|clock)", re.IGNORECASE)
_TAKEN = {"index": "start", "readme": "read-me"}
"""Names that builders have a meaning for."""
_LONGEST = 80
"""Characters of a name; with its folders a path must stay below what Windows takes."""


def file_name(name: str, ending: str = "") -> str:
    """A name that is a file's on every system; one that is already is left as it is.

    Args:
        name: What somebody named something, without its ending.
        ending: Such as `.md`.
    """
    kept = _NO_NAME.sub("-", unicodedata.normalize("NFC", name)).strip("-").rstrip(".")
    if not kept or len(kept) > _LONGEST:
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        kept = f"{kept[: _LONGEST - 9]}-{digest}".strip("-")
    # Windows takes a device's name for the device whatever stands behind the first dot.
    if _DEVICE.fullmatch(kept.partition(".")[0]):
        kept = f"{kept.partition('.')[0]}-{kept.partition('.')[2]}".strip("-") + "-page"
    return kept + ending


def places(paths: Iterable[str]) -> dict[str, str]:
    """A place for each path, such that no two fall together where case does not count.

    Args:
        paths: From one folder, with slashes; the endings stay.
    """
    found: dict[str, str] = {}
    used: set[str] = set()
    for path in sorted(paths):
        *folders, last = path.split("/")
        stem, dot, ending = last.rpartition(".")
        stem, ending = (stem, f".{ending.lower()}") if dot and stem else (last, "")
        if ending == ".md" and (stem.lower() == "readme" or not folders):
            stem = _TAKEN.get(stem.lower(), stem)
        front = "/".join(map(file_name, folders))
        name, again = file_name(stem), 1
        while (place := f"{front}/{name}{ending}".lstrip("/")).casefold() in used:
            again += 1
            name = f"{file_name(stem)}-{again}"
        used.add(place.casefold())
        found[path] = place
    return found
