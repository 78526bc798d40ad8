"""The kinds of value that a run record is made of, so strict that what can be constructed can be stored and read again.

Text is Unicode without lone surrogates, integers fit 64 bits, floats are finite, free-form objects hold JSON and
nothing else, names have no character that ends a code span or a table cell. An instant is kept in UTC.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

__all__ = [
    "LARGEST_VALUE",
    "LONGEST_NS",
    "TIMES",
    "CommitSha",
    "Count",
    "FileName",
    "Instant",
    "Line",
    "Measured",
    "Name",
    "Object",
    "Positive",
    "Repository",
    "RunId",
    "Sha256",
    "Share",
    "SuiteName",
    "Unit",
    "Whole",
    "incoherent",
]

LARGEST_VALUE = 1e150
"""What is measured is less: beyond, the product of two values is infinite, and no quantity of a computer comes near."""
LONGEST_NS = 2**53
"""104 days; beyond it a double no longer holds every nanosecond."""
TIMES = frozenset({"ns", "us", "ms", "s", "min", "h"})
"""Units of time, of which less is better: what is better when it lasts is no measurement of speed."""
_LARGEST = 2**63 - 1
"""Integers are those that every reader of JSON and every database holds."""
_DEEPEST = 32
"""Levels of a free-form object; no runtime reports its settings deeper."""
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def incoherent(problem: str, *place: str | int) -> PydanticCustomError:
    """An error of validation that says where in the value it lies, which pydantic's own does not for a whole model."""
    return PydanticCustomError("incoherent", "{problem}", {"problem": problem, "place": place})


def _unicode(text: str) -> str:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise incoherent("holds a lone surrogate, which is no character") from None
    return text


def _instant(value: object) -> object:
    # pydantic reads "1700000000" as a time of day in 2023, so text is read here.
    if not isinstance(value, str):
        return value
    if not _RFC_3339.fullmatch(value):
        raise incoherent("no time of RFC 3339 with an offset, such as 2025-01-31T12:00:00Z")
    return datetime.fromisoformat(value.upper())


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise incoherent("lies outside the calendar") from None


def _by_name(repo: str) -> str:
    if repo.startswith(("/", "~", "\\", "file:")) or re.match(r"[A-Za-z]:[\\/]", repo):
        raise incoherent("a repository is named, not by its path on a machine")
    if re.search(r"//[^/]*@", repo):
        raise incoherent("a repository is named without a user or password")
    return repo


def _plain(value: Any, *place: str | int) -> Any:  # noqa: ANN401 - a value of JSON is of many types
    """A free-form value as JSON gives it back: tuples as lists, and nothing that JSON cannot hold.

    Raises:
        PydanticCustomError: At the place of what it cannot hold.
    """
    if len(place) > _DEEPEST:
        raise incoherent(f"is nested deeper than {_DEEPEST} levels", *place)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -_LARGEST <= value <= _LARGEST:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, str):
        return str.__str__(_unicode(value))  # a member of an enumeration becomes its value
    if isinstance(value, list | tuple):
        return [_plain(one, *place, number) for number, one in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {str.__str__(_unicode(key)): _plain(one, *place, key) for key, one in value.items()}
    raise incoherent(
        f"{type(value).__name__} is nothing that JSON holds (finite numbers of 64 bits, text keys)", *place
    )


Line = Annotated[str, StringConstraints(max_length=4000)]
"""Text for the eye, without lone surrogates; it comes from tools and people, so whoever shows it escapes it."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
CommitSha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
RunId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z_.-]{0,99}$")]
"""Part of a file's name, so of letters that no file system and no shell reads anything into."""
Name = Annotated[str, StringConstraints(pattern=r"^[!-\[\]-_a-{}~]([ -\[\]-_a-{}~]{0,198}[!-\[\]-_a-{}~])?$")]
"""A case or metric: one line of printable ASCII, but for the backtick, the backslash and the bar, with which it would
leave a code span or a table cell. Tools put nearly all else into names: `test_x[a-b]`, `BM_fill<int>/8`."""
SuiteName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
"""A folder of `reports/`."""
Unit = Annotated[str, StringConstraints(pattern=r"^[!-\[\]-_a-{}~]{1,64}$")]
"""UCUM: `ns`, `By`, `{token}/s`, `1`; no spaces, and as little Markdown as a name."""
FileName = Annotated[str, StringConstraints(pattern=r"^[^/\\\x00-\x1f]{1,255}$")]
Repository = Annotated[Line, AfterValidator(_by_name)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_in_utc)]
"""Kept in UTC: the zone of whoever measured is nobody's business, and times of one zone sort as text."""
Positive = Annotated[float, Field(gt=0)]
Measured = Annotated[float, Field(ge=0, le=LARGEST_VALUE)]
"""A value of a sample."""
Share = Annotated[float, Field(ge=0, le=1)]
Whole = Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)]
Count = Annotated[int, Field(ge=0, le=_LARGEST)]
Object = Annotated[dict[str, Any], AfterValidator(_plain)]
