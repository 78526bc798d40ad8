"""Drafts overlap and pages do not: the bytes are the same however many are drafted at once, and nothing is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Barrier, Event, Lock, current_thread, main_thread
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.commands.session import Session
from chronicles.documents.drafting import draft_pages
from chronicles.documents.page import load_page
from chronicles.documents.verification import verify_page
from chronicles.errors import PageError
from chronicles.personas import load_cast
from chronicles.writers import Draft, Effort, PlainWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chronicles.documents.told import Told
    from chronicles.dossier import Dossier
    from chronicles.personas import Cast
    from chronicles.writers import Byline, Part
    from tests.conftest import RepoBuilder


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a series."""
    return {path.name: path.read_bytes() for path in sorted((folder / "episodes").iterdir())}


def stored(folder: Path) -> list[Dossier]:
    """The dossiers of a series, in order."""
    return [load_page(path).dossier for path in sorted((folder / "episodes").glob("*.json"))]


def test_the_bytes_of_any_number_of_jobs(
    saga: RepoBuilder, tell: Callable[..., Told], scripted: Any, voiced: Path
) -> None:
    """Pages drafted four at a time, the first the slowest, are those that were drafted one after another."""

    class Uneven(scripted):  # type: ignore[misc] # a class that a fixture hands over
        """Answers each page only when a later one has been asked for, as far as there is one."""

        def __init__(self) -> None:
            super().__init__(parallel=4, woven=True)
            self.later = [Event() for _ in range(40)]
            self.numbers = count()

        def draft(self, dossier: Dossier, parts: Sequence[Part], cast: Cast, titles: Sequence[str] = ()) -> Draft:
            number = next(self.numbers)
            found = super().draft(dossier, parts, cast, titles)
            self.later[number].set()
            assert current_thread() is not main_thread()
            if number + 1 < len(steps) and number % 4 == 0:
                assert self.later[number + 1].wait(30)
            return found

    steps = saga.git("rev-list", "--first-parent", "HEAD").split()
    told = tell(saga.path, Uneven(), jobs=8)
    assert contents(saga.path) == contents(voiced)
    assert told.by_model > 0.8 * (told.by_model + told.plain)


def test_as_many_drafts_as_the_writer_serves(saga: RepoBuilder, scripted: Any) -> None:
    """Three drafts meet although each waits for the two others, and never a fourth is on the way."""
    barrier = Barrier(3, timeout=60)
    lock = Lock()
    running, most = 0, 0

    class Meeting(scripted):  # type: ignore[misc] # a class that a fixture hands over
        """Answers when three are asked for."""

        def draft(self, *arguments: Any) -> Draft:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            barrier.wait()
            found = super().draft(*arguments)
            with lock:
                running -= 1
            return found

    dossiers = stored(saga.path)[:9]
    found = draft_pages(Meeting(parallel=3), load_cast(), dossiers, jobs=5)
    assert [one.dossier for one in found] == dossiers
    assert most == 3


def test_one_at_a_time_needs_no_thread(saga: RepoBuilder, scripted: Any) -> None:
    """With one job, or a writer that serves one, each page is drafted where it is asked for and not before."""
    seen = []

    class Seeing(scripted):  # type: ignore[misc] # a class that a fixture hands over
        """Remembers who asks."""

        def draft(self, *arguments: Any) -> Draft:
            seen.append(current_thread())
            return super().draft(*arguments)

    for writer, jobs in ((Seeing(parallel=9), 1), (Seeing(parallel=1), 9)):
        found = draft_pages(writer, load_cast(), stored(saga.path)[:5], jobs=jobs)
        next(found)
        assert len(writer.drafted) == 1
        assert len(list(found)) == 4
    assert set(seen) == {current_thread()}


