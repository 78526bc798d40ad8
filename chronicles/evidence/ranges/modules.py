"""The Python modules of one tree as importers see them: what may be imported from where, and what it is.

griffe reads single modules, from memory and only those that are asked for; this follows the imports between them, so
that `click.Command` is known to be the class in `click/core.py`, and that of two trees can be compared by the name
that callers have for it, wherever it was put. What leads out of the tree (a third party's name, a module that is
made when the project is built) is `ELSEWHERE`: importable for all that can be known, and not to be judged.
"""

from __future__ import annotations

import builtins
import re
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from chronicles.evidence.api import load_module
from chronicles.evidence.imports import SOURCE_ROOTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, MutableMapping
    from collections.abc import Set as AbstractSet

    import griffe

    from chronicles.history.repository import TreeEntry

__all__ = ["ELSEWHERE", "Elsewhere", "Modules", "is_private", "is_shipped"]


class Elsewhere(Enum):
    """What `ELSEWHERE` is, so that a type checker tells it from a definition."""

    ELSEWHERE = "elsewhere"


ELSEWHERE = Elsewhere.ELSEWHERE

_NOT_OFFERED = re.compile(
    r"(?:^|/)(?:tests?|testing|docs?|examples?|samples?|benchmarks?|bench|asv_bench|vendor|_?vendored)/"
    r"|(?:^|/)(?:conftest|setup|noxfile|fabfile|tasks|manage|dodo|test_[^/]*|[^/]*_test)\.py$"
)
_OUTSIDE_PACKAGES = re.compile(r"^(?:.*/)?(?:scripts?|tools?|ci|build|dist|hooks?|misc|contrib)/")
"""Folders whose modules are run, not imported; inside a package they are packages like others."""
_DUNDER = re.compile(r"__\w+__")
_OF_PYTHON_2 = frozenset({"unicode", "basestring", "unichr", "xrange", "raw_input", "long", "reduce"})
"""Builtins that Python 3 has not."""


def is_shipped(path: str) -> bool:
    """Whether a file is part of what users get: no test, document, example or task of the project's own."""
    return not _NOT_OFFERED.search(path)


def is_private(name: str) -> bool:
    """Whether a dotted name has a private part; special names are none."""
    return any(part.startswith("_") and not _DUNDER.fullmatch(part) for part in name.split("."))


