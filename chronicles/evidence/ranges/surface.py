"""What a range took from those who import a project's Python modules.

The public names of the tree before are looked up in the tree after, by the path that callers import them from: what
a package's `__init__.py` offers is offered, wherever it is defined and however private that module is. A name is
told once, by its shortest public path. Names that can be imported from their old path are no break, wherever they
went; those that moved are told with both paths, by their content. Only modules that differ are read, the packages
above them, and public modules that take something from a private one that differs; how many is no matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chronicles.evidence.ranges.broken import Broken, Part
from chronicles.evidence.ranges.comparing import compare
from chronicles.evidence.ranges.modules import Elsewhere, Modules
from chronicles.evidence.ranges.whereabouts import Whereabouts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import griffe

    from chronicles.evidence.ranges.broken import Note
    from chronicles.evidence.ranges.comparing import Difference
    from chronicles.evidence.ranges.span import Span

__all__ = ["find_api_breaks"]

_OWN_TOOL = re.compile(r"(?:[\w.]*\.)?(?:TypeVar|ParamSpec|TypeVarTuple|getLogger|get_logger)\(")
"""Values that a module makes for its own use, whatever their name."""


@dataclass(frozen=True, slots=True)
class _Name:
    """One public name: the module it is imported from, and its own."""

    module: str
    own: str

    @property
    def dotted(self) -> str:
        return f"{self.module}.{self.own}"

    @property
    def order(self) -> tuple[int, str, str]:
        return self.dotted.count("."), self.module, self.own


@dataclass(slots=True)
class _Thing:
    """One definition of the tree before, with the names that lead to it."""

    definition: griffe.Object
    names: list[_Name] = field(default_factory=list)


def find_api_breaks(span: Span) -> list[Broken]:
    """Compare the public Python API of a range's two trees.

    Returns:
        The breaks, those of the packages' own exports first, then by module and name.
    """
    if not any(name.endswith(".py") for change in span.changes.files for name in change.names):
        return []
    read: dict[tuple[str, str], griffe.Module | None] = {}
    before, after = Modules(span.before, span.text, read), Modules(span.after, span.text, read)
    found = list(_Surface(before, after, _moved_modules(span, before, after)).breaks())
    return sorted(found, key=_order)


_KINDS = (
    "module moved",
    "import path changed",
    "removed with its module",
    "removed",
    "no longer defined",
    "renamed",
    "changed",
)


def _order(one: Broken) -> tuple[object, ...]:
    """Outermost modules first, and what stands on one line together."""
    notes = [(note.words, note.names) for note in one.notes]
    return one.within.count("."), one.within, _KINDS.index(one.kind), one.after or "", notes, one.name


def _moved_modules(span: Span, before: Modules, after: Modules) -> Mapping[str, str]:
    """Modules whose file moved, by their old names."""
    moved: dict[str, str] = {}
    for move in span.moves:
        old, new = before.names.get(move.old), after.names.get(move.new)
        if old and new and old != new:
            moved[old] = new
    return moved


class _Surface:
    """The comparison of two trees."""

    def __init__(self, before: Modules, after: Modules, moved: Mapping[str, str]) -> None:
        self.before, self.after, self.moved = before, after, moved
        self.whereabouts = Whereabouts(before, after)

    def breaks(self) -> Iterator[Broken]:
        """All breaks, in the order of the definitions' shortest names."""
        things: dict[str, _Thing] = {}
        for module in self._modules():
            for own in self.before.offered(module):
                old = self.before.find(module, own)
                if old is None or isinstance(old, Elsewhere) or old.is_module:
                    continue
                things.setdefault(old.path, _Thing(old)).names.append(_Name(module, own))
        for thing in things.values():
            thing.names.sort(key=lambda name: name.order)
        gone: list[_Thing] = []
        changes: list[tuple[_Name, _Thing, Difference]] = []
        for thing in sorted(things.values(), key=lambda thing: thing.names[0].order):
            lost = [name for name in thing.names if self.after.find(name.module, name.own) is None]
            kept = [name for name in thing.names if name not in lost]
            for name in kept[:1]:
                changes += ((name, thing, found) for found in self._changes(name, thing.definition))
            if lost and kept:
                yield from (self._repathed(name, kept[0].dotted) for name in lost)
            elif lost and not _OWN_TOOL.match(str(getattr(thing.definition, "value", ""))):
                gone.append(thing)
        yield from self._gone(gone)
        yield from self._changed(changes)

    def _changed(self, changes: list[tuple[_Name, _Thing, Difference]]) -> Iterator[Broken]:
        """Tell each difference once: of the class that defines the member, else of the first that inherits it."""
        ordered = sorted(changes, key=lambda one: one[1].definition.path != one[2].origin.rpartition(".")[0])
        told: set[tuple[str, tuple[Note, ...]]] = set()
        for name, _, found in ordered:
            if (found.origin, found.notes) not in told:
                told.add((found.origin, found.notes))
                yield self._told(name, found)

    def _modules(self) -> list[str]:
        """The public modules of the tree before that may offer something else now, outermost first."""
        paths = self.before.paths
        changed = {name for name in paths if self.before.blob(name) != self.after.blob(name)}
        wanted = set(changed)
        for name in changed:
            parts = name.split(".")
            wanted.update(".".join(parts[:depth]) for depth in range(1, len(parts)))
        wanted |= self._takers({name for name in changed if not self.before.is_public(name)})
        public = (name for name in wanted if name in paths and self.before.is_public(name))
        return sorted(public, key=lambda name: (name.count("."), name))

    def _takers(self, private: set[str]) -> set[str]:
        """Modules whose text names one of some private modules, or a module that does."""
        heads = {name.partition(".")[0] for name in private if "." in name}
        sources = {name: self.before.source(name) for name in self.before.paths if name.partition(".")[0] in heads}
        takers: set[str] = set()
        names = {name.rpartition(".")[2] for name in private}
        while names:
            pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b")
            found = {name for name, source in sources.items() if name not in takers and pattern.search(source)}
            takers |= found
            names = {name.rpartition(".")[2] for name in found if not self.before.is_public(name)} - names
        return takers

    def _changes(self, name: _Name, old: griffe.Object) -> Iterator[Difference]:
        """What is otherwise of a name that is still there."""
        new = self.after.find(name.module, name.own)
        if new is None or isinstance(new, Elsewhere) or new is old:
            return
        yield from compare(old, new, self.before, self.after)

    def _told(self, name: _Name, found: Difference) -> Broken:
        short = f"{name.own}.{found.inside}".rstrip(".")
        if found.notes:
            short = short.removesuffix(".__init__")
        kind = "changed" if found.notes else "no longer defined" if found.unsure else "removed"
        path = self.before.paths.get(name.module)
        return Broken(
            *(Part.API, kind, f"{name.module}.{short}", name.module, short),
            notes=found.notes,
            path=path,
            unsure=found.unsure,
        )

    def _repathed(self, name: _Name, now: str) -> Broken:
        """A name that went from one of its public paths; the rest still leads to it."""
        home, _, own = now.rpartition(".")
        if own == name.own:
            return self._moved(name, home)
        return Broken(
            Part.API, "renamed", name.dotted, within=name.module, short=name.own, before=name.dotted, after=now
        )

    def _moved(self, name: _Name, home: str) -> Broken:
        return Broken(
            *(Part.API, "import path changed", name.dotted),
            within=name.module,
            short=name.own,
            before=name.module,
            after=home,
            path=self.before.paths.get(name.module),
        )

    def _gone(self, things: list[_Thing]) -> Iterator[Broken]:
        """What no public path leads to any more: moved, renamed or removed."""
        moved: dict[str, list[Broken]] = {}
        left: list[_Thing] = []
        for thing in things:
            name = thing.names[0]
            home = self.whereabouts.home(thing.definition, near=self.moved.get(name.module))
            if home is None:
                left.append(thing)
            else:
                moved.setdefault(name.module, []).append(self._moved(name, home))
        for module, those in moved.items():
            homes = {one.after for one in those}
            stays = module in self.after.paths or any(thing.names[0].module == module for thing in left)
            if stays or len(homes) > 1:
                yield from those
            else:
                yield self._moved_module(module, str(homes.pop()))
        there = [thing for thing in left if thing.names[0].module in self.after.paths]
        renamed = self.whereabouts.new_names([(*_parts(thing.names[0]), thing.definition) for thing in there])
        for thing in left:
            yield self._lost(thing.names[0], renamed.get(_parts(thing.names[0])))

    def _moved_module(self, module: str, home: str) -> Broken:
        """A module that went somewhere else with all its names."""
        folder, _, own = module.rpartition(".")
        into, _, last = home.rpartition(".")
        if own != last or not folder or not into:
            folder, own, into = module, "", home
        path = self.before.paths.get(module)
        return Broken(Part.API, "module moved", module, within=folder, short=own, before=folder, after=into, path=path)

    def _lost(self, name: _Name, now: str | None) -> Broken:
        """A name that went from its module, or with it."""
        within, short, kind = name.module, name.own, "removed" if now is None else "renamed"
        if name.module not in self.after.paths:
            within, kind = self._gone_package(name.module), "removed with its module"
            short = name.dotted.removeprefix(f"{within}.")
        return Broken(
            *(Part.API, kind, name.dotted, within, short),
            before=name.own if now else None,
            after=now,
            path=self.before.paths.get(name.module),
        )

    def _gone_package(self, module: str) -> str:
        """The outermost package above a module that went with it; itself where none did."""
        parts = module.split(".")
        for depth in range(1, len(parts)):
            package = ".".join(parts[:depth])
            if package not in self.after.packages and package not in self.after.paths:
                return package
        return module


def _parts(name: _Name) -> tuple[str, str]:
    return name.module, name.own
