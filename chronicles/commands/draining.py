"""The pages of the published branch as the hook's worker wants them: `generate`'s own code, without anybody asking.

Everything is that of the checkout which has the published branch: its settings, its folder of pages, its writer. A pass
opens it once, finds what is untold, and tells as much of it at a time as the worker says.
"""

from __future__ import annotations

import signal
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.beginning import find_beginning
from chronicles.commands.hook_suite import measure
from chronicles.commands.progress import bar
from chronicles.commands.revoicing import announce, complain
from chronicles.commands.rewriting import follow_history
from chronicles.commands.session import Session
from chronicles.commands.subjects import Wanted, select
from chronicles.commands.voicing import Account, voice, wish
from chronicles.config import load_settings
from chronicles.documents.moving import Followed
from chronicles.documents.page import load_page
from chronicles.documents.untold import is_told
from chronicles.errors import ConfigError, NotARepository, PageError
from chronicles.history.location import locate
from chronicles.history.repository import Repository
from chronicles.history.worktrees import published_branch, worktrees
from chronicles.hook.publishing import Publishing
from chronicles.hook.state import Installed
from chronicles.hook.waiting import waits_for
from chronicles.writers.parts import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from chronicles.commands.beginning import Beginning
    from chronicles.commands.progress import Advance
    from chronicles.commands.voicing import Wish
    from chronicles.documents.telling import Press
    from chronicles.dossier import SubjectKey
    from chronicles.history.location import Location
    from chronicles.history.worktrees import Worktree
    from chronicles.hook.state import State
    from chronicles.hook.waiting import Waiting

__all__ = ["Ending", "Pages"]


class Ending:
    """Ends the worker when it is told to (SIGTERM): at once, but for a page in hand, which is written first."""

    def __init__(self) -> None:
        self._asked = 0
        self.in_hand: Callable[[], bool] = bool
        """Whether a page is being written right now."""

    def listen(self) -> None:
        """Hear of it from now on."""
        signal.signal(signal.SIGTERM, self._hear)

    def _hear(self, number: int, _frame: object) -> None:
        self._asked = number
        if not self.in_hand():
            self.heed()

    def let_go(self) -> None:
        """Know of no page any more."""
        self.in_hand = bool

    def heed(self) -> None:
        """End, if somebody has asked for it."""
        if self._asked:
            raise SystemExit(128 + self._asked)


