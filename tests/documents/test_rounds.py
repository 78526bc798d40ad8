"""A run over many pages loses nothing, does nothing twice and writes nothing stale, whatever others do meanwhile."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.commands import session as commands_session
from chronicles.commands.session import Session
from chronicles.documents import rounds
from chronicles.documents.page import load_page
from chronicles.documents.verification import verify_page
from chronicles.dossier import SubjectKey
from chronicles.writers import Draft, PlainWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chronicles.documents.told import Told
    from tests.conftest import RepoBuilder

CODE = "".join(f"def step_{number}(value):\n    return value + {number}\n\n\n" for number in range(20))


@pytest.fixture
def line(repo: RepoBuilder) -> list[str]:
    """A repository with four commits; their ids, oldest first."""
    return [
        repo.commit(f"feat: part {name}\n\nBecause part {name} was missing.", {f"core/{name}.py": CODE})
        for name in ("one", "two", "three", "four")
    ]


@pytest.fixture
def meddling(scripted: Any) -> type[Any]:
    """Scripted writers that let somebody do something while they draft the page of a commit."""

    class Meddling(scripted):  # type: ignore[misc] # a class that a fixture hands over
        """Calls `meddle` when the page of the commit `at` is asked for, the first time."""

        def __init__(self, at: str, meddle: Callable[[], object], **options: Any) -> None:
            super().__init__(**options)
            self.at, self.meddle = at, meddle

        def draft(self, dossier: Any, *arguments: Any) -> Draft:
            if dossier.subject.commits[0] == self.at and self.at not in self.drafted:
                self.drafted.append(self.at)
                self.meddle()
                self.drafted.remove(self.at)
            return super().draft(dossier, *arguments)

    return Meddling


def stories(folder: Path) -> dict[int, tuple[tuple[str, ...], bool]]:
    """What the pages of a folder tell, by number, and whether a model was asked."""
    pages = [load_page(path) for path in sorted((folder / "episodes").glob("episode_*.json"))]
    return {page.number: (page.dossier.subject.commits, page.byline is not None) for page in pages}


def findings(folder: Path) -> list[Any]:
    """What verification says of all pages."""
    with Session(folder, fresh=True) as session:
        session.follow(session.repository.resolve("HEAD"))
        press = session.press()
        return [*press.series.problems, *(one for entry in press.series for one in verify_page(press, entry.page))]


def tell(path: Path, writer: Any, *keys: str | SubjectKey, **options: Any) -> Told:
    """Tell subjects."""
    with Session(path) as session:
        session.follow(session.repository.resolve("HEAD"))
        press = session.press()
        press.writer = writer
        return press.tell([session.subject(one) if isinstance(one, str) else one for one in keys], **options)


def test_a_draft_keeps_nobody_waiting(
    repo: RepoBuilder, line: list[str], meddling: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a model thinks, another run has the folder, takes the next numbers, and both stand as they should."""
    monkeypatch.setattr(commands_session, "_WAIT_SEC", 0.0)
    others: list[Told] = []
    writer = meddling(line[1], lambda: others.append(tell(repo.path, PlainWriter(), line[3])))
    told = tell(repo.path, writer, *line)
    assert stories(repo.path) == {
        1: ((line[0],), True),
        2: ((line[3],), False),
        3: ((line[1],), True),
        4: ((line[2],), True),
    }
    assert (len(told.written), told.unchanged, len(others[0].written)) == (4, 1, 2)
    assert writer.drafted == line[:3]
    assert findings(repo.path) == []


def test_what_another_run_tells_meanwhile_stays(repo: RepoBuilder, line: list[str], meddling: Any) -> None:
    """A page that came while its model thought is not written over, nor under a second number."""
    before: dict[str, bytes] = {}

    def other() -> None:
        tell(repo.path, PlainWriter(), line[1])
        before.update({path.name: path.read_bytes() for path in (repo.path / "episodes").glob("*_002.*")})

    told = tell(repo.path, meddling(line[1], other), *line[:2])
    assert stories(repo.path) == {1: ((line[0],), True), 2: ((line[1],), False)}
    assert {path.name: path.read_bytes() for path in (repo.path / "episodes").glob("*_002.*")} == before
    assert (told.unchanged, told.by_model > 0) == (1, True)
    anew = tell(repo.path, meddling(line[1], lambda: tell(repo.path, PlainWriter(), line[2])), line[1], force=True)
    assert stories(repo.path)[2] == ((line[1],), True)
    assert anew.unchanged == 0
    assert findings(repo.path) == []


