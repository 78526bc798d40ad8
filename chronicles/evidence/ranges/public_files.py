"""Files that others use by their path, and that a range removed or renamed.

Headers and interface descriptions are an interface of a project that is in no Python module. Which files those are is a
setting, globs over paths; a file that merely changed is not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.evidence.globs import Glob
from chronicles.evidence.ranges.broken import Broken, Part
from chronicles.evidence.ranges.modules import Modules, is_shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.evidence.ranges.span import Span

__all__ = ["find_file_breaks"]


def find_file_breaks(span: Span) -> Iterator[Broken]:
    """Tell the public files of the tree before that are not in the tree after, those that moved with their new path."""
    globs = [Glob(pattern) for pattern in span.public]
    moved = {move.old: move.new for move in span.moves}
    modules = Modules(span.before, span.text, {})
    for path in sorted(span.before.keys() - span.after.keys()):
        if not is_shipped(path) or not any(glob.matches(path) for glob in globs):
            continue
        # Python is compared by its names, not by its files, but for a script that nobody imports.
        if path.endswith(".py") and (not modules.is_script(path) or modules.is_public(modules.names[path])):
            continue
        now = moved.get(path)
        kind = "file removed" if now is None else "file renamed"
        yield Broken(Part.FILES, kind, path, before=None if now is None else path, after=now, path=path)
