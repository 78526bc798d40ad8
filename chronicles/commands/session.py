"""What every command that reads a repository opens first, and how it names subjects."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from chronicles.config import Settings, load_settings
from chronicles.documents.render import Renderer
from chronicles.documents.series import Series
from chronicles.documents.telling import Press
from chronicles.errors import UnknownRevision
from chronicles.evidence.build import Workshop
from chronicles.evidence.dossier import SubjectKey
from chronicles.history.repository import Repository
from chronicles.personas import Cast, load_cast
from chronicles.writers import PlainWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Session"]


class Session:
    """A repository with its settings, its workshop and its series; a context manager.

    Args:
        path: Somewhere inside the repository.
        output: Folder of the pages, instead of the configured one.
        fresh: Read no cache and leave none.
    """

    def __init__(self, path: Path, *, output: Path | None = None, fresh: bool = False) -> None:
        self._stack = ExitStack()
        self.repository = self._stack.enter_context(Repository.open(path))
        try:
            self.settings: Settings = load_settings(self.repository.worktree_dir, name=self._default_name())
            self.root = self.repository.worktree_dir or Path.cwd()
            self.folder = output or self.root / self.settings.output
            self.workshop = self._stack.enter_context(
                Workshop(
                    self.repository,
                    components=self.settings.components,
                    excluded=self._excluded(),
                    fresh=fresh,
                )
            )
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _default_name(self) -> str:
        name = self.repository.root.resolve().name.removesuffix(".git")
        name = name or self.repository.git_dir.resolve().parent.name
        return (
            " ".join(word[:1].upper() + word[1:] for word in name.replace("_", "-").split("-") if word)[:60]
            or "Project"
        )

    def _excluded(self) -> tuple[str, ...]:
        """The output folders, also the one of this run where it lies inside the work tree."""
        folders = set(self.settings.excluded)
        if self.repository.worktree_dir and self.folder.resolve().is_relative_to(self.root.resolve()):
            inside = self.folder.resolve().relative_to(self.root.resolve()).as_posix()
            if inside != ".":
                folders.add(inside)
        return tuple(sorted(folders))

    def cast(self) -> Cast:
        """The personas, the repository's own ones included."""
        return load_cast(self.root / self.settings.personas if self.settings.personas else None)

    def press(self) -> Press:
        """The press of this repository's series."""
        cast = self.cast()
        series = Series(self.folder, first=self.settings.first_episode)
        return Press(
            self.workshop,
            series=series,
            cast=cast,
            renderer=Renderer(cast, self.root / self.settings.templates),
            writer=PlainWriter(),
            name=self.settings.series,
            repo_url=self.settings.repo_url,
        )

    def user_name(self) -> str:
        """Git's user.name, or who the machine says it is."""
        from getpass import getuser  # noqa: PLC0415 - one command asks

        try:
            with self.repository.access.config_reader() as reader:
                name = str(reader.get_value("user", "name", default=""))
        except (OSError, ValueError):
            name = ""
        return name or getuser()

    def forge_url(self) -> str | None:
        """The web address of the remote `origin`, as far as its form tells."""
        import re  # noqa: PLC0415 - one command asks

        remotes = {remote.name: remote for remote in self.repository.access.remotes}
        url = next(iter(remotes["origin"].urls), "") if "origin" in remotes else ""
        found = re.fullmatch(r"(?:https://(?:[^@/]+@)?|ssh://git@|git@)([\w.-]+)[/:]([\w./-]+?)(?:\.git)?/?", url)
        return f"https://{found[1]}/{found[2]}" if found else None

    def follow(self, tip: str, progress: Callable[[int, int], None] | None = None) -> int:
        """Have the index hold the line that ends at a commit; returns its depth."""
        return self.workshop.index.follow(tip, progress)

    def subject(self, revision: str, *, reading: str = "full") -> SubjectKey:
        """The subject that a revision or range names: one step, or the steps of a range.

        Raises:
            UnknownRevision: If it names none.
        """
        if ".." not in revision:
            tip = self.repository.resolve(revision)
            depth = self.follow(tip)
            return SubjectKey("commit", (tip,), self.workshop.parent(depth), reading)
        base, tip = self.repository.resolve_range(revision)
        steps = self.steps(base, tip)
        if not steps:
            raise UnknownRevision(revision, self.repository.root)
        first = self.workshop.index.depth(steps[0])
        assert first is not None, steps[0]
        return SubjectKey("range", tuple(reversed(steps)), self.workshop.parent(first), reading)

    def steps(self, base: str | None, tip: str) -> list[str]:
        """The first-parent steps of `base..tip`, oldest first: those of the line that `base` does not have."""
        depth = self.follow(tip)
        index = self.workshop.index
        first = 0
        if base is not None:
            known = index.depth(base)
            first = known + 1 if known is not None else self._fork(base, depth)
        return [step.sha for step in index.steps(first, depth)]

    def _fork(self, base: str, depth: int) -> int:
        """Depth of the first step that is no ancestor of a commit beside the line; found by halving."""
        low, high = 0, depth + 1
        while low < high:
            middle = (low + high) // 2
            step = self.workshop.index.step(middle)
            assert step is not None, middle
            if self.repository.is_ancestor(step.sha, base):
                low = middle + 1
            else:
                high = middle
        return low