class Modules:
    """The modules of one tree, each read when it is first asked for.

    Args:
        tree: The tree, by path.
        text: Gives the text of a blob.
        read: Modules already read, shared between trees: most are in both.
    """

    def __init__(
        self,
        tree: Mapping[str, TreeEntry],
        text: Callable[[str], str | None],
        read: MutableMapping[tuple[str, str], griffe.Module | None],
    ) -> None:
        self._tree = tree
        self._text = text
        self._read = read

    @cached_property
    def paths(self) -> Mapping[str, str]:
        """The path of each module by its dotted name; a package's is that of its `__init__.py`."""
        files = [path for path in self._tree if path.endswith(".py")]
        folders = frozenset(path.removesuffix("__init__.py") for path in files if path.endswith("/__init__.py"))
        return {_dotted(path, folders): path for path in sorted(files, reverse=True)}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The dotted name of each module by its path."""
        return {path: name for name, path in self.paths.items()}

    @cached_property
    def packages(self) -> AbstractSet[str]:
        """Dotted names of all packages, those without an `__init__.py` too."""
        found: set[str] = set()
        for name, path in self.paths.items():
            parts = name.split(".")
            own = len(parts) if path.endswith("__init__.py") else len(parts) - 1
            found.update(".".join(parts[:depth]) for depth in range(1, own + 1))
        return found

    def is_public(self, name: str) -> bool:
        """Whether others may import a module: not by a private name, and not a test, an example or a script."""
        path = self.paths.get(name)
        if path is None or is_private(name) or not is_shipped(path) or path.endswith("/__main__.py"):
            return False
        if not all(part.isidentifier() for part in name.split(".")):
            return False
        return not _OUTSIDE_PACKAGES.search(path) or name.partition(".")[0] in self._rooted

    def is_script(self, path: str) -> bool:
        """Whether a Python file is one that is run by its path, and part of no package."""
        name = self.names.get(path, "")
        if not name or name.partition(".")[0] in self._rooted:
            return False
        outside = "/" not in path or _OUTSIDE_PACKAGES.search(path) is not None
        return outside or not all(part.isidentifier() for part in name.split("."))

    @cached_property
    def _rooted(self) -> AbstractSet[str]:
        """Top-level names that are packages by an `__init__.py`."""
        return {name for name, path in self.paths.items() if "." not in name and path.endswith("/__init__.py")}

    def blob(self, name: str) -> str | None:
        """The object id of a module; None where there is no such module."""
        path = self.paths.get(name)
        return None if path is None else self._tree[path].object_id

    def source(self, name: str) -> str:
        """The text of a module; empty where there is none."""
        blob = self.blob(name)
        return (self._text(blob) or "") if blob else ""

    def definitions(self, name: str) -> list[str]:
        """The modules in which the body of a class or function defines a name, as far as their text shows."""
        sign = re.compile(rf"^[ \t]+(?:(?:async )?def {re.escape(name)}\b|{re.escape(name)}\s*[:=])", re.MULTILINE)
        return [module for module, source in self._sources.items() for _ in sign.findall(source)]

    @cached_property
    def _sources(self) -> Mapping[str, str]:
        return {name: self.source(name) for name, path in self.paths.items() if is_shipped(path)}

    def module(self, name: str) -> griffe.Module | None:
        """A module, its imports not followed; None where there is none that can be read."""
        path = self.paths.get(name)
        if path is None:
            return None
        key = name, self._tree[path].object_id
        if key not in self._read:
            text = self._text(key[1])
            self._read[key] = None if text is None else load_module(name, path, text)
        return self._read[key]

    def offered(self, name: str) -> list[str]:
        """The names that a module means others to import, sorted.

        What `__all__` lists; without one what it defines, and what an `__init__.py` takes from its own project.
        """
        return sorted(self._offered(name, frozenset()))

    def _offered(self, name: str, asked: AbstractSet[str]) -> set[str]:
        module = self.module(name)
        if module is None or name in asked:
            return set()
        asked = asked | {name}
        if module.exports is not None:
            return self._listed(module, asked)
        found: set[str] = set()
        for key, member in module.members.items():
            if is_private(key) and not key.endswith("/*"):
                continue
            if not member.is_alias:
                if (not _DUNDER.fullmatch(key) or key == "__version__") and not self._stands_in(name, member):
                    found.add(key)
            elif module.is_init_module and _head(_target(member)) == _head(name):
                found |= self._offered(_target(member), asked) if key.endswith("/*") else {key}
        return found

    def _stands_in(self, name: str, member: griffe.Object | griffe.Alias) -> bool:
        """Whether a name is a builtin's, bound under a condition for interpreters that lack it."""
        if not member.is_attribute or not (hasattr(builtins, member.name) or member.name in _OF_PYTHON_2):
            return False
        line = self.source(name).splitlines()[(member.lineno or 1) - 1 : member.lineno]
        return bool(line) and line[0][:1].isspace()

    def _listed(self, module: griffe.Module, asked: AbstractSet[str]) -> set[str]:
        """What `__all__` lists, the lists of other modules that it takes in included."""
        found: set[str] = set()
        for item in module.exports or ():
            if isinstance(item, str):
                found.add(item)
                continue
            owner = getattr(item.parent, "canonical_path", "")  # `sub.__all__`: the name of `sub`
            found |= self._offered(str(owner), asked)
        return found

    def find(self, name: str, inside: str) -> griffe.Object | Elsewhere | None:
        """What a name is in a module.

        Returns:
            Its definition, in whatever module of the tree it is; `ELSEWHERE` where it comes from outside or is
            served by `__getattr__`; None where the module has no such name.
        """
        return self._find(name, inside, frozenset())

    def _find(self, name: str, inside: str, asked: AbstractSet[tuple[str, str]]) -> griffe.Object | Elsewhere | None:
        module = self.module(name)
        if module is None:
            return ELSEWHERE if name in self.paths else None
        if (name, inside) in asked:
            return ELSEWHERE
        asked = asked | {(name, inside)}
        member = module.members.get(inside)
        if member is not None and member.runtime:
            return self._follow(_target(member), asked) if member.is_alias else member  # type: ignore[return-value]  # no alias, so an object
        if f"{name}.{inside}" in self.paths or f"{name}.{inside}" in self.packages:
            return ELSEWHERE
        return self._served(module, name, inside, asked)

    def _served(
        self, module: griffe.Module, name: str, inside: str, asked: AbstractSet[tuple[str, str]]
    ) -> griffe.Object | Elsewhere | None:
        """What a star import or `__getattr__` gives."""
        for key, member in module.members.items():
            if not key.endswith("/*"):
                continue
            target = _target(member)
            if target not in self.paths:
                return ELSEWHERE
            if inside in self._offered(target, frozenset()):
                return self._find(target, inside, asked)
        if "__getattr__" in module.members and re.search(rf"['\"]{re.escape(inside)}['\"]", self.source(name)):
            return ELSEWHERE
        return None

    def _follow(self, dotted: str, asked: AbstractSet[tuple[str, str]]) -> griffe.Object | Elsewhere:
        """What an import leads to."""
        parts = dotted.split(".")
        for depth in range(len(parts) - 1, 0, -1):
            if ".".join(parts[:depth]) in self.paths:
                found = self._find(".".join(parts[:depth]), parts[depth], asked)
                for part in parts[depth + 1 :]:
                    found = None if found is None or isinstance(found, Elsewhere) else found.members.get(part)  # type: ignore[assignment]  # an alias is sorted out below
                if found is None or isinstance(found, Elsewhere) or found.is_alias:
                    return ELSEWHERE
                return found
        return ELSEWHERE

    def ancestors(self, klass: griffe.Class) -> Iterator[griffe.Class | str]:
        """The bases of a class and theirs, depth first: classes of this tree, and the dotted names of others."""
        waiting, seen = [klass], {klass.path}
        while waiting:
            one = waiting.pop(0)
            for base in one.bases:
                dotted = _base_path(base)
                found = self._resolve_base(one, dotted)
                if found is None:
                    yield dotted
                elif found.path not in seen:
                    seen.add(found.path)
                    waiting.append(found)
                    yield found

    def _resolve_base(self, klass: griffe.Class, dotted: str) -> griffe.Class | None:
        name = klass.module.path
        inside = dotted.removeprefix(f"{name}.")
        found: griffe.Object | Elsewhere | None
        if inside != dotted or "." not in dotted:
            found = self.find(name, inside.partition(".")[0])
            for part in inside.split(".")[1:]:
                found = None if found is None or isinstance(found, Elsewhere) else found.members.get(part)  # type: ignore[assignment]  # as in `_follow`
        else:
            found = self._follow(dotted, frozenset())
        if found is None or isinstance(found, Elsewhere) or found.is_alias or not found.is_class:
            return None
        return found  # type: ignore[return-value]  # it is a class


