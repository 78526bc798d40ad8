"""The folder of staged pages: made where it belongs, and nowhere that a repository leads to.

What a repository brings may be a link or a file in its place. It is looked at before anything is made: a folder that is
made through a link stands outside of the repository, and what is deleted through one is somebody else's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["make_folder"]


def make_folder(folder: Path, top: Path) -> None:
    """Make a folder of ours.

    Args:
        folder: To be made; one that is there stays as it is.
        top: The folder of staged pages, which it is or lies in.

    Raises:
        OutputError: A link is in the way, or the folder cannot be made.
    """
    own = [folder, *folder.parents]
    for part in own[: own.index(top) + 2]:
        if part.is_symlink():
            raise OutputError(part, "it is a link, and pages are staged in a folder of their own")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(folder, (error.strerror or str(error)).lower()) from error
