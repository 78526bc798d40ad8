"""What documents are laid out with: the name of the series, its cast, and what renders each kind of document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.documents.page import Page
    from chronicles.personas import Cast

__all__ = ["Edition"]


@dataclass(frozen=True, slots=True)
class Edition:
    """What all pages of one site have in common."""

    name: str
    """Of the series."""
    cast: Cast
    """Who may speak on a page."""
    episode: Callable[[Page], str]
    """Renders an episode."""
    patch: Callable[[Page], str]
    """Renders a patch document."""
