"""Names of files that every system takes, made of names that a repository may have.

Pages are named in a web address, on the disk of whoever builds, and in archives that are unpacked anywhere. Git takes
what Windows does not: `aux.md`, `what?.md`, a dot at the end, two names that differ in case alone.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    """A place for each path, such that no two fall together where case does not count, staged or built.

    A page `a.md` is built as `a/index.html`, which is where `a/index.md` would go.

    Args:
        paths: From one folder, with slashes; the endings stay.
    """
    split = {path: _named(path) for path in sorted(paths)}
    # No file takes the place of a folder, whichever comes first.
    folders = {one.casefold() for front, _, _ in split.values() for one in _within(front)}
    files: set[str] = set()
    found: dict[str, str] = {}
    for path, (front, stem, ending) in split.items():
        name, again = file_name(stem), 1
        while True:
            place = f"{front}/{name}{ending}".lstrip("/")
            made = {one.casefold() for one in (place, _built(place))}
            around = {one.casefold() for one in _within(posixpath.dirname(_built(place)))}
            if not (made & files or made & folders or around & files):
                break
            again += 1
            name = f"{file_name(stem)}-{again}"
        files |= made
        folders |= around
        found[path] = place
    return found


def _named(path: str) -> tuple[str, str, str]:
    """The folder of a path as it is staged, its name without its ending, and the ending."""
    *folders, last = path.split("/")
    stem, dot, ending = last.rpartition(".")
    stem, ending = (stem, f".{ending.lower()}") if dot and stem else (last, "")
    # In a folder `index.md` may be its page, as the builders know it by that spelling alone.
    if ending == ".md" and (stem != "index" or not folders):
        stem = _TAKEN.get(stem.lower(), stem)
    return "/".join(map(file_name, folders)), stem, ending


def _built(place: str) -> str:
    """What is built of a staged file: a folder of a page's own with one file, or the file itself."""
    folder, name = posixpath.split(place)
    stem = name.removesuffix(".md")
    if stem == name:
        return place
    return posixpath.join(folder, "index.html" if stem == "index" else f"{stem}/index.html")


def _within(folder: str) -> Iterator[str]:
    """A folder and those it lies in."""
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
