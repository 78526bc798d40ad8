"""Looking for the commit that changed something, in as few sittings as the logarithm of the line.

Two ends and the commit in their middle sit together; the half that changed is halved again, until two neighbours are
left, which are then measured once more, on their own: a change is told by runs that were made to tell it, not by those
that it was found with. Where both halves changed, both are followed. A commit that gives no measurement is stepped
around, and what cannot be halved because of such commits is told as the span that it is.

A change that a later one undid does not show between the ends. It is found only where earlier runs make somebody
suspect it: spans that are suspected (`core.changepoints` finds them in stored medians) are looked into too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Bench", "Effect", "Span", "search"]


class Effect(NamedTuple):
    """What lies between two commits."""

    is_decided: bool
    """Whether a metric is faster or slower, by verdict."""
    size: float
    """The largest logarithm of a ratio, without its sign."""


class Span(NamedTuple):
    """Two commits with a change between them."""

    older: str
    newer: str


class Bench(Protocol):
    """What the search asks of whoever measures."""

    def sit(self, commits: Sequence[str]) -> None:
        """Measure commits together, oldest first, unless just these were."""

    def fails(self, commit: str) -> bool:
        """Whether a commit was tried and gives no measurement."""

    def effect(self, span: Span) -> Effect | None:
        """What lies between two commits that sat together; None if one of them gave no measurement."""


def search(line: Sequence[str], bench: Bench, suspects: Sequence[Span] = ()) -> Iterator[Span]:
    """Find the neighbours between which something changed.

    Args:
        line: Commits, newest first.
        bench: Measures them.
        suspects: Where to look besides.

    Yields:
        Spans whose change was confirmed; neighbours but for commits that give no measurement.
    """
    found: set[Span] = set()
    open_spans = list(suspects)
    if (ends := _able_ends(line, bench)) and _is_decided(ends, bench):
        open_spans.append(ends)
    while open_spans:
        span = open_spans.pop()
        middle = _middle(line, span, bench)
        if middle is None:
            if span not in found:
                bench.sit(span)
            if span not in found and _is_decided(span, bench):
                found.add(span)
                yield span
            continue
        bench.sit([span.older, middle, span.newer])
        if bench.fails(middle):
            open_spans.append(span)
            continue
        halves = (Span(span.older, middle), Span(middle, span.newer))
        known = [(half, effect) for half in halves if (effect := bench.effect(half))]
        changed = [half for half, effect in known if effect.is_decided]
        if not changed and known:
            # Each half may hold too little of the change for a verdict; the larger one is the better guess.
            changed = [max(known, key=lambda one: one[1].size)[0]]
        open_spans += changed


def _able_ends(line: Sequence[str], bench: Bench) -> Span | None:
    """The outermost commits that can be measured, measured together."""
    left = [commit for commit in line if not bench.fails(commit)]
    while len(left) > 1:
        span = Span(left[-1], left[0])
        bench.sit(span)
        left = [commit for commit in left if not bench.fails(commit)]
        if left and (left[-1], left[0]) == span:
            return span
    return None


def _is_decided(span: Span, bench: Bench) -> bool:
    effect = bench.effect(span)
    return effect is not None and effect.is_decided


def _middle(line: Sequence[str], span: Span, bench: Bench) -> str | None:
    """The commit nearest to the middle of a span that can be measured, as far as is known."""
    newer, older = line.index(span.newer), line.index(span.older)
    inside = [place for place in range(newer + 1, older) if not bench.fails(line[place])]
    return line[min(inside, key=lambda place: abs(2 * place - newer - older))] if inside else None
