"""Whether what used one definition can use another in its place: a function, a class with all it inherits, a value.

Asked is the caller's question: would code that ran against the first still run against the second? What cannot be told
from the two trees is no difference, or it is marked unsure: a member that went from a class with a base outside the
tree. Nothing is said of how a function is called that a framework calls (a command, a fixture), of a value that may
well be callable, of a changed default or annotation. Inherited members count: a method that a class now has from a
private base is still there, and one that a public class lost with its private base is gone.
"""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.evidence.api import BreakKind, find_function_breaks
from chronicles.evidence.ranges.broken import Note
from chronicles.evidence.ranges.constructors import made_constructor
from chronicles.evidence.ranges.modules import Elsewhere, is_private

if TYPE_CHECKING:
    from collections.abc import Iterator

    import griffe

    from chronicles.evidence.ranges.modules import Modules

__all__ = ["Difference", "compare"]

_FRAMEWORK = re.compile(
    r"(?:^|\.)(?:command|group|callback|result_callback|fixture|route|task|event|listen\w*|on_\w+|validator|"
    r"field_validator|model_validator|hookimpl|register)\b"
)
"""Decorators after which a function is called by what decorates it."""
_BINDING = re.compile(r"(?:^|\.)(?:staticmethod|classmethod|overload|override|abstractmethod|final|deprecated)\b")
"""Decorators that leave a function one, and called as it is written."""
_OF_OBJECT = frozenset(
    {
        *dir(object),
        *("__slots__", "__match_args__", "__annotations__", "__del__", "__getattr__", "__module__", "__path__"),
        *("__unicode__", "__nonzero__", "__div__", "__cmp__", "__long__", "__coerce__", "__getslice__"),
    }
)
"""Special members that every class has in some way, that nobody asks for by name, or that were Python 2's."""
_IMPLIED = {
    "StrEnum": ("str", "Enum", "ReprEnum"),
    "IntEnum": ("int", "Enum", "ReprEnum"),
    "IntFlag": ("int", "Flag", "Enum", "ReprEnum"),
    "Flag": ("Enum",),
    "NamedTuple": ("tuple",),
    "TypedDict": ("dict",),
}
"""What bases of the standard library bring along."""
_TYPING = {
    **{name.capitalize(): name for name in ("list", "dict", "set", "tuple", "type", "deque")},
    "FrozenSet": "frozenset",
    "DefaultDict": "defaultdict",
}
"""Bases that `typing` has another name for."""
_MARKERS = frozenset({"object", "ABC", "Generic", "Protocol", "NamedTuple", "TypedDict", "Enum", "ReprEnum"})
"""Bases that callers see nothing of, or that stand for a way of writing a class."""
_NAMED = 3
"""Moved parameters that are named; more of them have one cause, a new one before them."""
_LITERAL = re.compile(r"\s*(?:[-+]?\d|[rbfuRBFU]{0,2}['\"]|[\[{(]|True\b|False\b|None\b|\.\.\.)")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that callers cannot do any more."""

    inside: str
    """The member it is about, dotted from the definition; empty for the definition itself."""
    notes: tuple[Note, ...]
    """What changed; none where it is gone."""
    origin: str
    """Where the thing was defined, so that what several names lead to is told once."""
    unsure: bool = False
    """Whether a base from outside the tree may have what is gone."""


def compare(old: griffe.Object, new: griffe.Object, before: Modules, after: Modules) -> Iterator[Difference]:
    """Compare two definitions.

    Args:
        old: The one that callers know.
        new: The one that they get now.
        before: The modules around the first.
        after: The modules around the second.
    """
    if note := _other_kind(old, new):
        yield Difference("", (note,), old.path)
    elif old.is_function and new.is_function:
        if notes := tuple(_call_notes(old, new)):  # type: ignore[arg-type]  # both are functions
            yield Difference("", notes, old.path)
    elif old.is_class and new.is_class:
        yield from _compare_classes(_Klass(old, before), _Klass(new, after))  # type: ignore[arg-type]  # both are classes


def _other_kind(old: griffe.Object, new: griffe.Object) -> Note | None:
    """Whether something became of a kind that cannot be used as before."""
    was, now = _sort(old), _sort(new)
    if was == now or "unknown" in (was, now) or (was, now) == ("function", "class"):
        return None
    return Note(f"was a {was}, is a {now} now")


def _sort(one: griffe.Object) -> str:
    """The sort of thing that callers take it for."""
    if one.is_class:
        return "class"
    if one.is_function:
        known = all(_BINDING.search(str(decorator.value)) for decorator in one.decorators)  # type: ignore[attr-defined]  # functions have them
        return "function" if known else "unknown"
    if "property" in one.labels:
        return "value"
    value = getattr(one, "value", None)
    return "value" if value is not None and _LITERAL.match(str(value)) else "unknown"


def _call_notes(old: griffe.Function, new: griffe.Function) -> Iterator[Note]:
    """How a function can no longer be called."""
    decorators = [str(decorator.value) for one in (old, new) for decorator in one.decorators]
    if any(_FRAMEWORK.search(decorator) for decorator in decorators):
        return
    found = list(find_function_breaks(old, new))
    of = {kind: tuple(dict.fromkeys(name for one, name in found if one is kind)) for kind in BreakKind}
    gone, needed = of[BreakKind.PARAMETER_REMOVED], of[BreakKind.PARAMETER_REQUIRED]
    gone, needed = _without_taken(old, new, gone, needed)
    places = zip(_by_position(old), _by_position(new), strict=False)
    renamed = {was: now for was, now in places if was in gone and now in needed}
    for was, now in renamed.items():
        yield Note("calls its parameter {} now {}", (was, now))
    if lost := tuple(name for name in gone if name not in renamed):
        yield Note("no longer takes {}", lost)
    if more := tuple(name for name in needed if name not in renamed.values()):
        yield Note("now requires {}", more)
    if otherwise := of[BreakKind.PARAMETER_KIND]:
        yield from _otherwise(new, otherwise)
    moved = of[BreakKind.PARAMETER_MOVED]
    if moved and not renamed and not _follows(old, new, gone):
        many = len(moved) > _NAMED
        words = "takes {} and others at other positions" if many else "takes {} at another position"
        yield Note(words, moved[:1] if many else moved)
    yield from _binding_notes(old, new, decorators)


def _without_taken(
    old: griffe.Function, new: griffe.Function, gone: tuple[str, ...], needed: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Leave out what a function took unnamed, as `*args` or `**more`: it may have been asked for all along."""
    kinds = {given.kind.value: given.name for given in old.parameters if given.kind}
    for variadic, named in (("variadic positional", _by_position(new)), ("variadic keyword", _by_name(new))):
        if variadic in kinds:
            needed = tuple(name for name in needed if name not in named)
            if set(named) - {given.name for given in old.parameters}:
                gone = tuple(name for name in gone if name != kinds[variadic])
    return gone, needed