def test_what_breaks_the_dossiers_breaks_nothing_before_it(saga: RepoBuilder, scripted: Any) -> None:
    """Drafts that were started before a dossier could not be had are handed over before the error."""

    def broken() -> Iterator[Dossier]:
        yield from stored(saga.path)[:4]
        raise PageError(Path("x.json"), "cannot be read", "Mend it")

    for parallel in (1, 2, 3, 4, 9):
        got: list[Dossier] = []
        drafts = draft_pages(scripted(parallel=parallel), load_cast(), broken(), jobs=9)
        with pytest.raises(PageError, match=r"x\.json"):
            got.extend(one.dossier for one in drafts)
        assert [one.subject for one in got] == [one.subject for one in stored(saga.path)[:4]]


def test_a_writer_that_fails_loses_no_page_before(
    saga: RepoBuilder, tell: Callable[..., Told], scripted: Any, voiced: Path
) -> None:
    """A fault of a writer's own ends the run; what was drafted before it is on its pages, whole."""

    class Failing(scripted):  # type: ignore[misc] # a class that a fixture hands over
        """Breaks on one page, late."""

        def draft(self, dossier: Dossier, *arguments: Any) -> Draft:
            if dossier.subject.commits[0] == steps[5]:
                raise RuntimeError("broken")
            return super().draft(dossier, *arguments)

    steps = saga.git("rev-list", "--first-parent", "--reverse", "HEAD").split()
    for jobs in (1, 3):
        with pytest.raises(RuntimeError, match="broken"):
            tell(saga.path, Failing(parallel=3, woven=True), jobs=jobs)
        now, then = contents(saga.path), contents(voiced)
        for number in range(1, 5):
            assert now[f"episode_{number:03d}.md"] == then[f"episode_{number:03d}.md"]
        assert load_page(saga.path / "episodes/episode_005.json").byline is not None


def test_nothing_is_said_again_on_the_next_pages(repo: RepoBuilder, tell: Callable[..., Told], scripted: Any) -> None:
    """A wording of a model stands once on five pages and may return on the sixth, in memory and from sidecars alike."""
    shas = [
        repo.commit(f"docs: page {number}", {f"docs/{number}.md": "".join(f"line {n}\n" for n in range(90 + number))})
        for number in range(14)
    ]
    tell(repo.path, scripted())
    first = contents(repo.path)
    said = [
        {one.wording for one in load_page(path).sentences if one.claim and one.writer == "ollama"}
        for path in sorted((repo.path / "episodes").glob("*.json"))
    ]
    for at in range(len(said)):
        for before in range(max(0, at - 5), at):
            assert not said[at] & said[before], (before, at)
    assert any(said[at] & said[before] for at in range(len(said)) for before in range(at - 5))
    again = tell(repo.path, scripted(), shas[7:9])
    assert contents(repo.path) == first
    assert again.refused["repeated"] > 0
    everything = tell(repo.path, scripted())
    assert contents(repo.path) == first
    assert list(everything.written) == []


def test_a_run_counts_its_words(
    saga: RepoBuilder, tell: Callable[..., Told], scripted: Any, byline: Callable[..., Byline]
) -> None:
    """Who worded what, what was refused, what it cost and where a model gave less, over all pages of a run."""
    late = scripted(byline=byline(degraded="timed out"), silent=frozenset({"size.ratio", "first.folder"}))
    shas = saga.git("rev-list", "--first-parent", "--reverse", "HEAD").split()
    told = tell(saga.path, late, shas[2:6])
    pages = [load_page(saga.path / f"episodes/episode_{number:03d}.json") for number in range(3, 7)]
    spoken = [one for page in pages for one in page.sentences if one.claim]
    assert (told.by_model, told.plain) == (
        sum(one.writer == "ollama" for one in spoken),
        sum(one.writer == "plain" for one in spoken),
    )
    assert told.plain > 0
    assert told.degraded == dict.fromkeys(range(3, 7), "timed out")
    assert told.refused.total() == sum(sum(page.byline.refused.values()) for page in pages if page.byline)
    assert told.effort.requests == sum(one.claim not in late.silent for one in spoken)
    assert (told.effort.kept, told.effort.read_tokens) == (0, 400)
    plain = tell(saga.path, PlainWriter(), shas[2:6])
    assert (plain.by_model, plain.refused, plain.degraded, plain.effort) == (0, {}, {}, Effort())


