"""What a project asks for after a range that it did not ask for before, both values read from the trees.

Told are the least version of the language, the least versions of what is installed with the project, versions that
are no longer allowed, what is required now, what is no longer required (who relied on its being there misses it), and
what was an extra and is required now or the other way round; what is asked for only on some machines with its marker.
Only fewer versions of the language stop somebody: what is installed with a project comes along whatever is asked for,
so that a newer library is listed and is no break. What the manifests of one folder ask for is one list, so that a
requirement that went from `setup.cfg` to `pyproject.toml` is compared with itself; where a list is worked out when the
project is built, nothing is said to be new to it or gone from it. Development groups, lock files and images are the
project's own.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from chronicles.evidence.dependencies import RUNTIME_GROUP, Requirement, ecosystem_of, requirements_of
from chronicles.evidence.ranges.broken import Broken, Note, Part
from chronicles.evidence.ranges.declared import is_worked_out, manifests, parse_setup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chronicles.evidence.ranges.span import Span
    from chronicles.history.repository import TreeEntry

__all__ = ["find_need_breaks"]

_NAMES = ("pyproject.toml", "setup.cfg", "setup.py", "package.json", "go.mod", "Cargo.toml")
_GROUPS = ("main", "peer", RUNTIME_GROUP)


class _Need(NamedTuple):
    """What is asked for of one name."""

    wanted: str
    """The versions, as they are written."""
    path: str
    """The file that asks."""
    where: str = ""
    """The machines on which it is asked for, as the file says; empty for all."""
    optional: bool = False
    """Whether only those ask for it who want an extra."""


_Needs = dict[tuple[str, str, str], _Need]
"""By folder, ecosystem and name."""
_LISTED = ("now required", "no longer required", "optional now")
"""Kinds of which several stand on one line, after those that have a line each."""


@dataclass(slots=True)
class _Side:
    """What one tree asks for."""

    needs: _Needs = field(default_factory=dict)
    whole: set[tuple[str, str]] = field(default_factory=set)
    """Folders and ecosystems of which all that is asked for is known."""


def find_need_breaks(span: Span) -> Iterator[Broken]:
    """Compare what the manifests of a range's two trees ask for."""
    touched = {name for change in span.changes.files for name in change.names}
    if not any(path.rpartition("/")[2] in _NAMES for path in touched):
        return
    before, after = _read(span, span.before), _read(span, span.after)
    found = []
    for key in sorted(before.needs.keys() | after.needs.keys()):
        was, now = before.needs.get(key), after.needs.get(key)
        if (was is None or now is None) and key[:2] not in before.whole & after.whole:
            continue  # a project that is new, or gone, or does not say what it needs
        if kind := _what_broke(was, now, language=_is_language(key[2])):
            found.append(_told(key, kind, was, now))
    yield from sorted(found, key=lambda one: (not one.breaking, one.kind in _LISTED and _LISTED.index(one.kind) + 1))


def _told(key: tuple[str, str, str], kind: str, was: _Need | None, now: _Need | None) -> Broken:
    where = {need.where for need in (was, now) if need}
    alike = where.pop() if len(where) == 1 else ""
    return Broken(
        *(Part.NEEDS, kind, key[2], key[0]),
        before=_shown(was, now, alike),
        after=_shown(now, was, alike),
        notes=(Note("where {}", (alike,)),) if alike else (),
        path=now.path if now else was.path if was else None,
        breaking=_is_language(key[2]),
    )


def _shown(need: _Need | None, other: _Need | None, where: str) -> str | None:
    """A wish as it is written; one for any version in words where another stands beside it."""
    if need is None:
        return None
    wanted = need.wanted or ("any version" if other else "")
    return "; ".join(part for part in (wanted, need.where if need.where != where else "") if part) or None


def _is_language(name: str) -> bool:
    return name in ("python", "node", "go", "rust", "npm", "yarn", "pnpm")


