"""The worker's loop, with commits that are made up: what is told, retried, parked and waited for."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.errors import Busy, ConfigError, GitFailed, OutputError
from chronicles.files import hold
from chronicles.hook import worker as worker_module
from chronicles.hook.state import Parked, Report, State
from chronicles.hook.waiting import Waiting
from chronicles.hook.work import BACKGROUND, BY_HAND, Pace
from chronicles.hook.worker import TRIES, drain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

A, B, C, D, E = (letter * 40 for letter in "abcde")
PAUSES = list(BACKGROUND.pauses)


class Clock:
    """Time that passes only when somebody sleeps; the wall clock beside it may do what it likes."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.wall = 1_700_000_000.0
        self.rests: list[float] = []
        self.during: list[Callable[[], None]] = []

    def monotonic(self) -> float:
        """A clock that never steps back."""
        return self.now

    def time(self) -> float:
        """One that does, with every look."""
        self.wall -= 3600
        return self.wall

    def sleep(self, sec: float) -> None:
        """Let time pass, and others do something meanwhile."""
        self.rests.append(sec)
        self.now += sec
        if self.during:
            self.during.pop(0)()


class Tales:
    """Commits to tell, and what goes wrong with them."""

    def __init__(self, *commits: str) -> None:
        self.left = list(commits)
        self.told: list[str] = []
        self.calls: list[list[str]] = []
        self.wrong: dict[str, Exception] = {}
        self.refused: list[Exception] = []
        """Raised by one pass after another as it opens."""
        self.waits: list[Waiting] = []
        self.meanwhile: Callable[[], None] = bool  # type: ignore[assignment]
        self.notes: list[str] = []
        self.opened = 0
        self._new: list[str] = []

    def waiting(self) -> Waiting | None:
        """What there is to wait for, one after the other."""
        return self.waits.pop(0) if self.waits else None

    @contextmanager
    def open(self) -> Iterator[Tales]:
        """Be the desk of a pass."""
        self.opened += 1
        if self.refused:
            raise self.refused.pop(0)
        yield self

    @property
    def untold(self) -> Sequence[str]:
        """What is not told."""
        return tuple(self.left)

    def tell(self, commits: Sequence[str]) -> None:
        """Tell some, up to the first with which something is wrong."""
        self.calls.append(list(commits))
        for sha in commits:
            if sha in self.wrong:
                raise self.wrong[sha]
            self.left.remove(sha)
            self.told.append(sha)
            self._new.append(f"episode of {sha[:1]}")
        self.meanwhile()

    def written(self) -> list[str]:
        """What is new."""
        new, self._new = self._new, []
        return new


class Heard:
    """A log that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.traced: list[BaseException] = []

    def say(self, event: str) -> None:
        """Remember an event."""
        self.lines.append(event)

    def trace(self, error: BaseException) -> None:
        """Remember a bug."""
        self.traced.append(error)

    def line(self, text: str) -> str:
        """Leave a text as it is."""
        return text


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The worker's time."""
    made = Clock()
    monkeypatch.setattr(worker_module, "time", made)
    return made


@pytest.fixture
def state(tmp_path: Path) -> State:
    """The state of an installed hook."""
    folder = tmp_path / "git" / "chronicles-hook"
    folder.mkdir(parents=True)
    (folder / "wake").touch()
    return State(tmp_path / "git")


@pytest.fixture
def run(state: State, clock: Clock) -> Callable[..., tuple[Report, Heard]]:
    """Let the worker run over some tales."""

    def go(tales: Tales, pace: Any = BACKGROUND) -> tuple[Report, Heard]:
        heard = Heard()
        report = drain(state, lambda: (tales, heard), pace, sleep=clock.sleep)
        assert report is not None
        return report, heard

    return go


def full() -> OutputError:
    """What a full disk says."""
    return OutputError(SimpleNamespace(), "no space left on device")  # type: ignore[arg-type]


def test_everything_is_told_at_once_and_remembered(state: State, run: Any, clock: Clock) -> None:
    """What is untold is told in one go, oldest first, and the report has it."""
    tales = Tales(A, B, C)
    tales.notes = ["something to say"]
    report, heard = run(tales)
    assert tales.calls == [[A, B, C]]
    assert (report.pages, report.written) == (3, ("episode of a", "episode of b", "episode of c"))
    assert (report.failure, report.waiting, report.failures) == ("", "", {})
    assert state.report() == report
    assert heard.lines == ["wrote episode of a, episode of b, episode of c", "something to say"]
    assert clock.rests == [BACKGROUND.quiet]
    assert not (state.folder / "worker.pid").exists()
    assert not (state.folder / "hand").exists()


def test_who_wakes_it_at_work_is_heard(state: State, run: Any) -> None:
    """A commit made while pages are written is told by the same worker, at whatever moment its wake-up comes."""
    tales = Tales(A)

    def commit() -> None:
        tales.meanwhile = bool  # type: ignore[assignment]
        tales.left.append(B)
        state.wake()

    tales.meanwhile = commit
    run(tales)
    assert tales.told == [A, B]
    assert not state.woken


