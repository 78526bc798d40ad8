"""Performance: a page a suite, with its series over commits, their verdicts, change points, machines and intervals.

Everything here is read out of the run records by the rules that episodes are told by, so a mark of a plot is what the
episode of its commit says. A case that was measured in several ways has a plot for each, since arms of different
machines or configurations are never joined; those that were given up are folded.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.documents.forge import Forge
from chronicles.documents.frontmatter import render_front_matter
from chronicles.markdown import cell, code, escape
from chronicles.site.entries import attribute
from chronicles.site.facts import inert
from chronicles.site.plots import Dot, Line, plot
from chronicles.site.shelf import slug
from chronicles.site.trend import drawing, name_of, news, told, verdicts_of
from chronicles.site.unmeasured import declared_suite, unmeasured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chronicles.evidence.suites import Mark, Suite, Suites, Track
    from chronicles.site.stock import Stock

__all__ = ["overview", "overview_key", "suite_page", "suite_pages", "told_by"]

_VERDICTS = 12
_ABOUT = (
    "What was measured at commits of this repository, from the run records in its reports. Words of speed are verdicts"
    " of direct comparisons; the smallest change that counts was set before each run, and what the noise leaves open is"
    " called undecided."
)
_READING = (
    "Points are medians with the intervals of the medians; solid lines join runs of one sitting, dashed ones runs that"
    " were measured apart. A triangle is a verdict, found by a direct comparison with the nearest commit before it; a"
    " vertical line is a change point, solid where such a comparison confirms it."
)
_NO_FILE = re.compile(r"index|con|prn|aux|nul|com\d|lpt\d")
"""Names that a page cannot have, here or on Windows."""


def told_by(stock: Stock, folder: str) -> dict[str, str]:
    """Links to the episodes of measured commits, Markdown.

    Args:
        stock: Of the site.
        folder: In which episodes lie, as seen from the page.
    """
    measured = set(stock.measured.suites.line)
    forge = Forge(stock.repo_url)
    found = {sha: forge.commit(sha) for sha in measured}
    for source in stock.episodes:
        for sha in source.commits:
            if sha in measured:
                found[sha] = f"[`{sha[:7]}`]({folder}{source.page.name})"
    return found


def overview_key(stock: Stock) -> str:
    """Says all that the pages of suites are made of."""
    if not stock.measured.digest:
        return f"unmeasured {declared_suite(stock.edition.leads.root)}"
    linked = sorted(told_by(stock, "").items())
    return hashlib.sha256(f"{stock.measured.digest} {linked}".encode()).hexdigest()


def suite_pages(suites: Suites) -> dict[str, Suite]:
    """The suites by the paths of their pages."""
    found: dict[str, Suite] = {}
    for suite in suites.suites:
        stem = slug(suite.name)
        stem = f"suite-{stem}" if _NO_FILE.fullmatch(stem) else stem
        number = 2
        path = f"performance/{stem}.md"
        while path in found:
            path = f"performance/{stem}-{number}.md"
            number += 1
        found[path] = suite
    return found


def overview(stock: Stock) -> str:
    """The page that names the suites."""
    lines = [render_front_matter({"title": "Performance", "hide": ["navigation"]}), "# Performance", ""]
    if not stock.measured.digest:
        return "\n".join([*lines, *unmeasured(declared_suite(stock.edition.leads.root))])
    suites = stock.measured.suites
    lines += [
        _ABOUT,
        "",
    ]
    episodes = told_by(stock, "../episodes/")
    for path, suite in suite_pages(suites).items():
        found = verdicts_of(suite, suites.line)
        commits = {mark.commit for track in suite.tracks for mark in track.marks}
        lines += [
            f"## [{inert(escape(suite.name))}]({path.removeprefix('performance/')}) {{: #suite-{slug(suite.name)} }}",
            "",
            f"{_cases(suite, len(commits))}; {_verdict_count(found)}.",
            "",
            *drawing(replace(suites, suites=(suite,))),
            "",
            *news(replace(suites, suites=(suite,)), episodes),
            "",
        ]
    return "\n".join([*lines, *_beside(suites)])


def _beside(suites: Suites) -> Iterator[str]:
    if suites.beside:
        number = phrases.count(suites.beside, "run")
        yield f"{number[0].upper()}{number[1:]} stand at commits that are no steps of this branch and are not shown."
        yield ""


def _verdict_count(found: Sequence[object]) -> str:
    return phrases.count(len(found), "verdict") if found else "no verdict of a change"


def _cases(suite: Suite, commits: int) -> str:
    cases = phrases.count(len({track.case for track in suite.tracks}), "case")
    machines = phrases.count(len({track.machine for track in suite.tracks}), "machine")
    return f"{cases[0].upper()}{cases[1:]} at {phrases.count(commits, 'commit')}, on {machines}"


# -- a suite ----------------------------------------------------------------------------------------------------


def suite_page(suite: Suite, stock: Stock) -> str:
    """The page of a suite."""
    suites = stock.measured.suites
    episodes = told_by(stock, "../episodes/")
    measured = {mark.commit for track in suite.tracks for mark in track.marks}
    line = [sha for sha in suites.line if sha in measured]
    lines = [
        render_front_matter({"title": f"Performance: {suite.name}", "hide": ["navigation"]}),
        f"# {inert(escape(suite.name))}",
        "",
        f"{_cases(suite, len(line))}. {_READING}",
        "",
    ]
    found = verdicts_of(suite, suites.line)
    if found:
        lines += ["## Verdicts {: #verdicts }", "", *(f"- {told(one, episodes)}" for one in found[:_VERDICTS]), ""]
        if len(found) > _VERDICTS:
            lines += [f"And {phrases.count(len(found) - _VERDICTS, 'earlier verdict')}, marked in the plots.", ""]
    seen: set[tuple[str, str]] = set()
    older: list[Track] = []
    for track in suite.tracks:
        if (track.case, track.metric) in seen:
            older.append(track)
            continue
        seen.add((track.case, track.metric))
        lines += _track(suite, track, line, episodes, heading=True)
    if older:
        number = phrases.count(len(older), "earlier series", "earlier series")
        lines += ['<details class="earlier" markdown="1">', f"<summary>{number} of these cases</summary>", ""]
        for track in older:
            lines += _track(suite, track, line, episodes, heading=False)
        lines += ["</details>", ""]
    lines += _failures(suite, episodes)
    if not suites.looked_for_steps:
        lines += ["Change points are not marked: `pip install 'chimera-chronicles[changepoints]'` has them found.", ""]
    return "\n".join(lines)


def _track(
    suite: Suite, track: Track, line: Sequence[str], episodes: Mapping[str, str], *, heading: bool
) -> Iterator[str]:
    name = inert(escape(name_of(suite, track)))
    yield f"## {name} {{: #case-{track.configuration}-{slug(track.metric)} }}" if heading else f"**{name}**"
    yield ""
    better = "lower" if track.direction == "lower" else "higher"
    yield (
        f"{inert(code(track.metric))}, {better} is better, on {inert(escape(track.machine))}. A change counts from"
        f" {phrases.share(track.effect)} on."
    )
    yield ""
    yield '<figure class="measured">'
    yield from _drawn(suite, track, line)
    yield "</figure>"
    yield ""
    for step in track.steps:
        ends = [episodes[track.marks[at].commit] for at in (step.before, step.after)]
        known = "a direct comparison confirms it" if step.confirmed else "no direct comparison confirms it"
        yield f"- **Change point** between {ends[0]} and {ends[1]}: {known}"
    yield ""
    yield from _table(track, episodes)


def _drawn(suite: Suite, track: Track, line: Sequence[str]) -> list[str]:
    places = {sha: place for place, sha in enumerate(line)}
    unit, size = phrases.scaled(max(mark.high or mark.value for mark in track.marks), track.unit)
    dots = tuple(
        Dot(
            places[mark.commit],
            mark.value / size,
            None if mark.low is None else mark.low / size,
            None if mark.high is None else mark.high / size,
            mark.word if mark.verdict in ("slower", "faster") else "",
            mark.sitting,
            f"{mark.commit[:7]}: {phrases.measure(mark.value, track.unit)}{f', {mark.word}' if mark.word else ''}",
        )
        for mark in track.marks
    )
    at = [places[mark.commit] for mark in track.marks]
    steps = tuple(((at[step.before] + at[step.after]) / 2, step.confirmed) for step in track.steps)
    first, last = (phrases.measure(mark.value, track.unit) for mark in (track.marks[0], track.marks[-1]))
    return plot(
        [Line(dots, track.case, steps)],
        label=(
            f"{name_of(suite, track)}: {phrases.count(len(dots), 'run')}, from {first} at {track.marks[0].commit[:7]}"
            f" to {last} at {track.marks[-1].commit[:7]}; the numbers stand in the table below"
        ),
        commits=[sha[:7] for sha in line],
        unit=unit,
    )


def _table(track: Track, episodes: Mapping[str, str]) -> Iterator[str]:
    """All points in numbers, newest first, folded."""
    yield '<details class="series" markdown="1">'
    noun = "run" if len(track.marks) == 1 else "runs"
    yield f"<summary>{phrases.figure(len(track.marks))} {noun} in numbers</summary>"
    yield ""
    label = attribute(f"Runs of {track.case} in numbers")
    yield f'<div class="scrolled" tabindex="0" role="region" aria-label="{label}" markdown="1">'
    yield ""
    yield "| commit | median | interval | blocks | verdict | ratio | since |"
    yield "|---|---:|---|---:|---|---|---|"
    for mark in reversed(track.marks):
        yield f"| {' | '.join(_cells(track, mark, episodes))} |"
    yield ""
    yield "</div>"
    yield ""
    yield "</details>"
    yield ""


def _cells(track: Track, mark: Mark, episodes: Mapping[str, str]) -> Iterator[str]:
    yield episodes[mark.commit]
    yield _measure(mark.value, track.unit)
    known = mark.low is not None and mark.high is not None
    yield f"{_measure(mark.low or 0.0, track.unit)} to {_measure(mark.high or 0.0, track.unit)}" if known else ""
    yield str(mark.blocks)
    yield mark.word or "not told"
    if mark.ratio is not None and mark.ratio_low is not None and mark.ratio_high is not None:
        yield f"{phrases.ratio(mark.ratio)} ({phrases.between(mark.ratio_low, mark.ratio_high)})"
    else:
        yield ""
    apart = "" if mark.together else ", measured apart"
    yield f"{episodes[mark.baseline]}{apart}" if mark.baseline in episodes else ""


def _measure(value: float, unit: str) -> str:
    return inert(cell(phrases.measure(value, unit)))


def _failures(suite: Suite, episodes: Mapping[str, str]) -> Iterator[str]:
    if not suite.failures:
        return
    yield "## Without a number {: #failures }"
    yield ""
    yield "| commit | case | status | error |"
    yield "|---|---|---|---|"
    for one in suite.failures:
        yield f"| {episodes[one.commit]} | {inert(code(one.case))} | {one.status} | {inert(cell(one.error))} |"
    yield ""