def _read(span: Span, tree: Mapping[str, TreeEntry]) -> _Side:
    """What the manifests of a tree ask for, extras last: what is required too is no extra."""
    side, extras = _Side(), _Side()
    said: dict[tuple[str, str], dict[str, bool | None]] = {}
    for folder, name, entry in manifests(tree, _NAMES):
        text = span.text(entry.object_id) or ""
        project = folder, ecosystem_of(entry.path) or "python"
        said.setdefault(project, {})[name] = _says_all(name, entry.path, text)
        asked = _of_setup(text) if name == "setup.py" else requirements_of(entry.path, text) or ()
        some, wished = _conditions(text) if name == "pyproject.toml" else ({}, frozenset())
        own = _own_groups(text) if name == "pyproject.toml" else frozenset({"dev", "build", "indirect"})
        for one in asked:
            wanted, where = _parted(one.wanted)
            need = _Need(wanted, entry.path, where or some.get(one.name, ""), one.name in wished)
            if one.group in _GROUPS:
                side.needs.setdefault((*project, one.name), need)
            elif one.group not in own:
                extras.needs.setdefault((*project, one.name), need._replace(optional=True))
    side.needs = {**extras.needs, **side.needs}
    side.whole = {project for project, words in said.items() if _is_whole(words)}
    return side


def _is_whole(said: Mapping[str, bool | None]) -> bool:
    """Whether all that a project asks for is in its manifests; a table that is not dynamic wins over a `setup.py`."""
    return said.get("pyproject.toml") is True or (True in said.values() and False not in said.values())


def _parted(wanted: str) -> tuple[str, str]:
    """Part `>=1; python_version < "3.8"` into versions and marker; several of them stay as they are."""
    versions, _, where = wanted.partition(";")
    return (wanted, "") if "||" in wanted else (versions.strip(), where.strip())


def _says_all(name: str, path: str, text: str) -> bool | None:
    """Whether a manifest has all that its project asks for as constants; None where it leaves that to another."""
    if name == "setup.py":
        return not is_worked_out(text, "install_requires")
    if requirements_of(path, text) is None:
        return False
    if name == "setup.cfg":
        lines = _listed_in(text)
        return None if lines is None else not re.search(r"(?m)^\s*(?:file|attr):", lines)
    if name != "pyproject.toml":
        return True
    project, dynamic = _table(text, "project"), _table(text, "project").get("dynamic")
    listed = project and not (isinstance(dynamic, list) and "dependencies" in dynamic)
    return True if listed or _table(text, "tool", "poetry", "dependencies") else None


def _listed_in(text: str) -> str | None:
    """What a `setup.cfg` lists as requirements; None where it lists none."""
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    return parser.get("options", "install_requires", fallback=None)


def _conditions(text: str) -> tuple[Mapping[str, str], frozenset[str]]:
    """On which machines Poetry's table asks for what it does not ask for on all, and what only with an extra."""
    table = _table(text, "tool", "poetry", "dependencies")
    named = {re.sub(r"[-_.]+", "-", name).lower(): value for name, value in table.items() if isinstance(value, dict)}
    signs = {"python": "python ", "markers": "", "platform": "platform "}
    some = {
        name: " and ".join(f"{words}{value[sign]}" for sign, words in signs.items() if sign in value)
        for name, value in named.items()
    }
    return some, frozenset(name for name, value in named.items() if value.get("optional") is True)


def _own_groups(text: str) -> frozenset[str]:
    """Groups of a pyproject.toml that only its developers install."""
    groups = (*_table(text, "dependency-groups"), *_table(text, "tool", "poetry", "group"))
    return frozenset({"dev", "build", *groups})


