"""What a project asks for after a range that it did not ask for before, both values read from the trees.

Told are the least version of the language, the least versions of what is installed with the project, versions that
are no longer allowed, what is no longer required (who relied on its being there misses it now), and what was an extra
and is required now. A new requirement breaks nobody by itself, and what was asked for only on some machines is left
out. Only fewer versions of the language stop somebody: what is installed with a project comes along whatever is asked
for, so that a newer library is listed and is no break. What the manifests of one folder ask for is one list, so that a
requirement that went from `setup.cfg` to `pyproject.toml` is compared with itself. Development groups, lock files and
images are the project's own.
"""

from __future__ import annotations

import re
import tomllib
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from chronicles.evidence.dependencies import RUNTIME_GROUP, Requirement, ecosystem_of, requirements_of
from chronicles.evidence.ranges.broken import Broken, Part
from chronicles.evidence.ranges.declared import manifests, parse_setup

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
    path: str
    """The file that asks."""
    always: bool = True
    """Whether it is asked for on every machine."""
    optional: bool = False
    """Whether only those ask for it who want an extra."""


_Needs = dict[tuple[str, str, str], _Need]
"""By folder, ecosystem and name."""


def find_need_breaks(span: Span) -> Iterator[Broken]:
    """Compare what the manifests of a range's two trees ask for."""
    touched = {name for change in span.changes.files for name in change.names}
    if not any(path.rpartition("/")[2] in _NAMES for path in touched):
        return
    before, after = _needs(span, span.before), _needs(span, span.after)
    known = {key[:2] for key in before} & {key[:2] for key in after}
    for key in sorted(before.keys() | after.keys(), key=lambda key: (not _is_language(key[2]), key)):
        if key[:2] not in known:
            continue  # a project that is new, or gone, or no longer says what it needs
        was, now = before.get(key), after.get(key)
        language = _is_language(key[2])
        kind = _what_broke(was, now, language=language)
        if kind:
            yield Broken(
                *(Part.NEEDS, kind, key[2], key[0]),
                before=_shown(was, now),
                after=_shown(now, was),
                path=now.path if now else was.path if was else None,
                breaking=language,
            )


def _shown(need: _Need | None, other: _Need | None) -> str | None:
    """A wish as it is written; one for any version in words where another stands beside it."""
    if need is None:
        return None
    return need.wanted or ("any version" if other else None)


def _is_language(name: str) -> bool:
    return name in ("python", "node", "go", "rust", "npm", "yarn", "pnpm")


def _needs(span: Span, tree: Mapping[str, TreeEntry]) -> _Needs:
    """What the manifests of a tree ask for, extras last: what is required too is no extra."""
    found: _Needs = {}
    extras: _Needs = {}
    for folder, name, entry in manifests(tree, _NAMES):
        text = span.text(entry.object_id) or ""
        asked = _of_setup(text) if name == "setup.py" else requirements_of(entry.path, text) or ()
        some, wished = _conditions(text) if name == "pyproject.toml" else (frozenset(), frozenset())
        own = _own_groups(text) if name == "pyproject.toml" else frozenset({"dev", "build", "indirect"})
        for one in asked:
            key = folder, ecosystem_of(entry.path) or "python", one.name
            always = one.name not in some and ";" not in one.wanted
            if one.group in _GROUPS:
                found.setdefault(key, _Need(one.wanted, entry.path, always, one.name in wished))
            elif one.group not in own:
                extras.setdefault(key, _Need(one.wanted, entry.path, always, optional=True))
    return {**extras, **found}


def _conditions(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """What Poetry's table of dependencies asks for only on some machines, and what only with an extra."""
    table = _table(text, "tool", "poetry", "dependencies")
    signs = {"python", "markers", "platform"}
    named = {re.sub(r"[-_.]+", "-", name).lower(): value for name, value in table.items()}
    some = {
        name
        for name, value in named.items()
        if isinstance(value, list) or (isinstance(value, dict) and signs & value.keys())
    }
    wished = {name for name, value in named.items() if isinstance(value, dict) and value.get("optional") is True}
    return frozenset(some), frozenset(wished)


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
        gone = was is not None and was.always and not was.optional and not language
        return "no longer required" if gone else None
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
    ways = [_one_way(way) for way in re.split(r"\|\|?", wanted.partition(";")[0])]
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
