"""What becomes of the pages that the worker writes: left in the work tree, staged, or committed by themselves.

What the worker wrote is what differs after its pass and did not before: pages, sidecars and charts, `removed.json`, the
pages beside a new one whose links changed, the run records of a suite. A page that somebody was editing when the pass
began is theirs, and stays out. The list of what differed before is kept in the hook's folder until everything is
staged or committed, so that neither a killed worker nor a person at work has a page forgotten: the next pass goes on
from it.

The message of a commit names pages and hashes and quotes nothing. Words of the repository in it would act: a forge
closes the issue behind "fixes #12", tells people behind an @, and runs no tests after `[skip ci]`.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from chronicles.errors import GitFailed
from chronicles.files import write_atomic
from chronicles.history.committing import commit, differing, ignored, stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Literal

    from chronicles.history.settled import Patience
    from chronicles.history.worktrees import Worktree

__all__ = ["Published", "Publishing", "unpublished"]

_FILE = "unpublished.json"
_SCHEMA = "chronicles.unpublished/1"
_PAGE = re.compile(r"([a-z]+)_(\d+)\.md")
_OF_A_SERIES = re.compile(r"[a-z]+_\d+\.(?:md|json|svg)|removed\.json")
_RECORD = re.compile(r"[^/]+\.json")
_SHOWN = 12
"""Digits of a hash in a message: enough to find it for ever, and forges make a link of it."""
_LISTED = 200
"""Pages that a message lists; of the others their number is told."""
_NEW, _GONE = "?", "D"


@dataclass(frozen=True, slots=True)
class Published:
    """What became of the pages of a pass."""

    done: str = ""
    """What was done, as a sentence without its full stop; empty when nothing was, or had to be."""
    left: str = ""
    """Why pages are only in the work tree still, in the same form."""


class Publishing:
    """The pages of one pass of the worker, from before they are written until they are where they belong.

    Args:
        state: The hook's folder.
        worktree: The checkout that pages are written to.
        branch: The published branch.
        pages: What becomes of them.
        output: Folder of the pages, from the top of the checkout.
        records: Folder of the run records that a suite may leave, in the same way; None without a suite.
        tells: The commits that a page tells.
        patience: How long to wait for people.
    """

    def __init__(
        self,
        state: Path,
        worktree: Worktree,
        branch: str,
        pages: Literal["leave", "stage", "commit"],
        output: str,
        *,
        records: str | None = None,
        tells: Callable[[Path], Sequence[str]],
        patience: Patience | None = None,
    ) -> None:
        self._memory = state / _FILE
        self._worktree = worktree
        self._branch = branch
        self._pages = pages
        self._output = PurePosixPath(output)
        self._records = None if records is None else PurePosixPath(records)
        self._tells = tells
        self._patience = patience

    def begin(self) -> None:
        """Note what is not ours; to be called before anything is written.

        Raises:
            GitFailed: If git does not say what differs.
            OutputError: If that cannot be noted.
        """
        if self._pages == "leave":
            self._memory.unlink(missing_ok=True)
        elif self._before() is None:
            value = {"schema": _SCHEMA, "checkout": str(self._worktree.path), "before": sorted(self._differing())}
            write_atomic(self._memory, json.dumps(value, indent=1) + "\n")

    def finish(self, written: Sequence[Path] = ()) -> Published:
        """Stage or commit what has been written since `begin`.

        Args:
            written: Pages that the pass wrote, for saying that git ignores them.
        """
        before = self._before()
        if self._pages == "leave" or before is None:
            return Published()
        try:
            ours = {name: how for name, how in self._differing().items() if name not in before}
            if ours:
                kept = self._keep(ours)
                if kept.left:
                    return kept
            else:
                kept = Published(left=self._unseen(written))
        except GitFailed as failure:
            return Published(left=f"git does not say what is new ({failure.stderr.strip()[:200]})")
        self._memory.unlink(missing_ok=True)
        return kept

    def _keep(self, ours: Mapping[str, str]) -> Published:
        paths = sorted(ours)
        told = _counted(len(paths), "file")
        if self._pages == "stage":
            kept = stage(self._worktree, self._branch, paths, patience=self._patience)
            done, verb = f"{told} staged", "staged"
        else:
            kept = commit(self._worktree, self._branch, paths, self._message(ours), patience=self._patience)
            done, verb = f"{told} committed as {kept.commit[:_SHOWN]}", "committed"
        if kept.left:
            return Published(left=f"{told} not {verb} yet: {kept.left}")
        return Published(done=done)

    def _unseen(self, written: Sequence[Path]) -> str:
        """What to say of pages that git ignores; empty when there are none."""
        names = [
            path.relative_to(self._worktree.path).as_posix()
            for path in written
            if path.is_relative_to(self._worktree.path)
        ]
        found = ignored(self._worktree, names) if names else set()
        return f"{self._output}/ is ignored by git, so pages stay in the work tree" if found else ""

    def _differing(self) -> dict[str, str]:
        """The files that can be ours and that git does not have as they are."""
        folders = [str(one) for one in (self._output, self._records) if one is not None]
        found = differing(self._worktree, folders)
        return {name: how for name, how in found.items() if self._is_ours(PurePosixPath(name))}

    def _is_ours(self, path: PurePosixPath) -> bool:
        if path.parent == self._output:
            return _OF_A_SERIES.fullmatch(path.name) is not None
        return path.parent == self._records and _RECORD.fullmatch(path.name) is not None

    def _before(self) -> frozenset[str] | None:
        """What differed when the pass began that has not been published yet; None when there is no such pass."""
        found = _read(self._memory)
        return found[1] if found and found[0] == str(self._worktree.path) else None

    def _message(self, ours: Mapping[str, str]) -> str:
        pages = {int(found[2]): name for name in ours if (found := _PAGE.fullmatch(PurePosixPath(name).name))}
        new = sorted(number for number, name in pages.items() if ours[name] == _NEW)
        changed = sorted(pages.keys() - set(new))
        kind = next((found[1] for name in ours if (found := _PAGE.fullmatch(PurePosixPath(name).name))), "page")
        subject = named(kind, new) if new else f"update {named(kind, changed)}" if changed else "update pages"
        lines = [self._line(kind, number, pages[number]) for number in new[:_LISTED]]
        if len(new) > _LISTED:
            lines.append(f"- and {len(new) - _LISTED} more")
        body = "".join(f"{line}\n" for line in lines)
        return f"docs(chronicles): {subject}\n" + (f"\nThe commits that they tell:\n\n{body}" if body else "")

    def _line(self, kind: str, number: int, name: str) -> str:
        commits = self._tells(self._worktree.path / name)
        more = f" and {len(commits) - 1} more" if len(commits) > 1 else ""
        return f"- {kind} {number}: {commits[0][:_SHOWN] if commits else 'not known'}{more}"


def named(kind: str, numbers: Sequence[int]) -> str:
    """Some pages in few words: `episode 3`, `episodes 3 and 5`, `episodes 3 to 9`, `5 episodes from 3 to 12`."""
    first, last = numbers[0], numbers[-1]
    if len(numbers) == 1:
        return f"{kind} {first}"
    if len(numbers) == 2:  # noqa: PLR2004 - two are joined by a word
        return f"{kind}s {first} and {last}"
    if last - first == len(numbers) - 1:
        return f"{kind}s {first} to {last}"
    return f"{len(numbers)} {kind}s from {first} to {last}"


def unpublished(state: Path) -> bool:
    """Whether a pass ended, or was killed, with pages that are not staged or committed as the settings ask."""
    return _read(state / _FILE) is not None


def _read(memory: Path) -> tuple[str, frozenset[str]] | None:
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        value = json.loads(memory.read_bytes())
        if value["schema"] == _SCHEMA:
            return str(value["checkout"]), frozenset(map(str, value["before"]))
    return None


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
