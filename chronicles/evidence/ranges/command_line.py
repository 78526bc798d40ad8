"""What can no longer be typed after a range: commands, options and arguments that went, entry points that went.

The two trees' declarations are compared as sets, so that what moved to another file is no news. Where one cannot be
told to belong to a command, or a command may get its options from elsewhere, it counts as gone only when nothing in the
tree after declares it. What is said of an option is what was declared: that it went, or that it takes a value now. Of a
script that went nothing is told here: who installed it misses the command, who took it by its path misses the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chronicles.evidence.ranges.broken import Broken, Note, Part
from chronicles.evidence.ranges.modules import Modules, is_shipped
from chronicles.evidence.ranges.typed import Typed, Word, read_typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chronicles.evidence.ranges.span import Span
    from chronicles.history.repository import TreeEntry

__all__ = ["find_command_breaks"]


def find_command_breaks(span: Span) -> list[Broken]:
    """Compare what the Python files of a range's two trees declare for the command line."""
    changed = [change for change in span.changes.files if any(name.endswith(".py") for name in change.names)]
    olds = {change.old_path or change.path for change in changed}
    before = _Side.read(span, span.before, olds - _gone_scripts(span, olds))
    if not before.commands and not before.words:
        return []
    after = _Side.read(span, span.after, {change.path for change in changed})
    return list(_Compared(span, before, after).breaks())


def _gone_scripts(span: Span, paths: Iterable[str]) -> set[str]:
    """Scripts of the tree before that the tree after has neither there, nor elsewhere, nor as a package."""
    kept = {*span.after, *(move.old for move in span.moves)}
    gone = {path for path in paths if path in span.before and path not in kept}
    if not gone:
        return set()
    before, after = Modules(span.before, span.text, {}), Modules(span.after, span.text, {})
    return {path for path in gone if before.is_script(path) and before.names[path] not in after.paths}


@dataclass(slots=True)
class _Side:
    """What some files of one tree declare."""

    commands: dict[str, bool] = field(default_factory=dict)
    words: dict[Word, str] = field(default_factory=dict)
    """Options and arguments, and the file that declares each."""
    paths: dict[str, str] = field(default_factory=dict)
    """The file of each command; of several the first."""

    @classmethod
    def read(cls, span: Span, tree: Mapping[str, TreeEntry], paths: Iterable[str]) -> _Side:
        """Read some files, as far as they are in the tree and for users."""
        side = cls()
        for path in sorted(path for path in paths if path in tree and path.endswith(".py") and is_shipped(path)):
            found = read_typed(path, span.text(tree[path].object_id) or "")
            side.add(path, found)
        return side

    def add(self, path: str, found: Typed) -> None:
        """Take in what one file declares."""
        for name, is_open in found.commands.items():
            # Two files with commands of one name: `env list` and `list`, each called so where it is declared.
            self.commands[name] = is_open or name in self.commands
            self.paths.setdefault(name, path)
        for word in found.words:
            self.words.setdefault(word, path)

    def flags(self, command: str | None) -> dict[str, Word]:
        """The options of a command by each way to type them."""
        return {name: word for word in self.words if word.command == command and word.option for name in word.names}


class _Compared:
    """The comparison of two sides."""

    def __init__(self, span: Span, before: _Side, after: _Side) -> None:
        self.span, self.before, self.after = span, before, after
        self._everything: _Side | None = None

    @property
    def everything(self) -> _Side:
        """What the whole tree after declares; read where something seems to be gone."""
        if self._everything is None:
            self._everything = _Side.read(self.span, self.span.after, self.span.after)
        return self._everything

    def breaks(self) -> Iterator[Broken]:
        """All that cannot be typed any more, by command."""
        gone = {name for name in self.before.commands if self._is_gone(name)}
        for name in sorted(gone):
            yield Broken(Part.COMMANDS, "command removed", name, path=self.before.paths[name])
        owners = {word.command for word in self.before.words}
        for owner in sorted(owners - gone, key=lambda name: (name is not None, name or "")):
            yield from self._options(owner)
            if owner:
                yield from self._arguments(owner)

    def _is_gone(self, name: str) -> bool:
        """Whether no command is called so, nor a part of one: `clear` may be declared as `cache clear` now."""
        words = {word for command in self.everything.commands for word in (command, *command.split())}
        return name not in words

    def _options(self, owner: str | None) -> Iterator[Broken]:
        """Options of one command that went, or that are typed otherwise."""
        had, has = self.before.flags(owner), self.after.flags(owner)
        for word in sorted({word for name, word in had.items() if name not in has}, key=lambda word: word.names):
            lost = [name for name in word.names if name not in has and not self._may_be_typed(name, owner)]
            if lost:
                yield self._option(owner, word, "option removed", tuple(lost))
        for name, word in sorted(had.items()):
            now = has.get(name)
            if owner is None or now is None or name != word.names[0] or None in (word.takes_value, now.takes_value):
                continue
            if now.takes_value != word.takes_value:
                note = Note("takes a value now" if now.takes_value else "no longer takes a value")
                yield self._option(owner, word, "option changed", word.names, note)

    def _may_be_typed(self, name: str, owner: str | None) -> bool:
        """Whether an option may still be typed, though nothing declares it where it was declared."""
        if name in self.everything.flags(owner) or name in self.everything.flags(None):
            return True
        undecided = owner is None or self.everything.commands.get(owner, True) or self.before.commands.get(owner, True)
        return undecided and any(name in word.names for word in self.everything.words)

    def _option(
        self, owner: str | None, word: Word, kind: str, names: tuple[str, ...], note: Note | None = None
    ) -> Broken:
        return Broken(
            *(Part.COMMANDS, kind, " / ".join(names), owner or ""),
            notes=(note,) if note else (),
            path=self.before.words[word],
        )

    def _arguments(self, owner: str) -> Iterator[Broken]:
        """Arguments of a command that went; one that is only called otherwise is typed as before."""
        had = [word for word in self.before.words if word.command == owner and not word.option]
        has = [word for word in self.everything.words if word.command == owner and not word.option]
        names = {name for word in has for name in word.names}
        if len(has) >= len(had) or self.everything.commands.get(owner, True) or self.before.commands.get(owner):
            return
        for word in had:
            if word.names[0] not in names:
                yield Broken(
                    Part.COMMANDS, "argument removed", word.names[0], within=owner, path=self.before.words[word]
                )
