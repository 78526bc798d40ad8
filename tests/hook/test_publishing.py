"""Pages left, staged or committed: which of them, with which words, and what waits for the next pass."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.history.location import locate
from chronicles.history.settled import Patience
from chronicles.history.worktrees import worktrees
from chronicles.hook.publishing import Published, Publishing, named, unpublished

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import RepoBuilder

AT_ONCE = Patience(quiet_sec=0, wait_sec=0)
SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def told(repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RepoBuilder:
    """A repository with an identity and one page that git has."""
    monkeypatch.setenv("HOME", str(tmp_path))
    repo.git("config", "user.name", "Ada")
    repo.git("config", "user.email", "ada@example.org")
    repo.commit("feat: begin", {"a.txt": "a\n", "episodes/episode_001.md": "1\n", "episodes/episode_001.json": "{}\n"})
    (repo.path / ".git/state").mkdir()
    return repo


def publishing(repo: RepoBuilder, pages: Any, **others: Any) -> Publishing:
    """The publishing of a pass over a repository, which waits for nobody."""
    worktree = worktrees(locate(repo.path))[0]
    fixed: dict[str, Any] = {"tells": lambda page: [SHA] * int(page.stem[-1]), "patience": AT_ONCE, **others}
    return Publishing(repo.path / ".git/state", worktree, "main", pages, "episodes", **fixed)


def write(repo: RepoBuilder, **pages: str) -> None:
    """Write files into the folder of pages: `episode_002="text"` is the page, with a sidecar."""
    for name, text in pages.items():
        (repo.path / f"episodes/{name}.md").write_text(text, "utf-8")
        (repo.path / f"episodes/{name}.json").write_text(json.dumps(text), "utf-8")


def status(repo: RepoBuilder) -> list[str]:
    """What git says of every file."""
    return repo.git("status", "--porcelain", "--untracked-files=all").splitlines()


def test_left_is_left(told: RepoBuilder) -> None:
    """By default nothing is staged, committed or even noted, and what was noted under other settings is forgotten."""
    publishing(told, "commit").begin()
    assert unpublished(told.path / ".git/state")
    pass_ = publishing(told, "leave")
    pass_.begin()
    assert not unpublished(told.path / ".git/state")
    write(told, episode_002="2")
    assert pass_.finish() == Published()
    assert status(told) == ["?? episodes/episode_002.json", "?? episodes/episode_002.md"]


def test_new_and_changed_pages_are_one_commit(told: RepoBuilder) -> None:
    """A pass is committed as one, its message names pages and hashes, and git has nothing more to say."""
    before = told.head
    pass_ = publishing(told, "commit")
    pass_.begin()
    write(told, episode_001="1 with a link", episode_002="2", episode_003="3")
    (told.path / "episodes/episode_003.svg").touch()
    (told.path / "episodes/removed.json").touch()
    done = pass_.finish()
    assert done == Published(done=f"8 files committed as {told.head[:12]}")
    assert told.git("rev-parse", "HEAD~1") == before
    assert told.git("log", "-1", "--format=%B") == (
        "docs(chronicles): episodes 2 and 3\n\nThe commits that they tell:\n\n"
        f"- episode 2: {SHA[:12]} and 1 more\n- episode 3: {SHA[:12]} and 2 more\n"
    )
    assert status(told) == []
    assert not unpublished(told.path / ".git/state")


def test_a_pass_that_changed_pages_alone(told: RepoBuilder) -> None:
    """Where no page is new the message says which were brought up to date."""
    pass_ = publishing(told, "commit")
    pass_.begin()
    write(told, episode_001="again")
    assert pass_.finish().done
    assert told.git("log", "-1", "--format=%B") == "docs(chronicles): update episode 1\n"
    pass_.begin()
    (told.path / "episodes/removed.json").write_text("{}", "utf-8")
    assert pass_.finish().done
    assert told.git("log", "-1", "--format=%s") == "docs(chronicles): update pages"


def test_a_pass_that_wrote_nothing_commits_nothing(told: RepoBuilder) -> None:
    """No commit is empty."""
    before = told.head
    pass_ = publishing(told, "commit")
    pass_.begin()
    assert pass_.finish() == Published()
    assert told.head == before
    assert not unpublished(told.path / ".git/state")


def test_what_a_person_was_editing_is_theirs(told: RepoBuilder) -> None:
    """A page with edits, a page written by hand and files that are no pages stay as they are."""
    write(told, episode_001="with an edit", episode_002="by hand")
    pass_ = publishing(told, "commit")
    pass_.begin()
    write(told, episode_001="with an edit and a link", episode_003="3")
    (told.path / "episodes/notes.md").touch()
    (told.path / "episodes/deep").mkdir()
    (told.path / "episodes/deep/episode_009.md").touch()
    (told.path / "a.txt").write_text("changed", "utf-8")
    assert pass_.finish().done.startswith("2 files committed")
    assert [line[3:] for line in status(told)] == [
        "a.txt",
        "episodes/episode_001.json",
        "episodes/episode_001.md",
        *("episodes/deep/episode_009.md", "episodes/episode_002.json", "episodes/episode_002.md", "episodes/notes.md"),
    ]


def test_what_waits_is_done_by_the_next_pass(told: RepoBuilder) -> None:
    """Pages that could not be committed are not forgotten, nor taken for a person's by the next pass."""
    told.write({"a.txt": "staged\n"})
    first = publishing(told, "commit")
    first.begin()
    write(told, episode_001="1 with a link", episode_002="2")
    left = first.finish().left
    assert left == "4 files not committed yet: something is staged, so that a commit may be under way"
    assert unpublished(told.path / ".git/state")
    told.commit("feat: staged")
    second = publishing(told, "commit")
    second.begin()
    write(told, episode_002="2 with a link", episode_003="3")
    assert second.finish().done.startswith("6 files committed")
    assert status(told) == []


