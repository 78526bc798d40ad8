"""What a killed run leaves behind, and how the next one mends it.

A page, its chart and its sidecar are moved into place one after the other, from temporary files that were all complete
before. A run that is killed leaves its temporary files, and those tell how far it came: with the page's still there
nothing was moved, and all of them can go; with a whole sidecar, alone or with its very chart, the page was moved
already or stays as it is, so these follow. A chart that the sidecar no longer has goes before the sidecar comes.
Episodes and patch documents may share a folder: which of the two a sidecar is of, it says itself. Only who holds the
folder alone may look, since the temporary files of a run that is alive look the same.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from chronicles.documents.chart import digest
from chronicles.documents.page import Page
from chronicles.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["recover"]

_TEMPORARY = ".chronicles-*.tmp"


def recover(folder: Path) -> None:
    """Finish the unit that a killed run was moving into place, and remove what it left.

    Args:
        folder: Of episodes, patch documents or both.

    Raises:
        OutputError: The folder cannot be written to.
    """
    left = sorted(folder.glob(_TEMPORARY))
    try:
        for moved, place in _to_finish(left, folder):
            if moved is None:
                place.unlink(missing_ok=True)
            else:
                moved.replace(place)
        for path in left:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(folder, (error.strerror or str(error)).lower()) from error


def _to_finish(left: list[Path], folder: Path) -> list[tuple[Path | None, Path]]:
    """The moves that a killed run had still to make, None standing for a removal; none where it had made none."""
    sidecars = [(path, page) for path in left if (page := _page(path)) is not None]
    if len(sidecars) != 1:
        return []
    ((path, page),) = sidecars
    place = _place(page, folder)
    others = [one for one in left if one != path]
    if any(digest(one.read_bytes()) != page.chart for one in others):
        return []
    moves: list[tuple[Path | None, Path]] = [(one, place.with_suffix(".svg")) for one in others]
    before = _page(place)
    if before is not None and before.chart and not page.chart:
        moves.append((None, place.with_suffix(".svg")))
    return [*moves, (path, place)]


def _place(page: Page, folder: Path) -> Path:
    """Where a sidecar belongs: beside its page, however many digits somebody gave that."""
    prefix, digits = ("patch", 1) if page.patch else ("episode", 3)
    name = re.compile(rf"{prefix}_0*{page.number}\.(?:md|json)")
    found = sorted(path.with_suffix(".json") for path in folder.iterdir() if name.fullmatch(path.name))
    usual = folder / f"{prefix}_{page.number:0{digits}d}.json"
    return found[0] if found and usual not in found else usual


def _page(path: Path) -> Page | None:
    """The page that a file is the whole sidecar of; None when it is none."""
    with contextlib.suppress(OSError, ValueError):
        return Page.from_json(path.read_bytes())
    return None
