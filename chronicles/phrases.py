"""Numbers, spans of time and lists as a reader wants them.

A *figure* is the bare number as tables show it ("6,518"); a *phrase* carries noun and unit ("6,518 lines",
"nine days"), so that no sentence can hang a true number on a wrong thing. Nothing is rounded up: a span of
23 days and 23 hours is "23 days", and 99.985 percent is "99.98%", because a page must not claim what has not
been reached.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["count", "decimal", "duration", "figure", "joined", "ordinal", "percent", "times", "words"]

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ORDINALS = ("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY


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
