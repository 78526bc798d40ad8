"""Where in a JSON text a value stands, so that an error can name the line.

Neither the decoder of the standard library nor pydantic remembers positions, and a decoder that did would make every
good file pay for the bad ones. So a text is walked a second time, and only once something is wrong with it. The walk
trusts that the text is JSON as Python reads it, or was until it grew too deep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]  # public in all but its stub
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Place", "Spot", "line_at", "line_of", "shown", "walk"]

Place = tuple[str | int, ...]
"""The keys and indices that lead to a value."""

_LEXEME = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class Spot:
    """A value of a JSON text."""

    place: Place
    lexeme: str
    """Its first token: `{`, `[`, or a scalar as written."""
    position: int
    repeated: bool
    """Whether its key stood in the same object before."""


@dataclass(slots=True)
class _Open:
    """An object or array that the walk is inside of."""

    step: str | int | None
    """The key or index that it is at; None in an object before its first key."""
    keys: set[str] = field(default_factory=set)
    repeated: bool = False


def walk(text: str) -> Iterator[Spot]:
    """The values of a JSON text in the order in which they stand."""
    inside: list[_Open] = []
    awaits_key = False
    for match in _LEXEME.finditer(text):
        lexeme, top = match[0], inside[-1] if inside else None
        if lexeme in {"}", "]"}:
            if inside:
                inside.pop()
            awaits_key = False
        elif lexeme == ",":
            if top is not None and isinstance(top.step, int):
                top.step += 1
            else:
                awaits_key = True
        elif lexeme == ":":
            awaits_key = False
        elif awaits_key and top is not None:
            key = str(scanstring(text, match.start() + 1)[0])
            top.step, top.repeated = key, key in top.keys
            top.keys.add(key)
        else:
            place = tuple(one.step for one in inside if one.step is not None)
            yield Spot(place, lexeme, match.start(), top is not None and top.repeated)
            if lexeme in {"{", "["}:
                inside.append(_Open(0 if lexeme == "[" else None))
                awaits_key = lexeme == "{"


def line_of(text: str, place: Place) -> int:
    """The line of the value at a place, or of the innermost value around it that is there."""
    nearest, depth = 0, -1
    for spot in walk(text):
        if len(spot.place) > depth and spot.place == place[: len(spot.place)]:
            nearest, depth = spot.position, len(spot.place)
            if depth == len(place):
                break
    return line_at(text, nearest)


def line_at(text: str, position: int) -> int:
    """The line of a position, counted from 1."""
    return text.count("\n", 0, position) + 1


def shown(place: Place) -> str:
    """A place as a reader of the file would write it: `samples[3].values[0]`."""
    parts = (
        f"[{step}]" if isinstance(step, int) else f".{step}" if step.isidentifier() else f"[{step!r}]" for step in place
    )
    return "".join(parts).removeprefix(".")
