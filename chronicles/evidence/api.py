"""Public Python names that a change took away, or made to be called otherwise.

griffe reads both versions of a module from memory and compares them; what it says is then held against a
question: would code that used the old module by its public names still run? What leaves that open is not
called a break. So none is reported for

- modules, names and folders that are private by their underscore, and for tests, documents, examples and scripts;
- a name outside `__all__`, where there is one;
- a name that is still importable from the module because it is imported there, or served by its `__getattr__`, or
  may come through a star import;
- a member that went from a class with a base outside the module, which may well inherit it;
- a parameter default or a return annotation that changed: callers still run;
- positional-only parameters (and `*args`, `**kwargs`) that changed their name.

A file that is gone takes its public names with it. Whether it merely moved is not known here: the caller
compares paths. A version that cannot be parsed gives no breaks.
"""

from __future__ import annotations

import ast
import builtins
import logging
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from chronicles.evidence.imports import module_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    import griffe

__all__ = ["Break", "BreakKind", "find_function_breaks", "load_module", "public_breaks", "public_names"]


class BreakKind(StrEnum):
    """What broke."""

    MODULE_REMOVED = "module removed"
    """The module is gone, and this public name with it."""
    NAME_REMOVED = "name removed"
    KIND_CHANGED = "kind changed"
    """A function became a class, a method a property, …"""
    PARAMETER_REMOVED = "parameter removed"
    PARAMETER_MOVED = "parameter moved"
    PARAMETER_REQUIRED = "parameter required"
    """A parameter that callers did not have to give, or that is new, has to be given."""
    PARAMETER_KIND = "parameter kind changed"
    """A parameter can no longer be given by position, or by name."""
    BASE_REMOVED = "base class removed"


@dataclass(frozen=True, slots=True)
class Break:
    """One break of the public API."""

    kind: BreakKind
    name: str
    """The name that broke, dotted from its top-level package."""
    detail: str
    """What of it: the parameter's name, the kinds, the bases; empty where the name says all."""


_NOT_PUBLIC = re.compile(
    r"(?:^|/)(?:tests?|testing|docs?|doc|examples?|samples?|scripts?|tools?|benchmarks?|bench|asv_bench|ci|build|dist)/|"
    r"(?:^|/)(?:setup|conftest|noxfile|fabfile|tasks|manage|dodo)\.py$|(?:^|/)test_[^/]*$|_test\.py$"
)


def _is_public_module(path: str) -> bool:
    """Whether others may import a module by its path."""
    if not path.endswith(".py") or _NOT_PUBLIC.search(path.replace("src/", "", 1)):
        return False
    return not any(part.startswith("_") or not part.isidentifier() for part in module_name(path).split("."))


def public_breaks(path: str, before: str | None, after: str | None) -> tuple[Break, ...]:
    """Compare the public API of two versions of a module.

    Args:
        path: The module's path.
        before: Its source before; None for a new file, which breaks nothing.
        after: Its source after; None for a file that is gone.

    Returns:
        The breaks, sorted by name and kind.
    """
    if before is None or before == after or not _is_public_module(path):
        return ()
    old = _load(path, before)
    if old is None:
        return ()
    if after is None:
        names = sorted(_public(old))
        return tuple(Break(BreakKind.MODULE_REMOVED, f"{old.path}.{name}", "") for name in names)
    new = _load(path, after)
    return () if new is None else tuple(sorted(_compare(old, new, after), key=_order))


def _order(found: Break) -> tuple[str, str, str]:
    return found.name, found.kind, found.detail


def public_names(path: str, text: str) -> frozenset[str]:
    """List the names that a module offers, its classes' members not included.

    Args:
        path: The module's path.
        text: Its source.

    Returns:
        Names as they are imported from it; none for a private module or one that cannot be parsed.
    """
    module = _load(path, text) if _is_public_module(path) else None
    return frozenset() if module is None else frozenset(_public(module))


def _public(module: griffe.Module) -> Iterator[str]:
    """Name the public members of a module."""
    for name, member in module.members.items():
        if member.is_public and not name.endswith("*") and not (member.is_alias and module.exports is None):
            yield name


@contextmanager
def _silence() -> Iterator[None]:
    """Keep griffe's log and Python's own warnings about the code read to ourselves."""
    log = logging.getLogger("griffe")
    disabled, log.disabled = log.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.disabled = disabled


_MAX_LINES = 10_000
"""Lines beyond which a module is data; griffe takes time by their square where one name is assigned again and again."""


@lru_cache(maxsize=64)
def _load(path: str, text: str) -> griffe.Module | None:
    """Read a module from memory; None where it cannot be parsed.

    Remembered, since the module after one commit is the module before the next, and each is asked for breaks and names.
    """
    return load_module(module_name(path), path, text)