class Pages:
    """What there is to tell in one repository.

    Args:
        location: Somewhere in it.
        state: What its hook remembers.
    """

    def __init__(self, location: Location, state: State) -> None:
        self._location = location
        self._state = state
        self.ending = Ending()
        """Asked after each page whether to go on."""
        self.paths: dict[Path, None] = {}
        """Pages that were written or changed, each once."""

    # -- where -----------------------------------------------------------------------------------------------------

    def locate(self) -> Location:
        """The repository as it lies now: a checkout that the worker was woken from may be gone by the next pass.

        Raises:
            NotARepository: When there is none any more.
        """
        common = self._location.common_dir
        with suppress(NotARepository):
            found = locate(self._location.root)
            if found.common_dir == common:
                return found
        return locate(common)

    def branch(self) -> str | None:
        """The published branch; None where nothing says which it is."""
        location = self.locate()
        installed = self._state.installed()
        remembered = installed.branch if installed else ""
        home = next((one.path for one in worktrees(location) if one.branch == remembered), location.worktree_dir)
        configured = load_settings(home, name="").hook.branch
        if configured or remembered:
            return configured or remembered
        with Repository(location) as repository:
            return published_branch(repository)

    def checkout(self) -> Worktree | None:
        """The checkout that has the published branch; None where none has."""
        branch = self.branch()
        return next((one for one in worktrees(self.locate()) if branch and one.branch == branch), None)

    def waiting(self) -> Waiting | None:
        """What keeps pages from being written now.

        Raises:
            ConfigError: When nothing says which branch is published.
        """
        self.ending.heed()
        branch = self.branch()
        if branch is None:
            remedy = "`chronicles hook install` on the branch whose history is told"
            raise ConfigError(self._location.root, f"nobody knows which branch is published; {remedy}")
        checkouts = worktrees(self.locate())
        waiting = waits_for(checkouts, branch)
        if waiting is not None and not waiting.passing and not self._is_there(branch):
            remedy = "`chronicles hook install --branch NAME` says which one is told from now on"
            raise ConfigError(self._location.root, f"the branch {branch} is gone; {remedy}")
        return waiting

    def _is_there(self, branch: str) -> bool:
        """Whether a branch has a commit; it may have been renamed or deleted."""
        with Repository(self.locate()) as repository:
            return repository.branch_tip(branch) is not None

    # -- a pass ----------------------------------------------------------------------------------------------------

    @contextmanager
    def open(self) -> Iterator[Desk]:
        """Open the pages for one pass; the pairs of rewritten commits are forgotten when nothing was refused in it."""
        rewritten = self._state.rewritten()
        pairs = [pair for one in rewritten.values() for pair in one]
        checkout = self.checkout()
        if checkout is None:
            raise ConfigError(self._location.root, "no checkout has the published branch any more")
        with Session(checkout.path) as session, ExitStack() as stack:
            publishing = self._publishing(session, checkout)
            publishing.begin()
            with session.alone():
                desk = Desk(session, session.press(), stack, self.ending)
            try:
                desk.follow(pairs)
                with desk.press.turn():
                    self._find(desk, str(checkout.branch), pairs)
                self._measure(desk, checkout)
                yield desk
                desk.follow_on(pairs)
            except Exception:
                self._publish(desk, publishing)  # what was written before something went wrong
                raise
            self._publish(desk, publishing)
        self._state.forget(rewritten)

    def _measure(self, desk: Desk, checkout: Worktree) -> None:
        """Have a suite measure what is untold, if the settings name one; meanwhile much may begin."""
        settings = desk.session.settings
        if not settings.hook.suite or not desk.keys:
            return
        failed = self._state.report().failures
        new = [key for key in desk.keys if key.commits[0] not in failed]
        desk.note(measure(self._state.folder, checkout.path, settings, new, stopped=lambda: self._state.gone))
        if self.waiting() is not None:
            desk.put([])
            self._state.wake()  # the next pass waits, and finds all of it measured

    def _publish(self, desk: Desk, publishing: Publishing) -> None:
        """Have pages staged or committed, if the settings ask for it."""
        self.paths |= desk.paths
        published = publishing.finish(list(desk.paths))
        desk.note(published.done)
        desk.note(published.left)

    def _publishing(self, session: Session, checkout: Worktree) -> Publishing:
        """What becomes of the pages of a pass."""
        settings = session.settings
        return Publishing(
            self._state.folder,
            checkout,
            str(checkout.branch),
            settings.hook.pages,
            settings.output,
            records=f"{settings.reports}/{settings.hook.suite}" if settings.hook.suite else None,
            tells=_tells,
        )

    def _find(self, desk: Desk, branch: str, pairs: Sequence[tuple[str, str]]) -> None:
        """Put on the desk what is untold."""
        session, press = desk.session, desk.press
        tip = session.repository.branch_tip(branch)
        if tip is None:
            return
        installed = self._state.installed()
        beginning = self.beginning(session, press, tip, pairs)
        if installed is None or installed.since != beginning.since:
            self._state.install(Installed(installed.branch if installed else branch, beginning.since))
        desk.note(beginning.note)
        desk.put(untold_keys(session, press, beginning, tip))

    def beginning(self, session: Session, press: Press, tip: str, pairs: Sequence[tuple[str, str]]) -> Beginning:
        """Where the telling begins."""
        installed = self._state.installed()
        return find_beginning(
            session,
            press.series,
            tip,
            since=installed.since if installed else None,
            lost=installed is None,
            pairs=pairs,
        )


def _tells(page: Path) -> Sequence[str]:
    """The commits that a page tells, as far as its sidecar can be read."""
    try:
        return load_page(page.with_suffix(".json")).dossier.subject.commits
    except PageError:
        return ()


def untold_keys(session: Session, press: Press, beginning: Beginning, tip: str) -> list[SubjectKey]:
    """The subjects since the beginning that have no page, oldest first, divided as `generate` divides them."""
    since = beginning.since
    wanted = Wanted((f"{since}..{tip}",)) if since else Wanted((tip,), everything=True)
    return [key for key in select(session, wanted).keys if has_news(press, key)]


