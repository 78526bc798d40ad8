"""What the site is made of: all that lies in the folders, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chronicles.evidence.runs import Runs
    from chronicles.site.edition import Edition
    from chronicles.site.shelf import Source

__all__ = ["Stock"]


@dataclass(frozen=True, slots=True)
class Stock:
    """All that pages can be made of.

    Pages that are made in other processes take their own source and the edition, not the stock: it holds every card
    and an open store.
    """

    edition: Edition
    """What all pages have in common; can be sent to another process."""
    episodes: tuple[Source, ...]
    """By number."""
    patches: tuple[Source, ...] = ()
    """By number."""
    head: str = ""
    """The commit that is checked out, in full; it names the state that the site tells of."""
    repo_url: str | None = None
    """The repository's page at its forge."""
    runs: Runs | None = None
    """The run records; None where a repository has no folder for them."""