def load_module(name: str, path: str, text: str) -> griffe.Module | None:
    """Read a module from memory.

    Args:
        name: Its dotted name, which its relative imports start from.
        path: Its path, of which only the last part is used.
        text: Its source.

    Returns:
        The module, its imports followed nowhere; None where it cannot be parsed or is too long to be written by hand.
    """
    if text.count("\n") > _MAX_LINES:
        return None
    import griffe  # noqa: PLC0415 - 45 ms that only a commit with Python sources pays

    package, _, own = name.rpartition(".")
    parent = None
    for part in package.split(".") if package else ():
        # Relative imports climb from module to package, so the packages above have to be there.
        parent = griffe.Module(part, filepath=Path("/nowhere/__init__.py"), parent=parent)
    try:
        with _silence():
            # A path that is not there: griffe reads nothing from it, and is told only whether this is a package.
            return griffe.visit(own, Path("/nowhere") / Path(path).name, text, parent=parent)
    except (SyntaxError, ValueError, RecursionError, MemoryError, griffe.GriffeError):
        return None


def _compare(old: griffe.Module, new: griffe.Module, after: str) -> Iterator[Break]:
    """Keep the breakages that are breaks."""
    import griffe  # noqa: PLC0415 - see `_load`

    served = _served(new, after)
    try:
        with _silence():
            found = list(griffe.find_breaking_changes(old, new))
    except (griffe.GriffeError, RecursionError, KeyError, AttributeError, ValueError):
        # A cycle of aliases, or a shape that griffe has no answer for.
        return
    for breakage in found:
        kind = _kind(breakage.kind.name)
        if kind is None or _excused(breakage, kind, old, new, served):
            continue
        yield Break(kind, breakage.obj.path, _detail(breakage, kind))


def find_function_breaks(old: griffe.Function, new: griffe.Function) -> Iterator[tuple[BreakKind, str]]:
    """Compare how two functions may be called, what is bound when a method is called (`self`, `cls`) left out.

    Args:
        old: The function before.
        new: The function after, wherever it is.

    Yields:
        What broke, and of which parameter.
    """
    import griffe  # noqa: PLC0415 - see `_load`

    before, after = _calling(old), _calling(new)
    with _silence():
        found = list(griffe.find_breaking_changes(before, after))
    for breakage in found:
        kind = _kind(breakage.kind.name)
        if kind is None or _renamed_parameter(breakage, kind, before, after, ["called"]):
            continue
        yield kind, _detail(breakage, kind)


def _calling(function: griffe.Function) -> griffe.Module:
    """A module of one function: what callers give to another one."""
    import griffe  # noqa: PLC0415 - see `_load`

    by_place = griffe.ParameterKind.positional_only
    given = [
        # Before there was a sign for it, two underscores said that a parameter is given by position.
        griffe.Parameter(one.name, kind=by_place, default=one.default) if one.name.startswith("__") else one
        for one in function.parameters
    ]
    bound = function.parent is not None and function.parent.is_class and "staticmethod" not in function.labels
    if bound and given and given[0].kind is not griffe.ParameterKind.var_positional:
        given = given[1:]
    module = griffe.Module("module")
    module.set_member("called", griffe.Function("called", parameters=griffe.Parameters(*given)))
    return module


def _kind(name: str) -> BreakKind | None:
    """Translate griffe's kind; None for those that are no break here."""
    return {
        "OBJECT_REMOVED": BreakKind.NAME_REMOVED,
        "OBJECT_CHANGED_KIND": BreakKind.KIND_CHANGED,
        "PARAMETER_REMOVED": BreakKind.PARAMETER_REMOVED,
        "PARAMETER_MOVED": BreakKind.PARAMETER_MOVED,
        "PARAMETER_ADDED_REQUIRED": BreakKind.PARAMETER_REQUIRED,
        "PARAMETER_CHANGED_REQUIRED": BreakKind.PARAMETER_REQUIRED,
        "PARAMETER_CHANGED_KIND": BreakKind.PARAMETER_KIND,
        "CLASS_REMOVED_BASE": BreakKind.BASE_REMOVED,
    }.get(name)


@dataclass(frozen=True, slots=True)
class _Served:
    """What a module offers beyond its definitions."""

    names: frozenset[str]
    """Strings in its `__getattr__`."""
    anything: bool
    """Whether a star import may bring any name."""


