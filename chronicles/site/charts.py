"""The chart of a page's measurements, drawn inside the page, and its numbers as a table that folds."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.documents.chart import charted, draw_inside
from chronicles.markdown import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.dossier import Point, ToldRun

__all__ = ["chart"]


_LEGEND = "Medians of runs with their intervals. Dashed: the baseline. Hollow: measured in another sitting."


def chart(runs: Sequence[ToldRun]) -> list[str]:
    """The chart of runs as lines of HTML; none where no run has a series."""
    shown = charted(runs)
    if not shown:
        return []
    drawn = draw_inside(runs).replace("{", "&#123;")
    return [
        '<figure class="measured">',
        f'<div class="drawn">{drawn}</div>',
        f"<figcaption>{_LEGEND}</figcaption>",
        *_table(shown),
        "</figure>",
    ]


def _table(shown: Sequence[ToldRun]) -> Iterator[str]:
    number = sum(len(run.series) for run in shown)
    head = "".join(f'<th scope="col">{name}</th>' for name in ("measure", "commit", "median", "interval", "sitting"))
    yield '<details class="series">'
    yield f"<summary>{number} runs in numbers</summary>"
    yield '<div class="scrolled" tabindex="0" role="region" aria-label="Runs in numbers" data-search-exclude="">'
    yield f"<table><thead><tr>{head}</tr></thead><tbody>"
    for run in shown:
        what = _text(f"{run.suite}/{run.case}: {run.metric}")
        for point in run.series:
            yield f'<tr><th scope="row">{what}</th>{_cells(run, point)}</tr>'
    yield "</tbody></table>"
    yield "</div>"
    yield "</details>"


def _cells(run: ToldRun, point: Point) -> str:
    interval = (
        f"{phrases.measure(point.low, run.unit)} to {phrases.measure(point.high, run.unit)}"
        if point.low is not None and point.high is not None
        else "too few blocks"
    )
    together = "the same" if point.together else "apart"
    baseline = ", the baseline" if run.baseline and point.run == run.baseline else ""
    cells = (phrases.measure(point.value, run.unit), interval, f"{together}{baseline}")
    commit = f"<td><code>{_text(point.commit[:7])}</code></td>"
    return commit + "".join(f"<td>{_text(cell)}</td>" for cell in cells)


def _text(text: str) -> str:
    return html.escape(" ".join(visible(text).split())).replace("{", "&#123;")
