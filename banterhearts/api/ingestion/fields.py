"""The values of one row, read by name and by kind, exactly.

Numbers are decimals: what a file writes as 0.1 stays a tenth until it is stored, so that a conversion of units changes
no digit. A value that is missing, negative, NaN or of another kind refuses the row with the value's name. Formats of
other tools grow keys with each version, so keys that nobody asks for are no fault here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from banterhearts.api.ingestion.refusal import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Fields", "excerpt", "nanoseconds", "rounding"]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_LARGEST_EXPONENT = 130
"""Beyond, a value is more than a record holds as soon as a unit is converted."""
_PLACES = {"ns": 0, "us": 3, "ms": 6, "s": 9}
"""Unit to the powers of ten between it and a nanosecond."""
_SHOWN = 120
_NO_CLOCK = "no clock measured that"
_NOTHING = "what runs is more than nothing"


def excerpt(value: object) -> str:
    """A value for a message: one printable line of bounded length."""
    text = value if isinstance(value, str) else str(value)
    text = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * _SHOWN])
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def nanoseconds(value: Decimal, unit: str) -> Decimal:
    """A duration in nanoseconds, exactly: only the decimal point moves.

    Args:
        value: In `unit`.
        unit: `ns`, `us`, `ms` or `s`.

    Raises:
        Refused: For another unit.
    """
    if unit not in _PLACES:
        raise Refused(Reason.UNKNOWN_UNIT, f"a duration in {excerpt(unit)!r}")
    return value.scaleb(_PLACES[unit])


def rounding(value: Decimal) -> Decimal:
    """How far a printed number may lie from what it was rounded from: half a unit of its last digit."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), value
    return Decimal(5).scaleb(exponent - 1)


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of a JSON document, or a line of a CSV file by its header."""

    values: Mapping[str, Any]
    textual: bool = False
    """Whether numbers are text, as in CSV, and nothing written means nothing known."""

    @classmethod
    def of(cls, value: object, name: str = "the row") -> Fields:
        """The fields of a JSON value.

        Raises:
            Refused: If it is no object.
        """
        if not isinstance(value, dict):
            raise Refused(Reason.MALFORMED, f"{name} is no object")
        return cls(value)

    def has(self, key: str) -> bool:
        """Whether something is there under this name."""
        value = self.values.get(key)
        return value is not None and not (self.textual and value == "")

    def quantity(self, key: str) -> Decimal:
        """A finite number of at least 0.

        Raises:
            Refused: For anything else, and for nothing.
        """
        if not self.has(key):
            raise Refused(Reason.MISSING, f"{key} is missing")
        return _quantity(self.values[key], key, textual=self.textual)

    def amount(self, key: str) -> Decimal:
        """A size or a rate above 0.

        Raises:
            Refused: As `quantity` does, and for 0, which is how a failure to measure is stored.
        """
        return _above_zero(self.quantity(key), key, _NOTHING)

    def duration(self, key: str, unit: str) -> Decimal:
        """A time above 0, in nanoseconds.

        Raises:
            Refused: As `quantity` does, and for 0, which no clock has measured.
        """
        return nanoseconds(_above_zero(self.quantity(key), key, _NO_CLOCK), unit)

    def quantities(self, key: str) -> tuple[Decimal, ...]:
        """A list of such numbers; none where there is no list, and a list with none in it is refused as missing."""
        if not self.has(key):
            return ()
        value = self.values[key]
        if not isinstance(value, list):
            raise Refused(Reason.MALFORMED, f"{key} is no list")
        if not value:
            raise Refused(Reason.MISSING, f"{key} is empty")
        return tuple(_quantity(one, f"{key}[{number}]") for number, one in enumerate(value))

    def amounts(self, key: str) -> tuple[Decimal, ...]:
        """A list of sizes or rates above 0; empty where there is none."""
        found = enumerate(self.quantities(key))
        return tuple(_above_zero(value, f"{key}[{number}]", _NOTHING) for number, value in found)

    def durations(self, key: str, unit: str) -> tuple[Decimal, ...]:
        """A list of times above 0, in nanoseconds; empty where there is none."""
        found = enumerate(self.quantities(key))
        return tuple(nanoseconds(_above_zero(value, f"{key}[{number}]", _NO_CLOCK), unit) for number, value in found)

    def whole(self, key: str) -> int | None:
        """A count, or None where there is none."""
        if not self.has(key):
            return None
        value = self.quantity(key)
        if value != value.to_integral_value():
            raise Refused(Reason.MALFORMED, f"{key} is {value}, and no whole number")
        return int(value)

    def text(self, key: str) -> str | None:
        """Text, or None where there is none."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            raise Refused(Reason.MALFORMED, f"{key} is no text")
        return value or None

    def fields(self, key: str) -> Fields:
        """An object; an empty one where there is none."""
        value = self.values.get(key)
        return Fields({}) if value is None else Fields.of(value, key)


def _above_zero(value: Decimal, name: str, why: str) -> Decimal:
    if not value:
        raise Refused(Reason.FAILURE_AS_ZERO, f"{name} is 0, and {why}")
    return value


def _quantity(value: object, name: str, *, textual: bool = False) -> Decimal:
    number: Decimal
    if isinstance(value, str) and textual:
        if value.strip().lower().lstrip("+-") in {"nan", "inf", "infinity"}:
            raise Refused(Reason.NOT_A_NUMBER, f"{name} is {value.strip()}")
        if not _NUMBER.fullmatch(value.strip()):
            raise Refused(Reason.MALFORMED, f"{name} is {excerpt(value)!r}, and no number")
        number = Decimal(value.strip())
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        number = Decimal(value)
    elif value is None:
        raise Refused(Reason.MISSING, f"{name} is null")
    else:
        raise Refused(Reason.MALFORMED, f"{name} is {excerpt(repr(value))}, and no number")
    if not number.is_finite() or (number and abs(number.adjusted()) > _LARGEST_EXPONENT):
        raise Refused(Reason.NOT_A_NUMBER, f"{name} is {excerpt(number)}")
    if number < 0:
        raise Refused(Reason.NEGATIVE, f"{name} is {excerpt(number)}")
    return number
