r"""Path patterns as `.gitattributes` and our configuration write them.

Git has two dialects: in `.gitignore` a pattern that matches a folder covers all below it, in
`.gitattributes` it does not, so `vendor/*` marks `vendor/a.js` and leaves `vendor/a/b.js` alone. Libraries
speak the first, so this speaks the second. Patterns come with the repository and may be made to hurt: no
regular expression is built from them, and a match takes at most (pattern length) x (path length) steps,
where `*a*a*a*a*b` would send a backtracking matcher away for years.

    *.min.js     a pattern without a slash is held against the last part of the path
    /docs, a/b   one with a slash against the whole, from the folder of its file
    a/**/b       `**` between slashes stands for any number of folders, none included
    a/**         everything below `a`
    [a-c] ? \*   one of, any one, the character itself; none of them matches a slash
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

__all__ = ["Glob"]

_STAR = "*"
_ANY = "?"


@dataclass(frozen=True)
class Glob:
    """One pattern, ready to be matched. Not slotted, since its parts are cached on it."""

    pattern: str

    @cached_property
    def _parts(self) -> tuple[tuple[_Unit, ...] | None, ...]:
        """The pattern by folder; None stands for `**`."""
        return tuple(None if part == "**" else _units(part) for part in self.pattern.strip("/").split("/"))

    @cached_property
    def _anchored(self) -> bool:
        return "/" in self.pattern

    def matches(self, path: str) -> bool:
        """Whether the pattern covers this file, given by its path from the pattern's folder."""
        if not self.pattern.strip("/") or self.pattern.endswith("/"):  # a folder's pattern never matches a file
            return False
        names = path.split("/")
        return _match_parts(self._parts, names if self._anchored else names[-1:])


@dataclass(frozen=True, slots=True)
class _Unit:
    """What one character of a name is held against."""

    kind: str
    """A character itself, `*`, `?`, or `[` for a set."""
    literal: bool
    ranges: tuple[tuple[str, str], ...] = ()
    negated: bool = False

    def accepts(self, char: str) -> bool:
        if self.literal:
            return char == self.kind
        if self.kind == _ANY:
            return True
        return any(low <= char <= high for low, high in self.ranges) != self.negated


def _units(part: str) -> tuple[_Unit, ...] | None:
    """Read one folder's pattern; a set without an end makes the whole match nothing, as in git."""
    units: list[_Unit] = []
    at = 0
    while at < len(part):
        char = part[at]
        at += 1
        if char == "\\":
            if at == len(part):
                return _NOTHING
            units.append(_Unit(part[at], literal=True))
            at += 1
        elif char == "[":
            parsed = _read_set(part, at)
            if parsed is None:
                return _NOTHING
            unit, at = parsed
            units.append(unit)
        elif char in {_STAR, _ANY}:
            if not (char == _STAR and units and units[-1].kind == _STAR and not units[-1].literal):
                units.append(_Unit(char, literal=False))
        else:
            units.append(_Unit(char, literal=True))
    return tuple(units)


_NOTHING = (_Unit("[", literal=False),)
_CLASSES = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")),
    "alpha": (("A", "Z"), ("a", "z")),
    "blank": ((" ", " "), ("\t", "\t")),
    "digit": (("0", "9"),),
    "lower": (("a", "z"),),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")),
    "space": (("\t", "\r"), (" ", " ")),
    "upper": (("A", "Z"),),
    "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}


def _read_set(part: str, at: int) -> tuple[_Unit, int] | None:
    """Read `[...]` from behind its opening bracket; None when it has no end."""
    negated = part[at : at + 1] in {"!", "^"}
    at += negated
    start = at
    ranges: list[tuple[str, str]] = []
    while at < len(part):
        if part[at] == "]" and at > start:
            return _Unit("[", literal=False, ranges=tuple(ranges), negated=negated), at + 1
        if part.startswith("[:", at) and (end := part.find(":]", at)) > 0:
            if (name := part[at + 2 : end]) not in _CLASSES:
                return None
            ranges.extend(_CLASSES[name])
            at = end + 2
            continue
        at += part[at] == "\\"
        low = part[at : at + 1]
        at += 1
        high = low
        if part[at : at + 1] == "-" and part[at + 1 : at + 2] not in {"", "]"}:
            at += 1
            at += part[at] == "\\"
            high = part[at : at + 1]
            at += 1
        if not low or not high:
            return None
        ranges.append((low, high))
    return None


def _match_parts(parts: tuple[tuple[_Unit, ...] | None, ...], names: list[str]) -> bool:
    """Match folder by folder; on a mismatch the last `**` takes one folder more."""
    part = name = 0
    retry: tuple[int, int] | None = None
    while name < len(names):
        if part < len(parts) and parts[part] is None:
            part += 1
            retry = (part, name)
        elif part < len(parts) and _match_name(parts[part] or (), names[name]):
            part += 1
            name += 1
        elif retry is not None:
            retry = (retry[0], retry[1] + 1)
            part, name = retry
        else:
            return False
    return part == len(parts)


def _match_name(units: tuple[_Unit, ...], name: str) -> bool:
    """Match one name; on a mismatch the last `*` takes one character more."""
    unit = char = 0
    retry: tuple[int, int] | None = None
    while char < len(name):
        if unit < len(units) and units[unit].kind == _STAR and not units[unit].literal:
            unit += 1
            retry = (unit, char)
        elif unit < len(units) and units[unit].accepts(name[char]):
            unit += 1
            char += 1
        elif retry is not None:
            retry = (retry[0], retry[1] + 1)
            unit, char = retry
        else:
            return False
    while unit < len(units) and units[unit].kind == _STAR and not units[unit].literal:
        unit += 1
    return unit == len(units)
