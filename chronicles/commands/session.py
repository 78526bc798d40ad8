"""What every command that reads a repository opens first, and how it names subjects."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, TypeVar

import click

from chronicles.checks import Check
from chronicles.config import Settings, load_settings
from chronicles.documents.page import load_page
from chronicles.documents.recovery import recover
from chronicles.documents.remedies import is_patch
from chronicles.documents.render import Renderer
from chronicles.documents.reserving import Reserved
from chronicles.documents.scope import scope_of
from chronicles.documents.series import Series
from chronicles.documents.steps import first_after
from chronicles.documents.telling import Press
from chronicles.dossier import SubjectKey
from chronicles.errors import PageError, RangeError, UnknownRevision
from chronicles.evidence.build import Workshop
from chronicles.evidence.facts import clean
from chronicles.files import hold, own_folder
from chronicles.history.repository import Repository
from chronicles.personas import Cast, load_cast
from chronicles.writers import PlainWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

__all__ = ["Session"]

_WAIT_SEC = 60.0
"""How long a run waits for another one."""
_MENTIONED = 3
"""Files that count for no record and are named; of the others their number is told."""

_Found = TypeVar("_Found")


class _Unread(Exception):
    """A commit that the index does not have yet."""


class Session:
    """A repository with its settings, its workshop and its series; a context manager.

    Args:
        path: Somewhere inside the repository.
        output: Folder of the pages, instead of the configured one.
        fresh: Read no cache and leave none.
    """

    def __init__(self, path: Path, *, output: Path | None = None, fresh: bool = False) -> None:
        self._stack = ExitStack()
        self._mark = secrets.token_hex(8) + "x"
        """By which this session knows the lock that it had last."""
        self._inside = False
        self._still = False
        self.repository = self._stack.enter_context(Repository.open(path))
        try:
            settings = load_settings(self.repository.worktree_dir, name="")
            self.root = self.repository.worktree_dir or Path.cwd()
            self.folder = output or self.root / settings.output
            folders = dict.fromkeys((self.folder, self.root / settings.output))
            series = settings.series or next(filter(None, map(_series_of, folders)), "") or self._default_name()
            self.settings: Settings = settings.model_copy(update={"series": series})
            self.workshop = self._stack.enter_context(
                Workshop(
                    self.repository,
                    components=self.settings.components,
                    excluded=self._excluded(),
                    public=self.settings.public,
                    reports=self._own(self.settings.reports),
                    checks=self._checks(),
                    check_records=self.check_records,
                    fresh=fresh,
                )
            )
            cache = self.repository.git_dir / "chronicles"
            self._reserved = Reserved(lambda: _locks(cache), _say_waiting)
            self._stack.callback(self._reserved.close)
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
        """A name for a series that has none: of the main checkout's folder, wherever this worktree lies."""
        git_dir = self.repository.git_dir.resolve()
        name = git_dir.parent.name if git_dir.name == ".git" else git_dir.name.removesuffix(".git")
        words = [word[:1].upper() + word[1:] for word in name.replace("_", "-").split("-") if word]
        return " ".join(words)[:60] or "Project"

    def _excluded(self) -> tuple[str, ...]:
        """The output folders, also the one of this run where it lies inside the work tree."""
        folders = set(self.settings.excluded)
        if self.repository.worktree_dir and self.folder.resolve().is_relative_to(self.root.resolve()):
            inside = self.folder.resolve().relative_to(self.root.resolve()).as_posix()
            if inside != ".":
                folders.add(inside)
        return tuple(sorted(folders))

    def _checks(self) -> Iterator[Check]:
        """The checks that the work tree's settings name."""
        for name, one in self.settings.checks.items():
            yield Check(name, one.command, clean(one.command), one.timeout_sec)

    @property
    def check_records(self) -> Path | None:
        """The folder of what runs of checks left, with the patch documents; None in a bare repository."""
        patches = self._own(self.settings.patches)
        return patches / "checks" if patches else None

    def cast(self) -> Cast:
        """The personas who speak, the repository's own ones included."""
        return load_cast(self._own(self.settings.personas), self.settings.cast)

    def _own(self, folder: str | None) -> Path | None:
        """A folder of the work tree; a bare repository has none, and what lies where it is asked from is not its."""
        tree = self.repository.worktree_dir
        return tree / folder if tree and folder else None

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Keep other runs on this repository waiting, and mend what a killed one left in the folder.

        One lock a repository, not one a folder: runs with different folders still share the index. It gives whether
        nobody else has had the lock since this session had it last.
        """
        if self._inside:
            yield True
            return
        cache = self.repository.git_dir / "chronicles"
        with hold(cache, locks=_locks(cache), wait_sec=_WAIT_SEC, mark=self._mark) as undisturbed:
            if not undisturbed and self.folder.is_dir():
                recover(self.folder)
            self._inside = True
            try:
                yield undisturbed
            finally:
                self._inside = False

    @property
    def in_turn(self) -> bool:
        """Whether this session has the lock that `alone` gives."""
        return self._inside

    def look(self, work: Callable[[], _Found]) -> _Found:
        """Do something that reads the line and writes nothing, beside runs that write.

        The index is read as it is at one moment. Only where it does not have a commit yet it has to grow, and the work
        is done from the beginning, with the lock that this needs.
        """
        self._still = True
        try:
            with self.workshop.index.still():
                return work()
        except _Unread:
            pass
        finally:
            self._still = False
        with self.alone():
            return work()

    def press(self) -> Press:
        """The press of this repository's series, as its folder is now; it writes plain words until it is told who does.

        So what reads pages, or finds that there is nothing to write, opens no model.
        """
        return self._press(Series(self.folder, first=self.settings.first_episode), "episode")

    def patch_press(self, folder: Path | None = None) -> Press:
        """The press of this repository's patch documents, in a folder or where the settings have them."""
        series = Series(folder or self.root / self.settings.patches, prefix="patch", digits=1, exclusive=False)
        return self._press(series, "patch")

    def press_of(self, page: Path) -> Press:
        """The press of the series that a page belongs to by its name, in the page's own folder."""
        return self.patch_press(page.parent) if is_patch(page) else self.press()

    def _press(self, series: Series, kind: Literal["episode", "patch"]) -> Press:
        cast = self.cast()
        return Press(
            self.workshop,
            series=series,
            cast=cast,
            renderer=self.renderer(cast, kind)(),
            writer=PlainWriter(),
            # A patch document belongs to no series, and the settings' default is the name of the checkout's folder.
            name=self.settings.series if kind == "episode" else "",
            repo_url=self.settings.repo_url,
            alone=self.alone,
            reserved=self._reserved,
        )

    def renderer(self, cast: Cast, kind: Literal["episode", "patch"]) -> Callable[[], Renderer]:
        """What makes the renderer of one kind of document, here or in another process."""
        return partial(Renderer, cast, self._own(self.settings.templates), kind=kind)

    @contextmanager
    def staging(self, folder: Path) -> Iterator[Path]:
        """Keep other runs from staging into a folder; gives the file that remembers what was staged there.

        Runs that write pages go on beside it: each page they move into place is whole.
        """
        locks = _locks(self.repository.git_dir / "chronicles")
        with hold(folder, locks=locks, wait_sec=_WAIT_SEC):
            yield locks / f"staged-{sha256(os.fsencode(folder)).hexdigest()[:16]}.json"

    def mention_records(self) -> None:
        """Say on stderr which files among the run records count for none, the first ones by name."""
        runs = self.workshop.runs
        found = runs.problems() if runs is not None else []
        for path, line, problem in found[:_MENTIONED]:
            where = f"{os.path.relpath(path)}{f':{line}' if line else ''}"
            click.echo(f"chronicles: {where}: {problem}; nothing is told of it.", err=True)
        if len(found) > _MENTIONED:
            more = len(found) - _MENTIONED
            told = "1 more file is no run record" if more == 1 else f"{more} more files are no run records"
            click.echo(f"chronicles: {told}.", err=True)

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
        if self._still and self.workshop.index.depth(tip) is None:
            raise _Unread
        return self.workshop.index.follow(tip, progress)

    def subject(self, revision: str, *, reading: str = "full", paths: Sequence[str] = ()) -> SubjectKey:
        """The subject that a revision or range names: one step, or the steps of a range.

        Args:
            revision: What somebody typed.
            reading: `full` or `quick`, as in `SubjectKey`.
            paths: Folders or files that a range is limited to.

        Raises:
            UnknownRevision: If it names none.
            RangeError: If a path is none.
        """
        within = scope_of(paths).paths
        if ".." not in revision and within:
            raise RangeError(revision, "only a range is limited to paths", "Name one, such as `v1.0..HEAD`")
        if ".." not in revision:
            tip = self.repository.resolve(revision)
            depth = self.follow(tip)
            return SubjectKey("commit", (tip,), self.workshop.parent(depth), reading)
        base, tip = self.repository.resolve_range(revision)
        depth = self.follow(tip)
        first = self.first_after(base, depth)
        steps = [step.sha for step in self.workshop.index.steps(first, depth)]
        if not steps:
            raise UnknownRevision(revision, self.repository.root)
        # A base beside the line (a tag of a maintenance branch) is what the tree is compared with all the same.
        return SubjectKey("range", tuple(reversed(steps)), base or self.workshop.parent(first), reading, within)

    def first_after(self, base: str | None, depth: int) -> int:
        """Depth of the first step of `base..tip`, of the line that ends at a depth: the first `base` does not have."""
        return first_after(self.workshop, base, depth)


def _series_of(folder: Path) -> str:
    """The name that the newest page of a folder has: a clone may lie in a folder of another name; "" without pages."""
    sidecars = sorted(folder.glob("episode_*.json"), key=lambda path: (len(path.name), path.name))
    for sidecar in reversed(sidecars[-3:]):
        with suppress(PageError):
            return load_page(sidecar).series
    return ""


def _say_waiting() -> None:
    click.echo("chronicles: another run is having the next page worded; waiting for it.", err=True)


def _locks(cache: Path) -> Path:
    """Where locks are kept: with the caches, or in a folder of the user's own when the repository is read-only.

    Raises:
        OutputError: If that folder's name is taken by something that others can write to.
    """
    with suppress(OSError):
        cache.mkdir(exist_ok=True)
        if os.access(cache, os.W_OK):
            return cache
    return own_folder()
