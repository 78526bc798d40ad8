"""Stored values as a person reads them: three significant digits and a prefix, `12.3 ms` for 12,345,678 ns."""

from __future__ import annotations

from math import isfinite

__all__ = ["show_interval", "show_ratio", "show_value"]

_TIMES = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))
_BYTES = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))
_LARGE = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_TINY = 0.001
_DIGITS_END = 1000
_PLAIN_END = 1e6
"""From here on a number in its largest unit is written as a power of ten."""


def show_value(value: float, unit: str) -> str:
    """A value in its unit, rounded to three digits."""
    if unit in {"ns", "By"}:
        steps = _TIMES if unit == "ns" else _BYTES
        size, name = next((step for step in steps if value >= step[0]), steps[-1])
        return f"{_round(value / size)} {name}"
    size, prefix = next((step for step in _LARGE if value >= step[0]), (1.0, ""))
    name = "" if unit == "1" else unit.replace("{", "").replace("}", "")
    return f"{_round(value / size)} {prefix}{name}".rstrip()


def show_interval(low: float | None, high: float | None, unit: str) -> str:
    """An interval in a unit; a dash where there is none."""
    return "–" if low is None or high is None else f"{show_value(low, unit)} to {show_value(high, unit)}"


def show_ratio(ratio: float | None) -> str:
    """A ratio with as many digits as tell a per mille; a huge or tiny one as a power of ten."""
    if ratio is None or not isfinite(ratio):
        return "–"
    return f"{ratio:.3f}" if ratio == 0 or _TINY <= ratio < _PLAIN_END else f"{ratio:.2e}"


def _round(value: float) -> str:
    """Three significant digits; an exponent only where the number would be long."""
    if value >= _PLAIN_END:
        return f"{value:.2e}"
    if value >= _DIGITS_END:
        return f"{value:,.0f}"
    places = 0 if value >= 100 else 1 if value >= 10 else 2  # noqa: PLR2004 - powers of ten speak for themselves
    return f"{value:.{places}f}"