def test_a_killed_pass_is_finished_by_the_next(told: RepoBuilder) -> None:
    """What was written before a kill is committed with what the next pass writes, changed pages too."""
    publishing(told, "commit").begin()
    write(told, episode_001="1 with a link", episode_002="2")
    after = publishing(told, "commit")
    after.begin()
    assert after.finish().done.startswith("4 files committed")
    assert status(told) == []


NEWER = b'{"schema": "chronicles.unpublished/2", "checkout": "HERE", "before": []}'


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff\x00", b"[]", b'{"schema": "chronicles.unpublished/1"}', b"[" * 9999, NEWER]
)
def test_a_memory_that_cannot_be_read_counts_as_none(told: RepoBuilder, garbage: bytes) -> None:
    """Garbage stops no pass; what lies there already is then taken for a person's."""
    garbage = garbage.replace(b"HERE", os.fsencode(told.path))
    (told.path / ".git/state/unpublished.json").write_bytes(garbage)
    assert not unpublished(told.path / ".git/state")
    write(told, episode_001="edited")
    pass_ = publishing(told, "commit")
    pass_.begin()
    write(told, episode_002="2")
    assert pass_.finish().done.startswith("2 files committed")
    assert [line[3:] for line in status(told)] == ["episodes/episode_001.json", "episodes/episode_001.md"]


def test_another_checkout_has_a_memory_of_its_own(told: RepoBuilder) -> None:
    """What differed in a checkout that had the branch before says nothing of the one that has it now."""
    pass_ = publishing(told, "commit")
    pass_.begin()
    noted = told.path / ".git/state/unpublished.json"
    value = json.loads(noted.read_bytes())
    noted.write_text(json.dumps({**value, "checkout": "/elsewhere"}), "utf-8")
    write(told, episode_001="edited meanwhile")
    pass_.begin()
    assert json.loads(noted.read_bytes())["before"] == ["episodes/episode_001.json", "episodes/episode_001.md"]


def test_staged_pages_wait_for_a_person_s_commit(told: RepoBuilder) -> None:
    """Pages of several passes are staged as they are last, beside what a person stages."""
    head = told.head
    told.write({"a.txt": "staged\n"})
    for text in ("2", "2 with a link"):
        pass_ = publishing(told, "stage")
        pass_.begin()
        write(told, episode_002=text)
        assert pass_.finish() == Published(done="2 files staged")
    assert status(told) == ["M  a.txt", "A  episodes/episode_002.json", "A  episodes/episode_002.md"]
    assert told.head == head
    assert told.git("show", ":episodes/episode_002.md") == "2 with a link"


@pytest.mark.parametrize("pages", ["stage", "commit"])
def test_an_ignored_folder_is_said_and_not_forced(told: RepoBuilder, pages: str) -> None:
    """Who ignores the folder of pages has chosen so."""
    told.git("rm", "-q", "-r", "--cached", "episodes")
    told.commit("chore: ignore pages", {".gitignore": "episodes/\n"})
    pass_ = publishing(told, pages)
    pass_.begin()
    write(told, episode_002="2")
    left = pass_.finish([told.path / "episodes/episode_002.md"]).left
    assert left == "episodes/ is ignored by git, so pages stay in the work tree"
    assert status(told) == []
    assert not unpublished(told.path / ".git/state")
    pass_.begin()
    assert pass_.finish() == Published()


def test_the_records_of_a_suite_go_with_the_pages(told: RepoBuilder) -> None:
    """A page that tells a run needs its record wherever it is verified; other files below reports are nobody's here."""
    pass_ = publishing(told, "commit", records="reports/start")
    pass_.begin()
    write(told, episode_002="2")
    (told.path / "reports/start/deep").mkdir(parents=True)
    (told.path / "reports/other").mkdir()
    for name in ("start/20261122t0-00.json", "start/notes.md", "start/deep/x.json", "other/20261122t0-01.json"):
        (told.path / "reports" / name).touch()
    assert pass_.finish().done.startswith("3 files committed")
    assert [line[3:] for line in status(told)] == [
        f"reports/{name}" for name in ("other/20261122t0-01.json", "start/deep/x.json", "start/notes.md")
    ]


def test_nothing_of_the_repository_speaks_in_a_message(told: RepoBuilder) -> None:
    """Hashes alone stand in it, and of very many pages their number."""
    pass_ = publishing(told, "commit", tells=lambda _: [])
    pass_.begin()
    write(told, **{f"episode_{number:03d}": "x" for number in range(2, 253)})
    assert pass_.finish().done
    lines = told.git("log", "-1", "--format=%B").splitlines()
    assert lines[0] == "docs(chronicles): episodes 2 to 252"
    assert lines[4] == "- episode 2: not known"
    assert lines[-1] == "- and 51 more"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([3], "episode 3"),
        ([3, 4], "episodes 3 and 4"),
        ([3, 4, 5], "episodes 3 to 5"),
        ([3, 5, 9], "3 episodes from 3 to 9"),
    ],
)
def test_pages_in_few_words(numbers: list[int], words: str) -> None:
    """A subject says which pages, however many."""
    assert named("episode", numbers) == words
