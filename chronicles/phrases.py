"""Numbers, spans of time and lists as a reader wants them.

A *figure* is the bare number as tables show it ("6,518"); a *phrase* carries noun and unit ("6,518 lines",
"nine days"), so that no sentence can hang a true number on a wrong thing. What was counted is not rounded up: a span
of 23 days and 23 hours is "23 days", and 99.985 percent is "99.98%", because a page must not claim what has not been
reached. What was measured, and a ratio of it, is rounded to the nearest, since cut off it would be wrong on one side
always; the ends of an interval are rounded outward, so that it is never shown narrower than it is.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "between",
    "count",
    "decimal",
    "duration",
    "figure",
    "joined",
    "measure",
    "ordinal",
    "percent",
    "ratio",
    "ratio_times",
    "scaled",
    "share",
    "times",
    "words",
]

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ORDINALS = ("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY

_SCALES = {
    "ns": (("ns", "1"), ("µs", "1e3"), ("ms", "1e6"), ("s", "1e9")),
    "us": (("µs", "1"), ("ms", "1e3"), ("s", "1e6")),
    "ms": (("ms", "1"), ("s", "1e3")),
    "s": (("ns", "1e-9"), ("µs", "1e-6"), ("ms", "1e-3"), ("s", "1")),
    "By": (("B", "1"), ("KiB", "1024"), ("MiB", "1048576")),
}
"""UCUM units to the steps in which they are shown, the smallest first, with what one of each is."""
_DIGITS = 4
"""Significant digits of a measured value: enough that two which differ by a tenth of a per cent mostly look it."""


def figure(value: int) -> str:
    """Write a whole number with thousands separators: 6518 becomes "6,518"."""
    return f"{value:,}"


def words(value: int) -> str:
    """Write a whole number for running text: words below ten, a figure from there."""
    return _WORDS[value] if 0 <= value < len(_WORDS) else figure(value)


def count(value: int, noun: str, plural: str | None = None) -> str:
    """Write a number with its noun: "one file", "38 files"."""
    return f"{words(value)} {noun if value == 1 else plural or noun + 's'}"


def ordinal(value: int) -> str:
    """Write a rank: "third", "23rd"."""
    if 0 <= value < len(_ORDINALS):
        return _ORDINALS[value]
    teen = value % 100 in (11, 12, 13)
    suffix = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{figure(value)}{suffix}"


def decimal(value: float, places: int = 1) -> str:
    """Write a number with at most `places` decimals, cut off and without trailing zeros: 171.52 becomes "171.5"."""
    cut = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)
    text = f"{cut:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(part: int, whole: int) -> str:
    """Write a share with at most two decimals, cut off: 6518 of 6519 becomes "99.98%".

    Raises:
        ZeroDivisionError: For a share of nothing, which no caller may speak of.
    """
    hundredths = part * 10_000 // whole
    return f"{decimal(hundredths / 100, 2)}%"


def times(value: float) -> str:
    """Write a ratio: "4.6 times"; whole numbers of ten and more carry no decimals."""
    return f"{decimal(value, 0 if value >= 10 else 1)} times"  # noqa: PLR2004 - two significant digits suffice


def duration(seconds: int) -> str:
    """Write a span in its largest whole unit: "six hours", "264 days", "four years".

    Days are counted up to two years, since "one year" would hide whether it was 12 or 23 months.
    """
    for size, noun in ((2 * _YEAR, "year"), (_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= size:
            return count(seconds // (_YEAR if noun == "year" else size), noun)
    return "less than a minute"


def joined(items: Sequence[str], *, last: str = "and") -> str:
    """Write a list: "a", "a and b", "a, b and c"."""
    if len(items) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def scaled(value: float, unit: str) -> tuple[str, float]:
    """The step in which a value of a UCUM unit is shown, and what one of it is: 106,512,000 ns goes by the ms, 1e6."""
    steps = _SCALES.get(unit)
    if steps is None:
        return _unit(unit), 1.0
    name, size = next((step for step in reversed(steps) if abs(value) >= float(step[1])), steps[0])
    return name, float(size)


def measure(value: float, unit: str) -> str:
    """Write a measured value in the step a reader wants: "106.5 ms", "12.00 MiB", "84.22 tokens/s".

    It is rounded to four significant digits, and keeps its trailing zeros: a column has one precision. Whole bytes,
    which have no parts, and zero have no decimals.
    """
    name, size = scaled(value, unit)
    number = Decimal(repr(value)) / Decimal(repr(size))
    whole = not number or (name == "B" and number == number.to_integral_value())
    return f"{f'{number:,.0f}' if whole else _significant(number)} {name}".rstrip()


def _significant(number: Decimal) -> str:
    if number and not -6 <= number.adjusted() < 15:  # noqa: PLR2004 - beyond, a row of zeros would say less
        return f"{number:.3e}"
    rounded = number
    for _ in range(2):  # 9.99996 gains a digit before its point
        last = Decimal(1).scaleb(min(0, rounded.adjusted() - _DIGITS + 1))
        rounded = number.quantize(last, rounding=ROUND_HALF_EVEN)
    return f"{rounded:,f}"


def _trimmed(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unit(unit: str) -> str:
    """A UCUM unit as people write it: `{token}/s` is tokens/s, `J/{token}` J/token, and `1` nothing."""
    above, slash, below = unit.partition("/")
    top = re.sub(r"\{(\w+)\}", r"\1s", above)
    return "" if unit == "1" else f"{top}{slash}{re.sub(r'[{}]', '', below)}"


def ratio(value: float) -> str:
    """Write a ratio as a figure, rounded to the nearest: 1.46065 becomes "1.461", and 0.9521 "0.952"."""
    return _ratio(value, ROUND_HALF_EVEN)


def ratio_times(value: float) -> str:
    """Write a ratio for running text, as `ratio` rounds it: "1.06 times"."""
    text = ratio(value)
    return f"{text.rstrip('0').rstrip('.') if '.' in text and 'e' not in text else text} times"


def between(low: float, high: float) -> str:
    """Write an interval of a ratio as a figure, never narrower than it is: "1.034 to 1.071"."""
    return f"{_ratio(low, ROUND_FLOOR)} to {_ratio(high, ROUND_CEILING)}"


def _ratio(value: float, rounding: str) -> str:
    number = Decimal(repr(value))
    if number and not -6 <= number.adjusted() < 15:  # noqa: PLR2004 - as above
        return f"{number:.3e}"
    places = 3 if number.adjusted() in (-1, 0) else max(0, 3 - number.adjusted())
    return f"{number.quantize(Decimal(1).scaleb(-places), rounding=rounding):,f}"


def share(value: float) -> str:
    """Write a part of 1 as per cent: 0.02 becomes "2%"."""
    return f"{_trimmed((Decimal(repr(value)) * 100).quantize(Decimal('0.01'), rounding=ROUND_DOWN))}%"
