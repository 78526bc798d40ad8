"""Where a definition went that is not where it was: to another module, or to another name.

A move is known by content: the same name, of the same kind, and alike inside, in a module that did not define it
before; a rename in place by the same text but for the name. Where two places would do, neither is told: better
"removed", which is true of the old path, than a wrong way to the new one.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING

from chronicles.evidence.ranges.modules import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import griffe

    from chronicles.evidence.ranges.modules import Modules

__all__ = ["Whereabouts"]

_ALIKE_NAMES = 0.6
"""How alike two names of one thing must be."""


class Whereabouts:
    """Finds definitions of one tree in another.

    Args:
        before: The modules of the one.
        after: The modules of the other.
    """

    def __init__(self, before: Modules, after: Modules) -> None:
        self._before, self._after = before, after

    @cached_property
    def _fresh(self) -> Mapping[str, list[tuple[str, griffe.Object]]]:
        """Definitions that modules have now and had not before, by name."""
        found: dict[str, list[tuple[str, griffe.Object]]] = {}
        for name in sorted(self._after.paths):
            if self._after.blob(name) == self._before.blob(name):
                continue
            module = self._after.module(name)
            old = self._before.module(name)
            for own, member in (module.members if module else {}).items():
                if member.is_alias or (old is not None and own in old.members and not old.members[own].is_alias):
                    continue
                found.setdefault(own, []).append((name, member))  # type: ignore[arg-type]  # no alias
        return found

    def home(self, old: griffe.Object, *, near: str | None) -> str | None:
        """The public module that a definition is imported from now.

        Args:
            old: The definition as it was.
            near: The module that its own one became, looked into first.
        """
        choices = [(name, new) for name, new in self._fresh.get(old.name, ()) if self._alike(old, new)]
        chosen = [choice for choice in choices if choice[0] == near] or choices
        homes = {home for name, new in chosen if (home := self._public_home(name, new))}
        return homes.pop() if len(homes) == 1 else None

    def _public_home(self, name: str, new: griffe.Object) -> str | None:
        """The shortest public path to a definition: a package that offers it, else its own module."""
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            module = ".".join(parts[:depth])
            if self._after.is_public(module) and new.name in self._after.offered(module):
                found = self._after.find(module, new.name)
                if found is not None and not isinstance(found, Elsewhere) and found.path == new.path:
                    return module
        return None

    def _alike(self, old: griffe.Object, new: griffe.Object) -> bool:
        """Whether two definitions of one name are one thing."""
        if old.kind is not new.kind:
            return False
        if old.is_function:
            return _parameters(old) == _parameters(new) or self._text(old, self._before) == self._text(new, self._after)
        if old.is_class:
            members = {name for name in old.members if not name.startswith("__")}
            kept = members & new.members.keys()
            return (
                2 * len(kept) >= len(members)
                if members
                else self._body(old, self._before) == self._body(new, self._after)
            )
        return str(getattr(old, "value", None)) == str(getattr(new, "value", None))

    def new_names(self, lost: Sequence[tuple[str, str, griffe.Object]]) -> dict[tuple[str, str], str]:
        """The public names that functions and classes have now in the modules where they were.

        Args:
            lost: Module, name and definition of each that is looked for.

        Returns:
            The new name by module and old name. One that is found helps to know the next: the text of a class has the
            name of its base in it.
        """
        found: dict[tuple[str, str], str] = {}
        waiting = [one for one in lost if one[2].is_function or one[2].is_class]
        while True:
            words = {now: was for (_, was), now in found.items()}
            for module, name, old in waiting:
                if now := self._new_name(module, name, old, words):
                    found[module, name] = now
            left = [one for one in waiting if (one[0], one[1]) not in found]
            if len(left) == len(waiting):
                return found
            waiting = left

    def _new_name(self, module: str, name: str, old: griffe.Object, words: Mapping[str, str]) -> str | None:
        """The one new name under which a module has a text, but for names already known to have changed."""
        text = self._text(old, self._before)
        found = []
        for other in self._after.offered(module):
            new = self._after.find(module, other)
            if new is None or isinstance(new, Elsewhere) or new.kind is not old.kind:
                continue
            if self._before.find(module, other) is not None or not _named_alike(name, other):
                continue
            if _reworded(self._text(new, self._after), {**words, other: name}) == text:
                found.append(other)
        return found[0] if len(found) == 1 else None

    def _text(self, one: griffe.Object, modules: Modules) -> str:
        """The source of a definition, white space made even."""
        lines = modules.source(one.module.path).splitlines()[(one.lineno or 1) - 1 : one.endlineno]
        return " ".join(" ".join(lines).split())

    def _body(self, one: griffe.Object, modules: Modules) -> str:
        return self._text(one, modules).partition(":")[2]


def _parameters(function: griffe.Object) -> list[str]:
    return [parameter.name for parameter in function.parameters]  # type: ignore[attr-defined]  # it is a function


def _reworded(text: str, words: Mapping[str, str]) -> str:
    """A text with some words replaced."""
    return re.sub(r"\w+", lambda word: words.get(word[0], word[0]), text)


def _named_alike(one: str, other: str) -> bool:
    """Whether one name may have been made of the other: `CacheException` and `CacheError`."""
    half = min(len(one), len(other)) // 2
    return one[:half] == other[:half] or SequenceMatcher(None, one.lower(), other.lower()).ratio() >= _ALIKE_NAMES
