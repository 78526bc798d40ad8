"""What documents are laid out with: the name of the series, its cast, and what renders each kind of document."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chronicles.site.leads import Leads

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.documents.page import Page
    from chronicles.documents.render import Renderer
    from chronicles.personas import Cast

__all__ = ["Edition", "Layout"]


class Layout:
    """Renders documents of one kind.

    A template cannot be sent to another process, so this goes there as what makes the renderer.

    Args:
        make: Makes the renderer; a `functools.partial` of its class can be sent.
    """

    def __init__(self, make: Callable[[], Renderer]) -> None:
        self._make = make

    def __call__(self, page: Page) -> str:
        """Render a page; the same page gives the same text."""
        return self.renderer.render(page)

    def __reduce__(self) -> tuple[Any, ...]:
        return Layout, (self._make,)

    @cached_property
    def renderer(self) -> Renderer:
        """What renders, made when it is first needed."""
        return self._make()


@dataclass(frozen=True, slots=True)
class Edition:
    """What all pages of one site have in common; it can be sent to another process."""

    name: str
    """Of the series."""
    cast: Cast
    """Who may speak on a page."""
    episode: Layout
    """Renders an episode."""
    patch: Layout
    """Renders a patch document."""
    leads: Leads = field(default_factory=Leads)
    """Where links lead that people put into pages."""
