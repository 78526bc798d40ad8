"""What a killed run leaves behind, and how the next one mends it.

A page and its sidecar are moved into place one after the other, from temporary files that were both complete before.
A run that is killed leaves its temporary files, and those tell how far it came: with the page's still there nothing
was moved, and all of them can go; with a whole sidecar alone the page was moved already, so the sidecar follows it.
Only who holds the folder alone may look, since the temporary files of a run that is alive look the same.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from chronicles.documents.page import Page
from chronicles.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["recover"]

_TEMPORARY = ".chronicles-*.tmp"


def recover(folder: Path, prefix: str = "episode") -> None:
    """Finish the unit that a killed run was moving into place, and remove what it left.

    Raises:
        OutputError: The folder cannot be written to.
    """
    left = sorted(folder.glob(_TEMPORARY))
    try:
        if len(left) == 1 and (number := _sidecar_number(left[0])) is not None:
            left.pop().replace(folder / f"{prefix}_{number:03d}.json")
        for path in left:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(folder, (error.strerror or str(error)).lower()) from error


def _sidecar_number(path: Path) -> int | None:
    """The number of the page that a temporary file is the whole sidecar of; None when it is none."""
    with contextlib.suppress(OSError, ValueError):
        return Page.from_json(path.read_bytes()).number
    return None
