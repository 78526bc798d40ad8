"""What the site is made of: all that lies in the folders, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from chronicles.documents.verified import Verified
from chronicles.evidence.suites import Suites, digest_of, read_suites

if TYPE_CHECKING:
    from chronicles.documents.series import Entry
    from chronicles.evidence.build import Workshop
    from chronicles.evidence.runs import Runs
    from chronicles.site.documentation import Document
    from chronicles.site.edition import Edition
    from chronicles.site.shelf import Source

__all__ = ["Measured", "Stock"]


class Measured:
    """The run records of the line, read when a page of them has to be made.

    Args:
        workshop: Whose index holds the line; None where nothing is measured.
    """

    def __init__(self, workshop: Workshop | None = None) -> None:
        self._workshop = workshop

    @cached_property
    def digest(self) -> str:
        """Says all that the suites are made of; empty where there are no runs."""
        return digest_of(self._workshop) if self._workshop else ""

    @cached_property
    def suites(self) -> Suites:
        """The suites."""
        return read_suites(self._workshop) if self._workshop and self.digest else Suites()


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
    documents: tuple[Document, ...] = ()
    """The documentation and its pictures."""
    runs: Runs | None = None
    """The run records; None where a repository has no folder for them."""
    measured: Measured = field(default_factory=Measured)
    """What the run records say."""
    retired: tuple[Entry, ...] = ()
    """Episodes whose commits are no steps any more, by number."""
    verified: Verified = field(default_factory=Verified)
    """What `verify` found last."""
