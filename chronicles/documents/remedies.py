"""The command that writes a document anew, by the kind of document that a file name says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_patch", "write_anew"]


def is_patch(path: Path) -> bool:
    """Whether a file is, by its name, a patch document or its sidecar."""
    return path.name.startswith("patch_")


def write_anew(path: Path) -> str:
    """The command that writes a page and its sidecar anew."""
    return "`chronicles patch RANGE`" if is_patch(path) else "`chronicles generate --force`"
