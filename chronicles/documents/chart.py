"""The chart of a page: what was measured up to its commit, one small panel a case, as SVG.

An image beside the page and not a drawing inside it, since forges strip `<svg>` out of Markdown and show images. It is
drawn from the runs of the page's sidecar alone, so it can be drawn again to the byte. Each point is the median of a
run, its whisker the interval of that median; the last one is the commit of the page. A point that was measured apart
from the last one, in another sitting, is hollow: small differences to it may be the machine's mood.

It holds no script, no link and no text that was not escaped; light and dark follow the reader's setting. A site draws
the same chart inside its page, where the site's style sheet has the colours.
"""

from __future__ import annotations

import hashlib
import html
import math
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.markdown import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.dossier import Point, ToldRun

__all__ = ["PANELS", "VERSION", "charted", "digest", "draw_chart", "draw_inside"]

VERSION = "1"
"""Raised whenever the same runs may be drawn otherwise."""
PANELS = 4
"""So many cases at most have a panel."""

_WIDTH, _HEIGHT = 640, 148
"""Of a panel, in pixels."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 78, 18, 30, 30
"""Around the plot of a panel."""
_LABEL = 64
"""Pixels that a short hash needs."""
_TITLE = 46
"""Characters of a title that fit beside the legend."""
_SPREAD = 3
_SMALLEST, _LARGEST = 1e-15, 1e24
_TICKS = 4
"""At most so many lines across a plot."""

_STYLE = """\
svg { color-scheme: light dark; font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.ground { fill: #ffffff; }
text { fill: #57606a; }
.title { fill: #1f2328; font-weight: 600; }
.grid { stroke: #d8dee4; }
.level { stroke: #8c959f; stroke-dasharray: 4 3; }
.line { fill: none; stroke: #8c959f; stroke-opacity: 0.6; }
.whisker { stroke: #57606a; }
.point { fill: #57606a; stroke: #57606a; }
.apart { fill: #ffffff; }
.here { fill: #0969da; stroke: #0969da; }
.here-text { fill: #0969da; font-weight: 600; }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; }
text { fill: #9198a1; }
.title { fill: #f0f6fc; }
.grid { stroke: #2a313c; }
.level { stroke: #656c76; }
.line { stroke: #656c76; }
.whisker { stroke: #9198a1; }
.point { fill: #9198a1; stroke: #9198a1; }
.apart { fill: #0d1117; }
.here { fill: #4493f8; stroke: #4493f8; }
.here-text { fill: #4493f8; }
}
"""


@dataclass(frozen=True, slots=True)
class _Scale:
    """From values to pixels: the plot's range, and where lines are drawn across it."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _TOP + (1 - min(1.0, max(0.0, share))) * (_HEIGHT - _TOP - _BOTTOM)


def charted(runs: Sequence[ToldRun]) -> tuple[ToldRun, ...]:
    """The runs that get a panel: those whose series has something before them to compare with, the first ones."""
    return tuple(run for run in runs if len(run.series) > 1 and _can_be_drawn(run))[:PANELS]


def draw_chart(runs: Sequence[ToldRun]) -> str:
    """Draw the chart of a page's runs; "" where none has a series."""
    shown = charted(runs)
    if not shown:
        return ""
    height = _HEIGHT * len(shown)
    about = "; ".join(_told(run) for run in shown)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"',
        ' role="img" aria-labelledby="about">',
        f'<title id="about">{_text(about)}</title>',
        f"<style>\n{_STYLE}</style>",
        f'<rect class="ground" width="{_WIDTH}" height="{height}"/>',
        *_panels(shown),
    ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def draw_inside(runs: Sequence[ToldRun]) -> str:
    """Draw the chart as one line of SVG that stands in a page and has its colours from there; "" as above."""
    shown = charted(runs)
    if not shown:
        return ""
    about = _text("; ".join(_told(run) for run in shown))
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT * len(shown)}"'
    return f'<svg class="runs" {size} role="img" aria-label="{about}">{"".join(_panels(shown))}</svg>'


def _panels(shown: Sequence[ToldRun]) -> Iterator[str]:
    for place, run in enumerate(shown):
        yield f'<g transform="translate(0 {place * _HEIGHT})">'
        yield from _panel(run)
        yield "</g>"


def digest(drawn: str | bytes) -> str:
    """The sha256 of a chart, the same for a checkout that turned line ends."""
    octets = drawn.encode() if isinstance(drawn, str) else drawn
    return hashlib.sha256(octets.replace(b"\r\n", b"\n")).hexdigest()


def _can_be_drawn(run: ToldRun) -> bool:
    """Whether a scale can hold its values: a record may hold any number that a file can."""
    return all(
        end is None or end == 0 or _SMALLEST < end < _LARGEST
        for one in run.series
        for end in (one.low, one.value, one.high)
    )


def _told(run: ToldRun) -> str:
    last = run.series[-1]
    value = phrases.measure(last.value, run.unit)
    before = phrases.count(len(run.series) - 1, "run")
    return f"{run.suite}/{run.case}, {run.metric}: {value} at {last.commit[:7]}, after {before} before it"


def _panel(run: ToldRun) -> Iterator[str]:
    unit, size = phrases.scaled(max(one.high or one.value for one in run.series), run.unit)
    points = [_in_steps(point, size) for point in run.series]
    scale = _scale([end for one in points for end in (one.low, one.value, one.high) if end is not None])
    what = f": {run.metric}{f', {unit}' if unit else ''}"
    title = _short(f"{run.suite}/{run.case}", max(_TITLE // 3, _TITLE - len(what))) + what
    yield f'<text class="title" x="12" y="19">{_text(_short(title, _TITLE))}</text>'
    base = _baseline(run)
    if legend := _legend(points, base):
        yield f'<text x="{_WIDTH - _RIGHT}" y="19" text-anchor="end">{_text(legend)}</text>'
    for tick in scale.ticks:
        y = _number(scale.y(tick))
        yield f'<path class="grid" d="M{_LEFT} {y}H{_WIDTH - _RIGHT}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y}" dy="4" text-anchor="end">{_text(_figure(tick))}</text>'
    if base is not None:
        yield f'<path class="level" d="M{_LEFT} {_number(scale.y(points[base].value))}H{_WIDTH - _RIGHT}"/>'
    places = _places(len(points))
    way = "L".join(f"{_number(x)} {_number(scale.y(one.value))}" for x, one in zip(places, points, strict=True))
    yield f'<path class="line" d="M{way}"/>'
    for place, (x, point) in enumerate(zip(places, points, strict=True)):
        yield from _mark(x, point, scale, here=place == len(points) - 1)
    yield from _labels(run, places)


def _in_steps(point: Point, size: float) -> Point:
    """A point in the step that its panel is labelled in."""
    low, high = (None if end is None else end / size for end in (point.low, point.high))
    return replace(point, value=point.value / size, low=low, high=high)


def _legend(points: Sequence[Point], base: int | None) -> str:
    parts = [f"dashed: baseline {points[base].commit[:7]}"] if base is not None else []
    if not all(point.together for point in points):
        parts.append("hollow: apart")
    return "; ".join(parts)


def _mark(x: float, point: Point, scale: _Scale, *, here: bool) -> Iterator[str]:
    at = _number(x)
    if point.low is not None and point.high is not None:
        ends = f"M{at} {_number(scale.y(point.low))}V{_number(scale.y(point.high))}"
        caps = "".join(f"M{_number(x - 3)} {_number(scale.y(end))}h6" for end in (point.low, point.high))
        yield f'<path class="whisker" d="{ends}{caps}"/>'
    kind = "here" if here else "point" if point.together else "point apart"
    yield f'<circle class="{kind}" cx="{at}" cy="{_number(scale.y(point.value))}" r="{5 if here else 3}"/>'


def _labels(run: ToldRun, places: Sequence[float]) -> Iterator[str]:
    """Below the plot: the last commit with its value, and the first one where there is room for both."""
    last, x = run.series[-1], places[-1]
    value = phrases.measure(last.value, run.unit)
    anchor = "end" if x > _WIDTH / 2 else "start"
    shown = _number(x + 8 if anchor == "end" else x - 8)
    label = f'<text class="here-text" x="{shown}" y="{_HEIGHT - 9}" text-anchor="{anchor}">'
    yield f"{label}{_text(_short(f'{last.commit[:7]}: {value}', _TITLE))}</text>"
    if x - places[0] >= _LABEL * (3 if anchor == "end" else 1):
        yield f'<text x="{_number(places[0] - 8)}" y="{_HEIGHT - 9}">{_text(run.series[0].commit[:7])}</text>'


def _baseline(run: ToldRun) -> int | None:
    return next((at for at, point in enumerate(run.series) if run.baseline and point.run == run.baseline), None)


def _places(number: int) -> list[float]:
    """Where points stand: evenly, as commits are no clock, and not so far apart that two look like an age."""
    step = min(90.0, (_WIDTH - _LEFT - _RIGHT - 40) / max(1, number - 1))
    first = _LEFT + 20.0
    return [first + place * step for place in range(number)]


def _scale(values: Sequence[float]) -> _Scale:
    """A range around values with round lines across; it begins at 0 where they spread over more than a factor of 3."""
    low, high = min(values), max(values)
    if high > _SPREAD * low:
        low = 0.0
    # Where all is one value, a hundredth of it on both sides shows that it is flat, whatever its last digits do.
    margin = max((high - low) * 0.08, high * 0.01, _SMALLEST)
    bottom, top = max(0.0, low - margin), high + margin
    step = _round_step((top - bottom) / _TICKS)
    first = math.ceil(bottom / step)
    ticks = tuple(number * step for number in range(first, first + _TICKS + 1) if number * step <= top)
    return _Scale(bottom, top, ticks)


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, ... (and their parts) that is not below a number."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0, 20.0) if factor * power >= least)


def _figure(value: float) -> str:
    """A round number as text; what its sum of binary fractions adds to it is dropped."""
    text = f"{Decimal(f'{value:.6g}'):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _text(text: str) -> str:
    """Text as XML holds it."""
    return html.escape(re.sub(r"\s+", " ", visible(text)))