def test_what_is_removed_meanwhile_gets_no_page(repo: RepoBuilder, line: list[str], meddling: Any) -> None:
    """A commit whose page somebody takes out for good while it is worded anew has none afterwards, and is counted."""
    tell(repo.path, PlainWriter(), *line)

    def remove() -> None:
        with Session(repo.path) as session, session.alone():
            press = session.press()
            entry = press.series.by_commit(line[1])
            assert entry is not None
            press.remove(entry)

    told = tell(repo.path, meddling(line[1], remove), *line, force=True)
    assert stories(repo.path) == {number: ((line[number - 1],), True) for number in (1, 3, 4)}
    assert told.excluded == {"removed by `chronicles remove`": 1}
    assert findings(repo.path) == []


def test_a_day_that_grows_meanwhile_is_not_cut(repo: RepoBuilder, line: list[str], meddling: Any) -> None:
    """The page of a day that another run has told to its end is not taken back; one half told is told anew, whole."""
    short = SubjectKey("group", (line[1], line[0]), None)
    long = SubjectKey("group", (line[2], line[1], line[0]), None)
    writer = meddling(line[1], lambda: tell(repo.path, PlainWriter(), long))
    told = tell(repo.path, writer, short)
    assert stories(repo.path) == {1: (long.commits, False)}
    assert (told.unchanged, dict(told.written)) == (1, {})
    (repo.path / "episodes/episode_001.md").unlink()
    (repo.path / "episodes/episode_001.json").unlink()
    writer = meddling(line[2], lambda: tell(repo.path, PlainWriter(), short))
    tell(repo.path, writer, long)
    assert stories(repo.path) == {1: (long.commits, True)}
    assert writer.drafted == [line[2]]
    assert findings(repo.path) == []


def test_parts_that_fall_apart_meanwhile_are_told_apart(repo: RepoBuilder, line: list[str], meddling: Any) -> None:
    """A group of which another run tells a commit by itself becomes the runs around that, each from its own dossier."""
    group = SubjectKey("group", tuple(reversed(line)), None)
    writer = meddling(line[3], lambda: tell(repo.path, PlainWriter(), line[1]))
    told = tell(repo.path, writer, group)
    assert stories(repo.path) == {
        1: ((line[1],), False),
        2: ((line[0],), True),
        3: ((line[3], line[2]), True),
    }
    assert writer.drafted == [line[3], line[0], line[3]]
    assert told.unchanged == 1
    assert findings(repo.path) == []


def test_an_index_on_another_branch_is_brought_back(repo: RepoBuilder, line: list[str], meddling: Any) -> None:
    """Another run may have the index follow its branch while a model thinks; the dossiers after it are the same."""
    repo.git("checkout", "-q", "-b", "side", line[0])
    side = repo.commit("feat: aside", {"side.py": CODE})
    repo.git("checkout", "-q", "-")
    told = tell(repo.path, meddling(line[0], lambda: tell(repo.path, PlainWriter(), side)), *line)
    assert len(told.written) == 5
    assert [commits[0] for commits, _ in stories(repo.path).values()] == [side, *line]
    # A page of another branch is not looked at for commits that have got pages since; `--fix` does that.
    assert [found.path.name for found in findings(repo.path)] == ["episode_001.md"]


def test_two_branches_in_one_run(repo: RepoBuilder, line: list[str], scripted: Any) -> None:
    """Commits of two branches are told in one run, though the index holds but one of them at a time."""
    repo.git("checkout", "-q", "-b", "side", line[0])
    side = repo.commit("feat: aside", {"side.py": CODE})
    repo.git("checkout", "-q", "-")
    for writer in (PlainWriter(), scripted()):
        told = tell(repo.path, writer, line[1], side, line[2], force=True)
        assert len(told.written) == 3
    assert [commits[0] for commits, _ in stories(repo.path).values()] == [line[1], side, line[2]]