def _base_path(base: object) -> str:
    """The dotted name of a base as its module has it, subscripts off."""
    dotted = getattr(base, "canonical_path", None) or str(base)
    return re.sub(r"\[.*", "", str(dotted), flags=re.DOTALL)


def _head(dotted: str) -> str:
    return dotted.partition(".")[0]


def _target(member: object) -> str:
    """Where an import leads, as a dotted name."""
    return str(getattr(member, "target_path", ""))


def _dotted(path: str, folders: AbstractSet[str]) -> str:
    """Name the module that a path is, from the last source root above it, or from the topmost folder that is a package.

    "packages/one/one/core.py" -> "one.core" where `packages/one/one/__init__.py` is there,
    "src/two/core.py" -> "two.core" where it is not
    """
    parts = path.removesuffix(".py").split("/")
    depths = range(1, len(parts))
    package = next((depth - 1 for depth in depths if "/".join(parts[:depth]) + "/" in folders), len(parts) - 1)
    roots = [at + 1 for at, part in enumerate(parts[:package]) if part in SOURCE_ROOTS]
    in_package = package < len(parts) - 1
    name = parts[roots[-1] if roots else package if in_package else 0 :]
    return ".".join(name[:-1] if len(name) > 1 and name[-1] == "__init__" else name)
