"""The commits of a range, each reduced to what decides where it goes.

All changes of a range of 5,000 commits would fill the memory, and nobody asks for them: what matters of each commit is
how much it changed, mostly where, whether anything of it counts at all, and three digests by which it is known again
in another commit: as the same content (`forward`), as its exact undoing (`backward`), and as a change of the same
files by the same numbers of lines (`shape`), which is what a cherry-picked copy has in common with its original at
least. So commits are read one after another, and reduced at once.

What lies in our own output folders is in none of it: a page that was committed with the change it tells makes neither
the change bigger nor its revert incomplete.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chronicles.evidence.kinds import FileKind, classify
from chronicles.evidence.messages import parse_message
from chronicles.evidence.ranges.ignoring import Ignored
from chronicles.history.commit import raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chronicles.evidence.messages import Message
    from chronicles.evidence.ranges.span import Span
    from chronicles.history.commit import Commit, FileChange

__all__ = ["EMPTY", "IGNORED", "OUTSIDE", "PAGES", "SKIPPED", "Work", "adds_nothing", "order", "read_works", "shape_of"]

EMPTY = "empty"
PAGES = "generated pages"
OUTSIDE = "outside the paths"
IGNORED = "ignore file"
SKIPPED = "trailer"

_BANG = re.compile(r"\s*[A-Za-z][\w-]{0,30}(?:\([^()\n]{1,60}\))?!:\s")
"""A mark that something breaks, whatever the type is called: no unknown type may hide a break."""
_SECURITY = re.compile(r"\bCVE-\d{4}-\d{4,}|\bGHSA(?:-\w{4}){3}|\bsecurity\b|\bvulnerab", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Work:
    """One commit of a range."""

    commit: Commit
    """Without its changes."""
    at: int
    """Its place in the range: parents stand before children."""
    type: str
    breaking: bool
    """Whether its message says that it breaks something."""
    note: str | None
    """What its BREAKING CHANGE footer says."""
    security: bool
    """Whether its subject names a security matter."""
    issue: str
    """The first issue that its subject names; empty for none."""
    reverts: tuple[str, ...]
    """Full or short hashes of the commits that it says it reverts."""
    reverts_subject: str | None
    """The subject that it says it reverts."""
    churn: int
    """Changed lines of what counts."""
    component: str
    """Where most of them lie; empty where nothing counts."""
    forward: bytes
    """Digest of every path with its content before and after; empty where there is nothing."""
    backward: bytes
    """The same of its exact undoing."""
    shape: bytes
    """Digest of every path with its numbers of lines."""
    renames: tuple[tuple[str, str], ...]
    """Old and new path of each file that it gave another name; none for a merge."""
    rule: str
    """The rule by which what it touches, or a trailer, leaves it out; empty for none."""

    @property
    def sha(self) -> str:
        """Its full hash."""
        return self.commit.sha


def order(commits: Iterable[Commit]) -> list[Commit]:
    """The commits of a range, parents before children; clocks are not asked."""
    known = {commit.sha: commit for commit in commits}
    done: dict[str, None] = {}
    for start in known:
        stack = [start]
        while stack:
            sha = stack[-1]
            waiting = [parent for parent in known[sha].parents if parent in known and parent not in done]
            if sha in done or not waiting:
                done[stack.pop()] = None
            else:
                stack.extend(reversed(waiting))
    return [known[sha] for sha in done]


def read_works(span: Span) -> list[Work]:
    """Read the commits of a range, parents before children."""
    commits = order(span.commits)
    ignored = Ignored.at(span.repository, span.tip)
    read = span.repository.commits(commit.sha for commit in commits)
    return [_work(span, ignored, at, commits[at], whole.changes) for at, whole in enumerate(read)]


def _work(span: Span, ignored: Ignored, at: int, commit: Commit, changes: Sequence[FileChange]) -> Work:
    ours = [change for change in changes if not all(map(span.is_output, change.names))]
    counted = [change for change in ours if not all(map(span.is_outside, change.names))]
    message = parse_message(
        commit.message,
        [_kind(change.path) for change in counted],
        is_merge=commit.is_merge,
        added=sum(change.status.value == "A" for change in counted),
        reasons=False,
    )
    if message.skip:
        rule = SKIPPED
    elif commit.is_merge or counted:
        rule = IGNORED if counted and ignored and all(ignored.covers(one.path) for one in counted) else ""
    else:
        rule = OUTSIDE if ours else PAGES if changes else EMPTY
    return Work(
        commit=commit,
        at=at,
        type=message.type,
        breaking=_breaks(commit, message),
        note=message.breaking_note,
        security=_SECURITY.search(commit.subject) is not None,
        issue=message.issues[0] if message.issues and message.issues[0] in commit.subject else "",
        reverts=message.reverts,
        reverts_subject=message.reverts_subject,
        churn=sum(change.churn for change in counted),
        component=_component(span, counted),
        forward=_digest(_contents(ours, back=False)),
        backward=_digest(_contents(ours, back=True)),
        shape=shape_of(ours),
        renames=() if commit.is_merge else tuple((one.old_path, one.path) for one in changes if one.old_path),
        rule=rule,
    )


def adds_nothing(commit: Commit, folders: Iterable[str], ignored: Ignored) -> bool:
    """Whether a commit changed only what lies in our folders or what the ignore file covers, and breaks nothing."""
    ours = tuple(f"{folder.rstrip('/')}/" for folder in folders)
    own = (all(name.startswith(ours) for name in one.names) or ignored.covers(one.path) for one in commit.changes)
    return all(own) and not _breaks(commit, parse_message(commit.message, reasons=False))


def _breaks(commit: Commit, message: Message) -> bool:
    """Whether a message says that its commit breaks something."""
    return message.breaking_marked or _BANG.match(commit.subject) is not None


@lru_cache(maxsize=100_000)
def _kind(path: str) -> FileKind:
    return classify(path)


def _component(span: Span, changes: Sequence[FileChange]) -> str:
    """The component with most changed lines; of equals the first by name."""
    lines: Counter[str] = Counter()
    for change in changes:
        lines[span.changes.component(change.path)] += change.churn + 1
    return min(lines, key=lambda name: (-lines[name], name), default="")


def _contents(changes: Iterable[FileChange], *, back: bool) -> Iterator[tuple[bytes, str, str, int, int]]:
    """Every path with its content and mode before and after; a rename is a path that goes and one that comes."""
    for change in changes:
        old, new = (change.old_blob, change.old_mode), (change.new_blob, change.new_mode)
        none = ("0" * len(change.old_blob), 0)
        ends = [(change.path, old, new)]
        if change.old_path is not None:
            ends = [(change.old_path, old, none), (change.path, none, new)]
        for path, before, after in ends:
            first, last = (after, before) if back else (before, after)
            yield raw(path), first[0], last[0], first[1], last[1]


def shape_of(changes: Iterable[FileChange]) -> bytes:
    """Digest of what changes look like from afar; two that are the same patch have the same."""
    return _digest(
        (
            raw(change.path),
            raw(change.old_path or ""),
            f"{change.status.value} {change.insertions} {change.deletions} {change.old_mode:o} {change.new_mode:o}",
        )
        for change in changes
    )


def _digest(rows: Iterable[tuple[object, ...]]) -> bytes:
    """A digest of rows in any order; empty for no rows."""
    ordered = sorted(map(repr, rows))
    return hashlib.sha256("\n".join(ordered).encode("ascii", "backslashreplace")).digest()[:16] if ordered else b""