def _served(new: griffe.Module, after: str) -> _Served:
    """Read what `__getattr__` and star imports may offer."""
    anything = any(name.endswith("*") for name in new.members)
    names: set[str] = set()
    if "__getattr__" in new.members:
        for node in ast.parse(after).body:
            if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
                parts = ast.walk(node)
                names = {n.value for n in parts if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return _Served(frozenset(names), anything)


def _excused(
    breakage: griffe.Breakage, kind: BreakKind, old: griffe.Module, new: griffe.Module, served: _Served
) -> bool:
    """Whether callers of the old module may still run in spite of a breakage."""
    import griffe  # noqa: PLC0415 - see `_load`

    inside = breakage.obj.path.removeprefix(f"{old.path}.").split(".")
    if any(part.startswith("_") and not re.fullmatch(r"__\w+__", part) for part in inside):
        return True
    match kind:
        case BreakKind.NAME_REMOVED:
            return _still_there(breakage, inside, new, served)
        case BreakKind.BASE_REMOVED:
            return not _detail(breakage, kind)
        case BreakKind.KIND_CHANGED:
            values = {breakage.old_value, breakage.new_value}
            return values == {griffe.Kind.FUNCTION, griffe.Kind.CLASS} and breakage.new_value is griffe.Kind.CLASS
        case _:
            # Python itself calls the other special methods, by position.
            special = inside[-1].startswith("__") and inside[-1] not in {"__init__", "__new__", "__call__"}
            return special or _renamed_parameter(breakage, kind, old, new, inside)


def _still_there(breakage: griffe.Breakage, inside: list[str], new: griffe.Module, served: _Served) -> bool:
    """Whether a name that is no longer defined may still be had, or was never offered."""
    if inside[-1] == "__del__" or inside[-1].endswith("*"):  # the latter is how griffe names a star import
        return True
    if not breakage.obj.is_alias and _TOOL_OF_ITS_OWN.match(str(getattr(breakage.obj, "value", ""))):
        return True
    if len(inside) == 1:
        return served.anything or inside[0] in served.names
    return _may_inherit(new, inside[:-1])


def _renamed_parameter(
    breakage: griffe.Breakage, kind: BreakKind, old: griffe.Module, new: griffe.Module, inside: list[str]
) -> bool:
    """Whether a parameter that callers cannot name only changed its name."""
    before, after = _function(old, inside), _function(new, inside)
    parameter = breakage.old_value or breakage.new_value
    if before is None or after is None or getattr(parameter, "kind", None) is None:
        return False
    style: str = parameter.kind.value
    if style.startswith("variadic"):
        return style in {other.kind.value for other in after.parameters if other.kind}
    if style == "positional-only" and kind in {BreakKind.PARAMETER_REMOVED, BreakKind.PARAMETER_REQUIRED}:
        return _positional(before) == _positional(after)
    return False


def _positional(function: griffe.Function) -> int:
    """Count the parameters that have to be given by position."""
    return sum(
        1
        for given in function.parameters
        if given.required and given.kind and given.kind.value.startswith("positional")
    )


def _function(module: griffe.Module, inside: list[str]) -> griffe.Function | None:
    """Find a function by its path inside a module; None where the way leads through an import to elsewhere."""
    import griffe  # noqa: PLC0415 - see `_load`

    try:
        found = module[tuple(inside)]
    except (KeyError, ValueError, griffe.GriffeError):
        return None
    return found if not found.is_alias and found.is_function else None


_MARKER_BASE = re.compile(r"(?:[\w.]*\.)?(?:object|ABC|Generic|Protocol)(?:\[.*)?", re.DOTALL)
"""Bases that callers see nothing of."""
_TOOL_OF_ITS_OWN = re.compile(r"(?:[\w.]*\.)?(?:TypeVar|ParamSpec|TypeVarTuple|getLogger)\(")
"""Values that a module makes for its own use, whatever their name."""
_PLAIN_BASES = frozenset(
    {
        *(name for name in dir(builtins) if isinstance(getattr(builtins, name), type)),
        *("ABC", "Protocol", "Generic", "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "NamedTuple", "TypedDict"),
    }
)
"""Bases whose members are known not to be the ones that went."""


def _may_inherit(new: griffe.Module, inside: list[str]) -> bool:
    """Whether a class has a base, or a base of a base, that this module does not define."""
    import griffe  # noqa: PLC0415 - see `_load`

    waiting, seen = [inside], set()
    while waiting:
        path = tuple(waiting.pop())
        if path in seen:
            continue
        seen.add(path)
        try:
            klass = new[path]
        except (KeyError, ValueError, griffe.GriffeError):
            return True  # the base is another module's: `textwrap.TextWrapper`
        if klass.is_alias or not klass.is_class:
            return True
        for base in klass.bases:
            name = re.sub(r"\[.*", "", str(base), flags=re.DOTALL)
            if name.rpartition(".")[2] not in _PLAIN_BASES:
                waiting.append(name.split("."))
    return False


def _detail(breakage: griffe.Breakage, kind: BreakKind) -> str:
    """Say what of a name broke, in a few words."""
    old, new = breakage.old_value, breakage.new_value
    if kind is BreakKind.NAME_REMOVED:
        return ""
    if kind is BreakKind.KIND_CHANGED:
        return f"{old.value} to {new.value}"
    if kind is BreakKind.BASE_REMOVED:
        kept = {str(base) for base in new}
        gone = (str(base) for base in old if str(base) not in kept)
        return ", ".join(base for base in gone if not _MARKER_BASE.fullmatch(base))
    return str((old or new).name)