def _otherwise(new: griffe.Function, names: tuple[str, ...]) -> Iterator[Note]:
    """How parameters of a changed kind are given now."""
    words = {"keyword-only": "takes {} by name only", "positional-only": "takes {} by position only"}
    kinds = {given.name: given.kind.value if given.kind else "" for given in new.parameters}
    for kind in sorted({kinds.get(name, "") for name in names}):
        these = tuple(name for name in names if kinds.get(name, "") == kind)
        yield Note(words.get(kind, "takes {} in another way"), these)


def _follows(old: griffe.Function, new: griffe.Function, gone: tuple[str, ...]) -> bool:
    """Whether parameters only moved up because others before them went."""
    left = [name for name in _by_position(old) if name not in gone]
    return _by_position(new)[: len(left)] == left


def _by_position(function: griffe.Function) -> list[str]:
    """The parameters that may be given by position, but for what is bound."""
    names = [given.name for given in function.parameters if given.kind and given.kind.value.startswith("positional")]
    return [name for name in names if name not in ("self", "cls")]


def _by_name(function: griffe.Function) -> list[str]:
    """The parameters that may be given by name."""
    kinds = ("positional or keyword", "keyword-only")
    return [given.name for given in function.parameters if given.kind and given.kind.value in kinds]


def _binding_notes(old: griffe.Function, new: griffe.Function, decorators: list[str]) -> Iterator[Note]:
    bound = {"classmethod", "staticmethod"}
    if old.labels & bound and not new.labels & bound and new.parent is not None and new.parent.is_class:
        yield Note("can only be called on an instance")
    if ("async" in old.labels) != ("async" in new.labels) and all(map(_BINDING.search, decorators)):
        yield Note("has to be awaited now" if "async" in new.labels else "can no longer be awaited")


