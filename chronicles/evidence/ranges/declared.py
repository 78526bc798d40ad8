"""What a project's manifests declare to those who install it, and what of that went in a range.

Commands, plugins and other entry points, extras, and the paths that a JavaScript package exports. Both trees'
declarations are compared as wholes: what went from `setup.cfg` to `pyproject.toml` is no news. `setup.py` is read off
its syntax tree, never run. Manifests of tests and examples declare nothing.
"""

from __future__ import annotations

import ast
import configparser
import json
import re
import tomllib
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from chronicles.evidence.ranges.broken import Broken, Part
from chronicles.evidence.ranges.modules import is_shipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chronicles.evidence.ranges.span import Span
    from chronicles.history.repository import TreeEntry

__all__ = ["find_declared_breaks", "is_worked_out", "manifests", "parse_setup"]


class _Entry(NamedTuple):
    """One thing that a manifest declares."""

    project: str
    """The folder of the manifest; empty for the top."""
    group: str
    """`command`, an entry point group, `extra`, `export`."""
    name: str


_NAMES = ("pyproject.toml", "setup.cfg", "setup.py", "package.json")
_COMMANDS = ("console_scripts", "gui_scripts")


def find_declared_breaks(span: Span) -> Iterator[Broken]:
    """Tell the entry points and extras of the tree before that are not in the tree after."""
    touched = {name for change in span.changes.files for name in change.names}
    if any(path.rpartition("/")[2] in _NAMES for path in touched):
        before, after = (_entries(span, tree) for tree in (span.before, span.after))
        kept = set(after)
        yield from (_broken(entry, path) for entry, path in sorted(before.items()) if entry not in kept)


def _broken(entry: _Entry, path: str) -> Broken:
    if entry.group == "extra":
        return Broken(Part.NEEDS, "extra removed", entry.name, entry.project, path=path)
    kind = {"command": "command no longer installed", "export": "export removed"}.get(
        entry.group, "entry point removed"
    )
    within = "" if entry.group in ("command", "export") else entry.group
    return Broken(Part.COMMANDS, kind, entry.name, within, path=path)


def manifests(tree: Mapping[str, TreeEntry], names: tuple[str, ...]) -> Iterator[tuple[str, str, TreeEntry]]:
    """The manifests of a tree that are not a test's or an example's: folder, name and entry."""
    for path, entry in tree.items():
        folder, _, name = path.rpartition("/")
        if name in names and is_shipped(f"{folder}/pyproject.toml") and "fixture" not in folder:
            yield folder, name, entry


def _entries(span: Span, tree: Mapping[str, TreeEntry]) -> dict[_Entry, str]:
    """What the manifests of a tree declare, each with the file that does."""
    found: dict[_Entry, str] = {}
    for folder, name, entry in manifests(tree, _NAMES):
        try:
            for group, item in _READERS[name](span.text(entry.object_id) or ""):
                found.setdefault(_Entry(folder, group, item), entry.path)
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError, configparser.Error):
            continue  # not its syntax, or another shape than it has: nothing can be said of it
    return found


def _read_pyproject(text: str) -> Iterator[tuple[str, str]]:
    document = tomllib.loads(text)
    project = document.get("project", {})
    poetry = document.get("tool", {}).get("poetry", {})
    for table in (project.get("scripts", {}), project.get("gui-scripts", {}), poetry.get("scripts", {})):
        yield from (("command", name) for name in table)
    for groups in (project.get("entry-points", {}), poetry.get("plugins", {})):
        yield from ((_group(group), name) for group, table in groups.items() for name in table)
    for table in (project.get("optional-dependencies", {}), poetry.get("extras", {})):
        yield from (("extra", _normal(name)) for name in table)


def _read_setup_cfg(text: str) -> Iterator[tuple[str, str]]:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    if parser.has_section("options.entry_points"):
        for group, lines in parser.items("options.entry_points"):
            yield from ((_group(group), name) for name in _script_names(lines.splitlines()))
    for line in parser.get("options", "scripts", fallback="").splitlines():
        yield from (("command", name) for name in _file_names(line))
    if parser.has_section("options.extras_require"):
        yield from (("extra", _normal(name)) for name, _ in parser.items("options.extras_require"))


def _read_setup(text: str) -> Iterator[tuple[str, str]]:
    given = parse_setup(text)
    points = given.get("entry_points", {})
    if isinstance(points, dict):
        for group, lines in points.items():
            yield from ((_group(str(group)), name) for name in _script_names(lines))
    scripts = given.get("scripts")
    for path in scripts if isinstance(scripts, list | tuple) else ():
        yield from (("command", name) for name in _file_names(str(path)))
    extras = given.get("extras_require", {})
    if isinstance(extras, dict):
        yield from (("extra", _normal(str(name).partition(":")[0])) for name in extras if not str(name).startswith(":"))


def _read_package(text: str) -> Iterator[tuple[str, str]]:
    document = json.loads(text)
    commands = document.get("bin", {})
    if isinstance(commands, str):
        yield "command", str(document.get("name", "")).rpartition("/")[2]
    else:
        yield from (("command", str(name)) for name in commands)
    exports = document.get("exports", {})
    if isinstance(exports, dict):
        yield from (("export", name) for name in exports if name.startswith("."))


_READERS: Mapping[str, Callable[[str], Iterator[tuple[str, str]]]] = {
    "pyproject.toml": _read_pyproject,
    "setup.cfg": _read_setup_cfg,
    "setup.py": _read_setup,
    "package.json": _read_package,
}


def _group(name: str) -> str:
    return "command" if name in _COMMANDS else name


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _file_names(path: str) -> Iterator[str]:
    """The name under which a script is installed; none of an empty line."""
    if name := path.strip().rpartition("/")[2]:
        yield name


def _script_names(lines: object) -> Iterator[str]:
    """The names of `name = module:function` lines."""
    for line in lines if isinstance(lines, list) else str(lines).splitlines():
        name, sign, _ = str(line).partition("=")
        if sign and name.strip():
            yield name.strip()


def is_worked_out(text: str, name: str) -> bool:
    """Whether a `setup.py` may give `setup` a value that can be known only when it runs."""
    tree = _parse(text)
    if tree is None or not (calls := list(_setup_calls(tree))):
        return True
    given = [keyword for call in calls for keyword in call.keywords]
    # A name that is bound once and given to `setup` is in two places; a list that grows under a condition is in more.
    uses = Counter(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    values = [keyword.value for keyword in given if keyword.arg == name]
    if any(keyword.arg is None for keyword in given) or (values and parse_setup(text).get(name) is None):
        return True
    return any(isinstance(value, ast.Name) and uses[value.id] > _BOUND_AND_GIVEN for value in values)


_BOUND_AND_GIVEN = 2


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _setup_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "setup":
            yield node


def parse_setup(text: str) -> dict[str, Any]:
    """Read what a `setup.py` gives to `setup` as constants, names of the module looked up; the rest is left out."""
    tree = _parse(text)
    if tree is None:
        return {}
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: dict[str, Any] = {}
    for keyword in (keyword for call in _setup_calls(tree) for keyword in call.keywords):
        if keyword.arg is None:
            continue
        value = named.get(keyword.value.id) if isinstance(keyword.value, ast.Name) else keyword.value
        try:
            found[keyword.arg] = ast.literal_eval(value) if value is not None else None
        except (ValueError, TypeError, MemoryError, RecursionError):
            continue  # worked out when it runs
    return found