def test_no_wake_up_is_lost_at_the_very_end(state: State, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that comes between the last look and the letting go of the lock is found after it."""
    tales = Tales(A)
    at_work, times = worker_module.at_work, []

    @contextmanager
    def slow_to_end(*arguments: Any) -> Iterator[None]:
        with at_work(*arguments):
            yield
            if not times:
                tales.left.append(B)
                state.wake()  # the shell has found `worker.pid`, and goes
            times.append(1)

    monkeypatch.setattr(worker_module, "at_work", slow_to_end)
    run(tales)
    assert tales.told == [A, B]
    assert len(times) == 2


def test_only_one_is_at_work(state: State, clock: Clock) -> None:
    """A second worker loads nothing and leaves; by hand somebody is told, after a while."""
    prepared: list[int] = []

    def prepare() -> Any:
        prepared.append(1)

    held, over = threading.Event(), threading.Event()

    def other() -> None:
        with hold(state.folder, locks=state.folder):
            held.set()
            over.wait(60)

    thread = threading.Thread(target=other)
    thread.start()
    held.wait(60)
    try:
        assert drain(state, prepare, BACKGROUND, sleep=clock.sleep) is None
        with pytest.raises(Busy):
            drain(state, prepare, Pace(others=0.01, by_hand=True), sleep=clock.sleep)
    finally:
        over.set()
        thread.join()
    assert not prepared


def test_it_begins_when_nobody_wakes_it_any_more(state: State, run: Any, clock: Clock) -> None:
    """Commits in a burst are waited out, but not for ever."""
    clock.during = [state.wake, state.wake]
    run(Tales(A))
    assert clock.rests == [BACKGROUND.quiet] * 3
    clock.rests.clear()
    clock.during = [state.wake] * 100
    run(Tales(A))
    assert clock.rests == [BACKGROUND.quiet] * 7
    assert sum(clock.rests[:-1]) < BACKGROUND.most_quiet <= sum(clock.rests)
    clock.during = []
    clock.rests.clear()
    state.wake()
    tales = Tales(A)
    run(tales, BY_HAND)
    assert clock.rests == []
    assert tales.opened == 1


@pytest.mark.parametrize("error", [full(), Busy(SimpleNamespace(), "process 1"), PermissionError(13, "no")])  # type: ignore[arg-type]
def test_what_the_machine_refuses_is_tried_again(state: State, run: Any, clock: Clock, error: Exception) -> None:
    """The pass is done again after longer and longer pauses; what passes by itself leaves no trace but in the log."""
    tales = Tales(A, B)
    tales.refused = [error] * 3
    report, heard = run(tales)
    assert tales.told == [A, B]
    assert (report.failure, report.failures) == ("", {})
    assert sum(clock.rests) == pytest.approx(BACKGROUND.quiet + sum(PAUSES[:3]))
    assert len(heard.lines + heard.traced) == 4


def test_what_the_machine_goes_on_refusing_is_left(state: State, run: Any, clock: Clock) -> None:
    """After the last pause it is said what is wrong, no commit is blamed, and the next wake-up tries again."""
    tales = Tales(A, B, C, D, E)
    tales.wrong = dict.fromkeys((A, B, C, D, E), full())
    report, _ = run(tales)
    assert "no space left on device" in report.failure
    assert report.failures == {}
    assert tales.told == []
    assert sum(clock.rests) == pytest.approx(BACKGROUND.quiet + sum(PAUSES))
    assert state.report().failure == report.failure
    tales.wrong.clear()
    report, _ = run(tales)
    assert tales.told == [A, B, C, D, E]
    assert report.failure == ""


def test_a_pause_ends_when_somebody_commits(state: State, run: Any, clock: Clock) -> None:
    """A new commit has the pass done at once."""
    tales = Tales(A)
    tales.refused = [full()] * 2
    clock.during = [bool, state.wake]  # type: ignore[list-item]
    run(tales)
    assert tales.told == [A]
    assert sum(clock.rests) < PAUSES[0] + PAUSES[1]


def test_settings_that_are_broken_are_no_commits_fault(state: State, run: Any, clock: Clock, tmp_path: Path) -> None:
    """Nothing is tried again: only a person can mend it."""
    tales = Tales(A)
    tales.refused = [ConfigError(tmp_path / "pyproject.toml", "no readable TOML")]
    report, _ = run(tales)
    assert "no readable TOML" in report.failure
    assert tales.opened == 1
    assert report.failures == {}


def test_one_commit_does_not_keep_the_others_waiting(state: State, run: Any, clock: Clock) -> None:
    """The one that fails is found, the others are told in their order, and it is parked after its tries."""
    tales = Tales(A, B, C, D)
    tales.wrong = {B: KeyError("surprise")}
    report, heard = run(tales)
    assert tales.told == [A, C, D]
    assert tales.calls[:4] == [[A, B, C, D], [B], [C], [D]]
    assert report.failures == {B: Parked(TRIES, "KeyError: 'surprise'")}
    assert report.failure == ""
    assert len(tales.calls) == 4 + TRIES - 1
    assert sum(clock.rests) == pytest.approx(BACKGROUND.quiet + sum(PAUSES))
    assert heard.traced
    tales.left.append(E)
    tales.calls.clear()
    run(tales)
    assert tales.calls == [[E]]


def test_by_hand_what_was_parked_is_tried_again(state: State, run: Any) -> None:
    """Once, without pauses; what works now is forgotten, what fails still is counted on."""
    state.tell(Report(failures={A: Parked(TRIES, "old"), B: Parked(TRIES, "old"), E: Parked(2, "gone")}))
    tales = Tales(A, B, C)
    tales.wrong = {A: KeyError("still")}
    report, _ = run(tales, BY_HAND)
    assert sorted(tales.told) == [B, C]
    assert report.failures == {A: Parked(TRIES + 1, "KeyError: 'still'")}


def test_a_broken_object_is_told_from_a_broken_machine(state: State, run: Any) -> None:
    """What git refuses of one commit alone is that commit's own, once others can be told."""
    tales = Tales(A, B, C)
    tales.wrong = {A: GitFailed(("cat-file",), 128, "corrupt")}
    report, _ = run(tales)
    assert tales.told == [B, C]
    assert report.failures[A].tries >= 1
    for sha in (D, E, "f" * 40, "0" * 40, "1" * 40):
        tales.left.append(sha)
        report, _ = run(tales)
    assert report.failures[A].tries == TRIES
    assert tales.left == [A]


def test_a_commit_that_ends_the_process_is_parked_too(state: State, run: Any) -> None:
    """The note of what was in hand outlives the process; of several in hand the next run finds out which."""
    tales = Tales(A, B, C)
    tales.wrong = {B: SystemExit(9)}  # type: ignore[dict-item]

    def die() -> None:
        kept = state.in_hand
        with pytest.raises(SystemExit):
            run(tales)
        if kept is None:
            state.take_in_hand("")
        else:
            state.take_in_hand(B)

    die()
    assert tales.told == [A]
    for _ in range(TRIES):
        die()
    assert tales.told == [A, C]
    report, _ = run(tales)
    assert report.failures[B].tries == TRIES
    assert state.in_hand is None
    assert tales.left == [B]


def test_who_is_ended_in_order_blames_nobody(state: State, run: Any) -> None:
    """SIGTERM in the midst of a commit is not the commit's fault, and the report says when the run ended."""
    tales = Tales(A)
    tales.wrong = {A: SystemExit(143)}  # type: ignore[dict-item]
    with pytest.raises(SystemExit):
        run(tales)
    assert state.in_hand is None
    assert state.report().failures == {}
    assert state.report().ended_at


def test_it_waits_while_an_operation_is_under_way(state: State, run: Any, clock: Clock) -> None:
    """It looks less and less often, goes on when the operation has ended, and gives up after ten minutes."""
    rebase = Waiting("a rebase to end", "finish it")
    tales = Tales(A)
    tales.waits = [rebase] * 20
    report, heard = run(tales)
    assert tales.told == [A]
    assert report.waiting == ""
    assert heard.lines[0] == "waits for a rebase to end"
    assert len(heard.lines) == 2
    tales = Tales(B)
    tales.waits = [rebase] * 1000
    clock.rests.clear()
    report, _ = run(tales)
    assert report.waiting == "a rebase to end"
    assert tales.told == []
    assert 600 <= sum(clock.rests) < 610
    assert len(clock.rests) < 200
    clock.rests.clear()
    assert run(tales, BY_HAND)[0].waiting == "a rebase to end"
    assert clock.rests == []


def test_it_does_not_wait_for_what_will_not_pass(state: State, run: Any, clock: Clock) -> None:
    """A branch that is not checked out may stay so for weeks."""
    tales = Tales(A)
    tales.waits = [Waiting("main to be checked out", "do so", passing=False)]
    report, _ = run(tales)
    assert report.waiting == "main to be checked out"
    assert clock.rests == [BACKGROUND.quiet]


def test_a_hook_that_was_taken_out_leaves_nothing(state: State, run: Any, tmp_path: Path) -> None:
    """A repository that is moved while the worker runs is left alone, at its old place and its new one."""
    tales = Tales(A)

    def move() -> None:
        state.folder.parent.rename(tmp_path / "elsewhere")
        tales.left.append(B)
        raise full()

    tales.meanwhile = move
    report, heard = run(tales)
    assert tales.told == [A]
    assert report.failure == ""
    assert "has been moved" in heard.lines[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["elsewhere"]


def test_a_new_hook_in_the_place_of_the_old_one_is_another_workers(state: State, run: Any, tmp_path: Path) -> None:
    """Taken out and put in again while it runs: it ends, and a wake-up for the new one does not keep it."""
    tales = Tales(A)

    def replace_it() -> None:
        state.folder.rename(tmp_path / "old")
        state.folder.mkdir()
        (state.folder / "wake").touch()
        state.wake()

    tales.meanwhile = replace_it
    run(tales)
    assert tales.calls == [[A]]
    assert state.woken
    assert not (state.folder / "worker.json").exists()