class _Klass:
    """A class with all it inherits inside its tree."""

    def __init__(self, klass: griffe.Class, modules: Modules) -> None:
        self.own = klass
        self.modules = modules
        above = list(modules.ancestors(klass))
        self.above = [one for one in above if not isinstance(one, str)]
        names = {one.rpartition(".")[2] for one in above if isinstance(one, str)}
        names = {_TYPING.get(name, name) for name in names}
        self.outside = names | {implied for name in names for implied in _IMPLIED.get(name, ())}
        """Last names of the bases that are not in the tree."""

    @property
    def unknown(self) -> set[str]:
        """Bases of which it cannot be known what they have."""
        return {name for name in self.outside if name not in _MARKERS | _IMPLIED.keys() and not _is_builtin(name)}

    @property
    def made(self) -> bool:
        """Whether something else than its body makes its members: a decorator, a metaclass, a named tuple."""
        classes = (self.own, *self.above)
        return any(one.decorators or one.keywords for one in classes) or bool(self.outside & _IMPLIED.keys())

    def members(self) -> dict[str, griffe.Object]:
        """Its members by name, nearest first; imports inside a class body left out."""
        found: dict[str, griffe.Object] = {}
        made = None if self.unknown else made_constructor(self.own, self.above)
        if made is not None:
            found["__init__"] = made
        for one in (self.own, *self.above):
            for name, member in one.members.items():
                if not member.is_alias and member.runtime:
                    found.setdefault(name, member)  # type: ignore[arg-type]  # no alias
        return found

    def has_built_in(self, name: str) -> bool:
        """Whether a builtin base has a member."""
        return any(hasattr(getattr(builtins, base), name) for base in self.outside if _is_builtin(base))


def _is_builtin(name: str) -> bool:
    return isinstance(getattr(builtins, name, None), type)


def _compare_classes(old: _Klass, new: _Klass) -> Iterator[Difference]:
    """Compare the members that callers may use, and what instances of a class are."""
    if gone := tuple(_bases_gone(old, new)):
        yield Difference("", (Note("is no longer a {}", gone),), old.own.path)
    members = new.members()
    for name, member in old.members().items():
        if is_private(name) or name == "__post_init__":
            continue
        other = members.get(name)
        if other is None:
            if not _has_anyway(old, new, name):
                yield Difference(name, (), member.path)
            elif _dropped(old, new, member):
                yield Difference(name, (), member.path, unsure=True)
        elif other is not member:
            for found in compare(member, other, old.modules, new.modules):
                yield Difference(f"{name}.{found.inside}".rstrip("."), found.notes, found.origin)


def _dropped(old: _Klass, new: _Klass, member: griffe.Object) -> bool:
    """Whether a member that a base from outside may have looks as if it was the class's own.

    It asks no base for the same, and no other class of the project defines one of its name, as they would of a hook.
    """
    name = member.name
    if name in _OF_OBJECT or name.startswith("__") or not new.unknown <= old.unknown or new.has_built_in(name):
        return False
    text = "\n".join(old.modules.source(member.module.path).splitlines()[(member.lineno or 1) - 1 : member.endlineno])
    decorators = [str(decorator.value) for decorator in getattr(member, "decorators", ())]
    if f").{name}" in text or any(decorator.endswith("override") for decorator in decorators):
        return False
    return len(old.modules.definitions(name)) <= 1


def _has_anyway(old: _Klass, new: _Klass, name: str) -> bool:
    """Whether a class may still have a member that is not found in it."""
    if name in _OF_OBJECT or new.unknown or new.has_built_in(name):
        return True
    # Special members of an enumeration, a data class or a named tuple are made for it.
    return name.startswith("__") and (old.made or new.made)


def _bases_gone(old: _Klass, new: _Klass) -> Iterator[str]:
    """The public bases that instances of a class no longer have, by their names."""
    if new.unknown - old.unknown:
        return  # what the unknown one is based on cannot be told
    kept = {one.name for one in new.above} | new.outside
    for name in list(kept):
        if _is_builtin(name):
            kept |= {one.__name__ for one in getattr(builtins, name).__mro__}
    direct = {re.sub(r"\[.*", "", str(base), flags=re.DOTALL).rpartition(".")[2] for base in old.own.bases}
    for one in old.above:
        there = new.modules.find(one.module.path, one.name)
        # Served by `__getattr__`, it may well look like a base still: `isinstance` can be taught.
        known = there is not None and not isinstance(there, Elsewhere)
        if known and one.name in direct and one.name not in kept and not is_private(one.name):
            yield one.name
    outside = old.outside & {_TYPING.get(name, name) for name in direct}
    yield from sorted(name for name in outside - kept - _MARKERS if not is_private(name))