def _table(text: str, *keys: str) -> Mapping[str, Any]:
    """A table of a TOML file; empty where there is none."""
    try:
        found: Any = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _of_setup(text: str) -> Iterator[Requirement]:
    """The requirements that a `setup.py` has as constants."""
    given = parse_setup(text)
    if isinstance(python := given.get("python_requires"), str):
        yield Requirement("python", RUNTIME_GROUP, python)
    lines = given.get("install_requires")
    listed = "\n".join(map(str, lines)) if isinstance(lines, list | tuple) else str(lines or "")
    yield from requirements_of("requirements.txt", listed) or ()


def _what_broke(was: _Need | None, now: _Need | None, *, language: bool) -> str | None:
    """In which way the second wish allows less than the first; None where it does not, or where that is unknown."""
    if was is None or now is None:
        one = was or now
        told = one is not None and not one.optional and not language
        return ("now required" if now else "no longer required") if told else None
    if was.optional != now.optional:
        return "now required, no longer optional" if was.optional else "optional now"
    return None if was.optional else _narrowed(_bounds(was.wanted), _bounds(now.wanted))


def _narrowed(old: _Bounds, new: _Bounds) -> str | None:
    """At which end fewer versions are allowed."""
    if new.least is not None and (old.least is None or _less(old.least, new.least)):
        return "minimum raised"
    if new.below is not None and (old.below is None or _less(new.below, old.below)):
        return "newest version lowered" if old.below is not None else "newest version limited"
    return None


class _Bounds:
    """The least version that is allowed, and the first that is not."""

    def __init__(self, least: tuple[int, ...] | None, below: tuple[int, ...] | None) -> None:
        self.least, self.below = least, below


_CLAUSE = re.compile(r"(?P<sign>>=|<=|===?|~=|!=|\^|~>?|>|<|=|v)?\s*v?(?P<version>\d+(?:\.\d+)*)(?P<any>\.[*xX])?")


def _bounds(wanted: str) -> _Bounds:
    """Read a wish; of several alternatives (`a || b`) the widest.

    ">=2.1,<3" -> 2.1 and 3, "^1.4" -> 1.4 and 2, "==2.0.0" -> 2.0.0 and 2.0.0.1, "*" -> None and None
    """
    ways = [_one_way(way.partition(";")[0]) for way in re.split(r"\|\|?", wanted)]
    leasts, belows = [way.least for way in ways], [way.below for way in ways]
    least = None if None in leasts else min((one for one in leasts if one is not None), default=None)
    below = None if None in belows else max((one for one in belows if one is not None), default=None)
    return _Bounds(least, below)


def _one_way(wanted: str) -> _Bounds:
    least: tuple[int, ...] | None = None
    below: tuple[int, ...] | None = None
    for found in _CLAUSE.finditer(wanted):
        version = tuple(int(part) for part in found["version"].split(".") if len(part) < 10)
        sign = "==" if found["any"] else found["sign"] or ("==" if "." in found["version"] else ">=")
        if sign in (">=", ">", "==", "===", "=", "^", "~", "~>", "~=", "v"):
            least = version if least is None or _less(least, version) else least
        end = _end(sign, version, whole=bool(found["any"]))
        if end is not None:
            below = end if below is None or _less(end, below) else below
    return _Bounds(least, below)


def _end(sign: str, version: tuple[int, ...], *, whole: bool) -> tuple[int, ...] | None:
    """The first version that a clause shuts out above; None where it shuts out none."""
    if sign == "<":
        return version
    if sign in ("<=", "==", "===", "="):
        return (*version[:-1], version[-1] + 1) if whole else (*version, 1)
    if sign == "^":
        at = next((at for at, part in enumerate(version) if part), len(version) - 1)
        return (*version[:at], version[at] + 1)
    if sign in ("~", "~=", "~>"):
        at = max(0, len(version) - 2) if sign != "~" or len(version) > 2 else len(version) - 1
        return (*version[:at], version[at] + 1)
    return None


def _less(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether one version is before another, missing parts counted as 0."""
    pairs = list(zip_longest(one, other, fillvalue=0))
    return [pair[0] for pair in pairs] < [pair[1] for pair in pairs]
