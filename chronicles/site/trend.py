"""Where performance went: the cases of all suites in one plot, each relative to its first measurement.

Only times and rates are in it, of a rate its reciprocal, so that up is always longer. Medians of different sittings
were measured apart, and what they differ by may be the machine's mood: words of speed are those of direct comparisons,
and stand in the list of verdicts beside the plot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.markdown import code
from chronicles.site.entries import attribute
from chronicles.site.facts import inert
from chronicles.site.plots import Dot, Line, plot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chronicles.evidence.suites import Mark, Suite, Suites, Track

__all__ = ["Verdict", "drawing", "name_of", "news", "told", "verdicts_of"]

_LINES = 5
_VERDICTS = 5
_CAPTION = (
    "How long each case takes, relative to its first measurement; of a rate, its reciprocal. Dashed lines join runs"
    " measured apart, where small differences may be the machine's mood. Triangles are verdicts of direct comparisons."
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Something that was found to have changed."""

    what: str
    """Suite and case, with the metric where the case has several; plain text."""
    mark: Mark


def verdicts_of(suite: Suite, line: tuple[str, ...]) -> list[Verdict]:
    """Everything in a suite that a direct comparison found to have changed, newest first."""
    places = {sha: place for place, sha in enumerate(line)}
    found = [
        Verdict(f"{suite.name}/{name_of(suite, track)}", mark)
        for track in suite.tracks
        for mark in track.marks
        if mark.verdict in ("slower", "faster")
    ]
    return sorted(found, key=lambda one: (-places[one.mark.commit], one.what))


def name_of(suite: Suite, track: Track) -> str:
    """A track's case, with the metric where the case has several."""
    several = len({one.metric for one in suite.tracks if one.case == track.case}) > 1
    return f"{track.case}: {track.metric}" if several else track.case


def told(verdict: Verdict, episodes: Mapping[str, str]) -> str:
    """A verdict as a line of a list.

    Args:
        verdict: What was found.
        episodes: Links to the episodes of commits, Markdown.
    """
    mark = verdict.mark
    ratio = f", {phrases.ratio_times(mark.ratio)} what it was" if mark.ratio is not None else ""
    interval = (
        f" ({phrases.between(mark.ratio_low, mark.ratio_high)})"
        if mark.ratio_low is not None and mark.ratio_high is not None
        else ""
    )
    at, since = (episodes.get(sha, f"`{sha[:7]}`") for sha in (mark.commit, mark.baseline))
    return inert(f"{code(verdict.what)} **{mark.word}** at {at}{ratio} at {since}{interval}")


def drawing(suites: Suites) -> list[str]:
    """The plot with its legend; nothing where no case was measured twice."""
    shown = _shown(suites)
    if not shown:
        return []
    lines = [Line(tuple(_dots(track, suites)), name) for name, track in shown]
    label = f"Time relative to the first measured commit of each case, over {len(suites.line)} measured commits"
    return [
        '<figure class="trend">',
        *plot(
            lines,
            label=f"{label}: {'; '.join(_last(name, track) for name, track in shown)}",
            commits=[sha[:7] for sha in suites.line],
            unit="times",
            logarithmic=True,
        ),
        *_legend(shown),
        f"<figcaption>{_CAPTION}</figcaption>",
        "</figure>",
    ]


def news(suites: Suites, episodes: Mapping[str, str]) -> Iterator[str]:
    """The last verdicts of all suites, a line of a list each."""
    places = {sha: place for place, sha in enumerate(suites.line)}
    found = [one for suite in suites.suites for one in verdicts_of(suite, suites.line)]
    found.sort(key=lambda one: -places[one.mark.commit])
    for one in found[:_VERDICTS]:
        yield f"- {told(one, episodes)}"
    if len(found) > _VERDICTS:
        yield f"- and {phrases.count(len(found) - _VERDICTS, 'earlier verdict')}"


def _shown(suites: Suites) -> list[tuple[str, Track]]:
    """The case that each line stands for: those with the longest series, each as it was measured last."""
    found: dict[str, Track] = {}
    for suite in suites.suites:
        for track in suite.tracks:
            if track.is_speed and len(track.marks) > 1 and all(mark.value > 0 for mark in track.marks):
                found.setdefault(f"{suite.name}/{track.case}", track)
    longest = sorted(found.items(), key=lambda item: (-len(item[1].marks), item[0]))[:_LINES]
    return sorted(longest)


def _dots(track: Track, suites: Suites) -> Iterator[Dot]:
    places = {sha: place for place, sha in enumerate(suites.line)}
    for mark in track.marks:
        value = _cost(track, mark)
        said = f"{track.case} at {mark.commit[:7]}: {phrases.measure(mark.value, track.unit)}, {mark.word}"
        kind = mark.word if mark.word in ("slower", "faster") else ""
        yield Dot(places[mark.commit], value, kind=kind, group=mark.sitting, label=said)


def _cost(track: Track, mark: Mark) -> float:
    """How long it takes, relative to the first mark of its track."""
    ratio = mark.value / track.marks[0].value
    return ratio if track.direction == "lower" else 1 / ratio


def _last(name: str, track: Track) -> str:
    return f"{name} {phrases.ratio_times(_cost(track, track.marks[-1]))}"


def _legend(shown: list[tuple[str, Track]]) -> Iterator[str]:
    """Which line is which, and from where to where it goes: what the plot shows, in words."""
    yield '<ul class="legend">'
    for number, (name, track) in enumerate(shown):
        first, last = (phrases.measure(mark.value, track.unit) for mark in (track.marks[0], track.marks[-1]))
        times = phrases.ratio_times(_cost(track, track.marks[-1]))
        key = f'<svg class="key series-{number}" viewBox="0 0 28 10" aria-hidden="true" focusable="false">'
        yield (
            f'<li>{key}<path class="way together" d="M0 5H28"/><circle class="mark" cx="14" cy="5" r="3.5"/></svg>'
            f" <code>{attribute(name)}</code> {attribute(first)} to {attribute(last)}, {times}"
            f" over {phrases.count(len(track.marks), 'commit')}</li>"
        )
    yield "</ul>"
