"""The figures of the story: what the first page shows of it, and what the data file hands to the page on method."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chronicles.site.stock import Stock

__all__ = ["Figures", "figures_of"]


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over all pages."""

    episodes: int
    patches: int
    commits: int
    """That episodes tell, those that merges brought in among them."""
    facts: int
    verified: int
    """Facts of pages that the last run of `verify` found in order and that have not changed since."""
    sources: tuple[tuple[str, int], ...]
    """Facts by what they were read from."""
    by_model: int
    by_plain: int
    refused: int
    """Sentences that a model worded, that none did, and wordings that the gate refused."""

    def to_json(self) -> dict[str, Any]:
        """The figures by name."""
        return asdict(self) | {"sources": dict(self.sources)}


def figures_of(stock: Stock) -> Figures:
    """Sum up a stock."""
    pages = (*stock.episodes, *stock.patches)
    sources: Counter[str] = Counter()
    for source in pages:
        sources.update(dict(source.card.sources))
    return Figures(
        episodes=len(stock.episodes),
        patches=len(stock.patches),
        commits=sum(source.card.commits for source in stock.episodes),
        facts=sum(source.card.facts for source in pages),
        verified=sum(source.card.facts for source in pages if stock.verified.holds(source.page, source.stamp)),
        sources=tuple(sorted(sources.items())),
        by_model=sum(source.card.by_model for source in pages),
        by_plain=sum(source.card.by_plain for source in pages),
        refused=sum(source.card.refused for source in pages),
    )