def test_what_a_person_writes_meanwhile_stays(repo: RepoBuilder, line: list[str], meddling: Any) -> None:
    """A line that is added to a page while a model words it anew stands on the new page."""
    tell(repo.path, PlainWriter(), *line)
    page = repo.path / "episodes/episode_002.md"

    def edit() -> None:
        page.write_text(page.read_text(encoding="utf-8") + "\nGrace says hello.\n", encoding="utf-8")

    tell(repo.path, meddling(line[1], edit), line[1], force=True)
    assert stories(repo.path)[2] == ((line[1],), True)
    assert page.read_text(encoding="utf-8").endswith("\nGrace says hello.\n")


def test_revoicing_beside_others(repo: RepoBuilder, line: list[str], meddling: Any) -> None:
    """A page that was removed stays away, and one whose dossier was built anew is worded from the new one."""
    tell(repo.path, PlainWriter(), *line)
    quick = SubjectKey("commit", (line[2],), line[1], "quick")

    def change() -> None:
        tell(repo.path, PlainWriter(), quick, force=True)
        with Session(repo.path) as session, session.alone():
            press = session.press()
            entry = press.series.by_commit(line[3])
            assert entry is not None
            press.remove(entry)

    writer = meddling(line[2], change)
    with Session(repo.path) as session:
        press = session.press()
        press.writer = writer
        told = press.revoice(line)
    assert stories(repo.path) == {number: ((line[number - 1],), True) for number in (1, 2, 3)}
    assert load_page(repo.path / "episodes/episode_003.json").dossier.subject == quick
    assert writer.drafted == [line[0], line[1], line[2], line[2]]
    assert len(told.written) == 3


def test_plain_pages_are_written_in_slices(repo: RepoBuilder, line: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """However many pages a turn has, the bytes are the same, and between two turns others have theirs."""
    tell(repo.path, PlainWriter(), *line)
    whole = {path.name: path.read_bytes() for path in (repo.path / "episodes").iterdir()}
    for path in (repo.path / "episodes").iterdir():
        path.unlink()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        with Session(repo.path) as other, other.alone():
            pass

    monkeypatch.setattr(rounds, "_SLICE", 3)
    monkeypatch.setattr(rounds.time, "sleep", pause)
    steps: list[tuple[int, int]] = []
    told = tell(repo.path, PlainWriter(), *line, step=lambda done, total: steps.append((done, total)))
    assert {path.name: path.read_bytes() for path in (repo.path / "episodes").iterdir()} == whole
    assert len(pauses) == 1
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (len(told.written), told.unchanged) == (4, 0)


def test_conflicts_are_told_once(repo: RepoBuilder, line: list[str], scripted: Any) -> None:
    """A page is published twice, the second time with the next one's title; what is said of it is said once."""
    tell(repo.path, PlainWriter(), *line)
    page = repo.path / "episodes/episode_002.md"
    text = page.read_text(encoding="utf-8")
    (row,) = (one for one in text.split("\n") if one.startswith("- **Files Changed**"))
    page.write_text(text.replace(row, "- **Files Changed**: many, says Grace"), encoding="utf-8")
    for number in (3, 4):
        for ending in ("md", "json"):
            (repo.path / f"episodes/episode_{number:03d}.{ending}").unlink()
    told = tell(repo.path, scripted(), *line, force=True)
    assert len(told.conflicts) == len({(path, one.line_number) for path, one in told.conflicts})
    assert len(told.written) == 4
    assert told.unchanged == 0


def test_an_error_leaves_nothing_reserved(repo: RepoBuilder, line: list[str], meddling: Any) -> None:
    """A run that fails inside one process lets go of the pages that it had in hand."""

    def fail() -> None:
        raise RuntimeError("broken")

    with Session(repo.path) as session:
        session.follow(line[3])
        press = session.press()
        press.writer = meddling(line[1], fail)
        with pytest.raises(RuntimeError, match="broken"):
            press.tell([session.subject(one) for one in line])
        script = (
            "import sys; from pathlib import Path; from chronicles.documents.reserving import Reserved\n"
            "reserved = Reserved(lambda: Path(sys.argv[1]))\n"
            "print([reserved.take(name) for name in sys.argv[2:]])"
        )
        command = (sys.executable, "-c", script, str(repo.path / ".git/chronicles"), *line)
        found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str([True] * 4)