def has_news(press: Press, key: SubjectKey) -> bool:
    """Whether any part of a subject has no page that tells just it."""
    return any(entry is None or not is_told(entry, part) for part, entry in press.untold(key))


class Desk:
    """The pages of one checkout, open for one pass.

    Args:
        session: On the checkout.
        press: Of its series, as the folder is now.
        stack: Closes what is opened here.
        ending: Asked after each page whether to go on.
    """

    def __init__(self, session: Session, press: Press, stack: ExitStack, ending: Ending) -> None:
        self.session = session
        self.press = press
        self.notes: list[str] = []
        """What there is to say of this pass."""
        self._stack = stack
        self._ending = ending
        self._keys: dict[str, SubjectKey] = {}
        self.paths: dict[Path, None] = {}
        """Pages that were written or changed, each once."""
        self._named: set[Path] = set()
        self._wished: Wish | None = None
        self._opened: Any = None
        self._account = Account("", ())
        self._followed = Followed()
        self._advance: Advance = lambda _done, _total: None
        ending.in_hand = lambda: session.in_turn
        stack.callback(ending.let_go)

    def note(self, note: str) -> None:
        """Say something of this pass."""
        if note:
            self.notes.append(note)

    def put(self, keys: Sequence[SubjectKey]) -> None:
        """Say what is to be told."""
        self._keys = {key.commits[0]: key for key in keys}

    @property
    def keys(self) -> list[SubjectKey]:
        """The subjects that have no page, oldest first."""
        return list(self._keys.values())

    @property
    def untold(self) -> list[str]:
        """The newest commit of each of them."""
        return list(self._keys)

    def written(self) -> list[str]:
        """Names of the pages that changed since this was asked last."""
        new = [path for path in self.paths if path not in self._named]
        self._named.update(new)
        return [path.name for path in new]

    def follow(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Have pages follow rewritten history, before anything new is told."""
        followed = follow_history(self.session, self.press, pairs, step=self._step)
        self.paths |= followed.written
        if followed.moved or followed.retired:
            pages = "1 page" if len(followed.moved) == 1 else f"{len(followed.moved)} pages"
            self.note(f"{pages} followed rewritten commits, {len(followed.retired)} retired")
        self._followed.join(followed)

    def follow_on(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Do what following has left for when new commits are told."""
        if self._followed.waiting:
            self.follow(pairs)
        if self._followed.reword:
            self._voice()
            if self.press.writer.name != PLAIN:
                self.paths |= self.press.revoice(self._followed.reword, step=self._step).written

    def tell(self, commits: Sequence[str]) -> None:
        """Write the pages of some of what is untold."""
        wanted = [self._keys[sha] for sha in commits]
        self._voice()
        try:
            with bar("Writing episodes", self._account.asks(self.press.writer)) as self._advance:
                told = self.press.tell(wanted, step=self._step)
        except Exception:
            self._look_again(wanted)
            raise
        self.paths |= told.written
        for sha in commits:
            del self._keys[sha]
        complain(self._opened, told)
        for line in self._account.lines(told):
            click.echo(f"chronicles: {line}", err=True)
        for path, conflict in told.conflicts:
            click.echo(f"chronicles: {path.name}:{conflict.line_number}: a person's line was kept", err=True)

    def _step(self, done: int, total: int) -> None:
        """One more page is written."""
        self._advance(done, total)
        self._ending.heed()

    def _voice(self) -> None:
        """Open the writer, once somebody has something to say."""
        if self._opened is None:
            self._wished = wish(self.session.settings, None, None)
            self._account = Account(self._wished.writer, ())
            self._opened = self._stack.enter_context(voice(self.session, self._wished, self._account))
            announce(self._opened, self._wished)
        self.press.writer = self._opened.writer

    def _look_again(self, wanted: Sequence[SubjectKey]) -> None:
        """Find out what was told before something went wrong: what the press had in mind may not have come about."""
        with self.session.alone():
            self.press = self.session.press()
        for key in wanted:
            if not has_news(self.press, key):
                entry = self.press.series.by_commit(key.commits[0])
                if entry is not None:
                    self.paths[entry.page] = None
                del self._keys[key.commits[0]]