def test_voicing_anew(voiced: Path, scripted: Any, byline: Callable[..., Byline]) -> None:
    """Pages are worded by another model from their stored dossiers, and those before them learn their new titles."""
    other = scripted(parallel=2, byline=byline(model="other:2b"))
    first_title = [path.read_text().split("\n")[3] for path in sorted((voiced / "episodes").glob("*.md"))]

    class FirstTitle(scripted):  # type: ignore[misc] # a class that a fixture hands over
        """Takes the first title."""

        def draft(self, *arguments: Any) -> Draft:
            return replace(other.draft(*arguments), title="")

    with Session(voiced) as session:
        session.follow(session.repository.resolve("HEAD"))
        press = session.press()
        press.writer = FirstTitle(parallel=2)
        shas = [entry.commits[0] for entry in press.series if entry.number in (3, 4, 8)]
        told = press.revoice(shas, jobs=2)
    assert len(other.drafted) == 3
    pages = {number: load_page(voiced / f"episodes/episode_{number:03d}.json") for number in range(2, 10)}
    for number, page in pages.items():
        assert page.byline
        assert page.byline.model == ("other:2b" if number in (3, 4, 8) else "scripted:1b")
        if number < 9:
            assert page.links.next_title == pages[number + 1].title
    changed = [number for number in (3, 4, 8) if f'title: "{pages[number].title}"' != first_title[number - 1]]
    assert changed
    assert {path.stem for path in told.written} >= {f"episode_{number:03d}" for number in (3, 4, 8)}
    with Session(voiced, fresh=True) as session:
        session.follow(session.repository.resolve("HEAD"))
        press = session.press()
        assert [found for number in pages for found in verify_page(press, press.page_path(number))] == []


def test_a_dry_run_is_what_a_run_writes(voiced: Path, scripted: Any) -> None:
    """Pages that are composed one after another without being written say what the written ones say."""
    with Session(voiced) as session:
        session.follow(session.repository.resolve("HEAD"))
        press = session.press()
        press.writer = scripted(woven=True)
        for path in sorted((voiced / "episodes").glob("*.json")):
            page = load_page(path)
            made = press.compose(page.dossier, page.number)
            assert (made.sentences, made.title, made.byline) == (page.sentences, page.title, page.byline)


INTERRUPTED = """
    import sys
    from importlib.util import module_from_spec, spec_from_file_location
    from pathlib import Path
    from threading import Event

    from chronicles.commands.session import Session

    spec = spec_from_file_location("scripts", sys.argv[1])
    scripts = sys.modules["scripts"] = module_from_spec(spec)
    spec.loader.exec_module(scripts)

    class Hanging(scripts.Scripted):
        def draft(self, *arguments):
            found = super().draft(*arguments)
            if len(self.drafted) > 6:
                Path("hanging").touch()
                Event().wait(600)
            return found

    scripts.tell_anew(Path.cwd(), Hanging(parallel=3), jobs=3)
"""


def test_an_interrupt_waits_for_no_model(saga: RepoBuilder, tell: Callable[..., Told], scripted: Any) -> None:
    """Ctrl-C while drafts hang for minutes ends the process at once; finished pages are out and whole."""
    command = [sys.executable, "-c", textwrap.dedent(INTERRUPTED), str(Path(__file__).with_name("conftest.py"))]
    process = subprocess.Popen(command, cwd=saga.path, stderr=subprocess.PIPE)
    try:
        while not (saga.path / "hanging").exists() and process.poll() is None:
            Event().wait(0.05)
        Event().wait(1.0)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert b"KeyboardInterrupt" in err
    pages = sorted((saga.path / "episodes").glob("*.json"))
    done = [load_page(path).byline is not None for path in pages]
    assert done == [True] * 6 + [False] * 12
    assert not list((saga.path / "episodes").glob(".chronicles-*"))
    tell(saga.path, scripted(parallel=3), jobs=3)
    assert all(load_page(path).byline for path in pages)
