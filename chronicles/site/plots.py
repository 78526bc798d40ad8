"""Plots over commits, drawn inside the page as SVG: series of runs, their trend, and churn over time.

Shapes carry classes and no colours, so that the style sheet gives them both in light and in dark, and kinds differ in
shape as well: who sees no colour sees a triangle. Points stand evenly, as commits are no clock. What a plot shows
stands in a table or a list beside it too, and the plot itself is one image with a label for who listens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.site.entries import attribute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Dot", "Line", "bars", "plot"]

_WIDTH, _HEIGHT = 720, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 16, 30, 36
_INSET = 18
"""Between the frame and the first and last point."""
_TICKS = 5
_SPREAD = 3
_SHADES = 6
"""Kinds of line that differ."""
_LABEL = 96
"""Pixels that a short hash needs."""
_BAR_HEIGHT = 96


@dataclass(frozen=True, slots=True)
class Dot:
    """One measured value."""

    at: int
    """The place of its commit among those of the plot."""
    value: float
    low: float | None = None
    high: float | None = None
    kind: str = ""
    """`slower`, `faster`, `higher` or `lower`, or nothing."""
    group: str = ""
    """Dots of one group were measured together."""
    label: str = ""
    """What is told of it when one points at it."""


@dataclass(frozen=True, slots=True)
class Line:
    """Dots that are joined."""

    dots: tuple[Dot, ...]
    name: str = ""
    steps: tuple[tuple[float, bool], ...] = ()
    """Where its level changes, between places, and whether that is confirmed."""


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def y(self, value: float) -> float:
        ends = [math.log(one) if self.logarithmic else one for one in (self.low, self.high, value)]
        share = (ends[2] - ends[0]) / (ends[1] - ends[0])
        return _TOP + (1 - min(1.0, max(0.0, share))) * (_HEIGHT - _TOP - _BOTTOM)


def plot(
    lines: Sequence[Line],
    *,
    label: str,
    commits: Sequence[str],
    unit: str,
    logarithmic: bool = False,
) -> list[str]:
    """Draw lines over commits.

    Args:
        lines: Each with at least one dot; all values above 0 where the axis is logarithmic.
        label: What the plot shows, for who listens.
        commits: What stands at each place, oldest first, as a label below it.
        unit: Of the values, as it stands above the axis.
        logarithmic: Whether equal ratios are equally far apart.
    """
    values = [end for line in lines for dot in line.dots for end in (dot.low, dot.value, dot.high) if end is not None]
    axis = _ratios(values) if logarithmic else _axis(values)
    parts = [f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{attribute(label)}">']
    parts.append(f'<text x="{_LEFT - 8}" y="{_TOP - 12}" text-anchor="end">{attribute(unit)}</text>')
    for value in axis.ticks:
        y = _number(axis.y(value))
        kind = "level" if logarithmic and value == 1 else "grid"
        parts.append(f'<path class="{kind}" d="M{_LEFT} {y}H{_WIDTH - _RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y}" dy="5" text-anchor="end">{_figure(value)}</text>')
    parts += _names(commits)
    for number, line in enumerate(lines):
        parts.append(f'<g class="series series-{number % _SHADES}">')
        parts += _drawn(line, axis, len(commits))
        parts.append("</g>")
    return ["".join(parts), "</svg>"]


def _drawn(line: Line, axis: _Axis, places: int) -> Iterator[str]:
    for at, confirmed in line.steps:
        kind = "step confirmed" if confirmed else "step"
        yield f'<path class="{kind}" d="M{_number(_x(at, places))} {_TOP}V{_HEIGHT - _BOTTOM}"/>'
    yield from _ways(line, axis, places)
    for dot in line.dots:
        x, y = _x(dot.at, places), axis.y(dot.value)
        if dot.low is not None and dot.high is not None:
            caps = "".join(f"M{_number(x - 3)} {_number(axis.y(end))}h6" for end in (dot.low, dot.high))
            span = f"M{_number(x)} {_number(axis.y(dot.low))}V{_number(axis.y(dot.high))}"
            yield f'<path class="whisker" d="{span}{caps}"/>'
        yield _mark(dot, x, y)


def _ways(line: Line, axis: _Axis, places: int) -> Iterator[str]:
    """What joins dots: a solid line inside a sitting, a dashed one between sittings."""
    for kind in ("together", "apart"):
        way = []
        for one, other in zip(line.dots, line.dots[1:], strict=False):
            same = bool(one.group) and one.group == other.group
            if same == (kind == "together"):
                ends = [f"{_number(_x(dot.at, places))} {_number(axis.y(dot.value))}" for dot in (one, other)]
                way.append(f"M{ends[0]}L{ends[1]}")
        if way:
            yield f'<path class="way {kind}" d="{"".join(way)}"/>'


def _mark(dot: Dot, x: float, y: float) -> str:
    told = f"<title>{attribute(dot.label)}</title>" if dot.label else ""
    if dot.kind in ("slower", "higher"):
        shape = f'<path class="mark {dot.kind}" d="M{_number(x)} {_number(y - 7)}l7 12h-14z">'
        return f"{shape}{told}</path>"
    if dot.kind in ("faster", "lower"):
        shape = f'<path class="mark {dot.kind}" d="M{_number(x)} {_number(y + 7)}l7 -12h-14z">'
        return f"{shape}{told}</path>"
    return f'<circle class="mark" cx="{_number(x)}" cy="{_number(y)}" r="3.5">{told}</circle>'


def _names(commits: Sequence[str]) -> Iterator[str]:
    """The first and the last commit below the plot."""
    y = _HEIGHT - 8
    last = _x(len(commits) - 1, len(commits))
    if last - _x(0, len(commits)) >= 2 * _LABEL:
        yield f'<text x="{_LEFT}" y="{y}">{attribute(commits[0])}</text>'
    yield f'<text x="{_WIDTH - _RIGHT}" y="{y}" text-anchor="end">{attribute(commits[-1])}</text>'


def _x(at: float, places: int) -> float:
    width = _WIDTH - _LEFT - _RIGHT - 2 * _INSET
    # One lonely point stands at the right, below its label.
    return _LEFT + _INSET + (width * at / (places - 1) if places > 1 else width)


def _axis(values: Sequence[float]) -> _Axis:
    """A range around values with round lines across; it begins at 0 where they spread over more than a factor of 3."""
    low, high = min(values), max(values)
    if low >= 0 and high > _SPREAD * low:
        low = 0.0
    margin = max((high - low) * 0.08, abs(high) * 0.01, 1e-15)
    bottom, top = (low - margin if low else 0.0), high + margin
    step = _round_step((top - bottom) / _TICKS)
    first = math.ceil(bottom / step)
    ticks = tuple(number * step for number in range(first, first + _TICKS + 1) if number * step <= top)
    return _Axis(bottom, top, ticks)


def _ratios(values: Sequence[float]) -> _Axis:
    """A range of ratios around 1, its ends never nearer than a tenth."""
    low, high = min([0.9, *values]) / 1.05, max([1.1, *values]) * 1.05
    if high / low < _SPREAD:
        step = _round_step((high - low) / _TICKS)
        ticks = tuple(number * step for number in range(math.ceil(low / step), int(high / step) + 1))
        return _Axis(low, high, tuple(1.0 if math.isclose(one, 1) else one for one in ticks), logarithmic=True)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = sorted({round(one * 10.0**power, 9) for power in powers for one in (1.0, 2.0, 5.0)})
    every = found if len([one for one in found if low <= one <= high]) <= 2 * _TICKS else [10.0**one for one in powers]
    return _Axis(low, high, tuple(one for one in every if low <= one <= high), logarithmic=True)


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, ... (and their parts) that is not below a number."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= least * (1 - 1e-9))


def _figure(value: float) -> str:
    """A round number as text; what its sum of binary fractions adds to it is dropped."""
    text = f"{Decimal(f'{value:.6g}'):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


# -- churn ------------------------------------------------------------------------------------------------------


def bars(periods: Sequence[tuple[str, int, int]], label: str) -> list[str]:
    """Draw lines added above a line and lines removed below it, a bar a period.

    Args:
        periods: Name, lines added and lines removed of each, oldest first.
        label: What the plot shows, for who listens.
    """
    most = max((max(added, removed) for _, added, removed in periods), default=0)
    if not most:
        return []
    # Roots, or one big import would leave nothing to be seen of ten years of work.
    above = math.sqrt(max(added for _, added, _ in periods))
    below = math.sqrt(max(removed for _, _, removed in periods))
    unit = (_BAR_HEIGHT - 4) / (above + below)
    ground = 2 + above * unit
    step = (_WIDTH - 2) / len(periods)
    wide = _number(max(1.0, min(step * 0.8, 26.0)))
    box = f"0 0 {_WIDTH} {_BAR_HEIGHT}"
    parts = [f'<svg class="plot churn" viewBox="{box}" role="img" aria-label="{attribute(label)}">']
    for at, (name, added, removed) in enumerate(periods):
        if not added and not removed:
            continue
        x = _number(1 + at * step)
        up, down = math.sqrt(added) * unit, math.sqrt(removed) * unit
        told = attribute(f"{name}: +{phrases.figure(added)} −{phrases.figure(removed)}")
        parts.append(
            f"<g><title>{told}</title>"
            f'<rect class="added" x="{x}" y="{_number(ground - up)}" width="{wide}" height="{_number(up)}"/>'
            f'<rect class="removed" x="{x}" y="{_number(ground)}" width="{wide}" height="{_number(down)}"/></g>'
        )
    parts.append(f'<path class="level" d="M0 {_number(ground)}H{_WIDTH}"/>')
    return ["".join(parts), "</svg>"]
