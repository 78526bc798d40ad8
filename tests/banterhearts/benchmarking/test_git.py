"""What the engine asks git, in repositories that differ from the usual."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from banterhearts.benchmarking.git import OUTPUTS, Repository, open_repository
from banterhearts.errors import Missing, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import RepoBuilder


@pytest.fixture
def opened(repo: RepoBuilder) -> Repository:
    """A repository of five commits on `main`, the fourth a merge of two of a branch."""
    repo.commit("one", {"a.txt": "1\n"})
    repo.commit("two", {"a.txt": "2\n"})
    repo.branch("topic")
    repo.commit("topic one", {"b.txt": "1\n"})
    repo.commit("topic two", {"b.txt": "2\n"})
    repo.switch("main")
    repo.commit("three", {"a.txt": "3\n"})
    repo.merge("topic")
    repo.commit("five", {"a.txt": "5\n"})
    return open_repository(repo.path)


def test_a_repository_is_found_from_inside(repo: RepoBuilder) -> None:
    """Any folder of the work tree will do."""
    repo.commit("one", {"deep/er/a.txt": "1\n"})
    found = open_repository(repo.path / "deep" / "er")
    assert found.root == repo.path.resolve()
    assert found.git_dir == repo.path.resolve() / ".git"


def test_without_a_repository_there_is_nothing_to_measure(
    tmp_path: Path, make_repo: Callable[..., RepoBuilder]
) -> None:
    """No repository, no folder and no work tree are one clear message each."""
    with pytest.raises(RepositoryError, match="no git repository"):
        open_repository(tmp_path)
    with pytest.raises(RepositoryError, match="no such folder"):
        open_repository(tmp_path / "nowhere")
    with pytest.raises(RepositoryError, match="no git repository with a work tree"):
        open_repository(make_repo("bare", bare=True).path)


def test_a_commit_that_is_not_there_is_named(opened: Repository) -> None:
    """A misspelt branch, a hash of another repository and an option in disguise."""
    for revision in ("mian", "a" * 40, "--all", "-n1", "HEAD:a.txt", ""):
        with pytest.raises(RepositoryError, match=f"no commit '{revision}' in this repository"):
            opened.resolve(revision)


def test_a_revision_becomes_a_full_hash(opened: Repository, repo: RepoBuilder) -> None:
    """Branches, relations, short hashes and annotated tags."""
    repo.tag("v1", message="one")
    for revision in ("HEAD", "main", "v1", repo.head[:8], "@{0}"):
        assert opened.resolve(revision) == repo.head
    assert opened.resolve("HEAD~1^2") == opened.resolve("topic")


def test_sha256_has_no_place_in_a_record(make_repo: Callable[..., RepoBuilder]) -> None:
    """A repository whose hashes are longer is refused by name."""
    other = make_repo("long", object_format="sha256")
    other.commit("one", {"a.txt": "1\n"})
    with pytest.raises(RepositoryError, match="object format is not sha1"):
        open_repository(other.path).resolve("HEAD")


def test_a_line_follows_first_parents(opened: Repository) -> None:
    """Newest first, both ends included, without the commits that a merge brought in."""
    tip, base = opened.resolve("HEAD"), opened.resolve("HEAD~3")
    line = opened.line(base, tip)
    assert [opened.subject(commit) for commit in line] == ["five", "Merge topic", "three", "two"]
    assert opened.line(tip, tip) == [tip]
    assert len(opened.line(None, tip)) == 5


def test_a_line_has_its_base_on_it(opened: Repository) -> None:
    """A commit of the merged branch, and a newer one, are no base."""
    tip = opened.resolve("HEAD")
    for base in ("topic", "topic~1"):
        with pytest.raises(RepositoryError, match="not on the first-parent line"):
            opened.line(opened.resolve(base), tip)
    with pytest.raises(RepositoryError, match="not on the first-parent line"):
        opened.line(tip, opened.resolve("HEAD~1"))


def test_a_shallow_clone_says_that_it_is_one(opened: Repository, tmp_path: Path, repo: RepoBuilder) -> None:
    """What lies beyond its end is not missing but not fetched, and the message has the remedy."""
    repo.git("clone", "-q", "--depth=2", f"file://{repo.path}", str(tmp_path / "shallow"))
    shallow = open_repository(tmp_path / "shallow")
    for revision in ("HEAD~3", opened.resolve("HEAD~3")):
        with pytest.raises(RepositoryError, match=r"shallow clone.*git fetch --unshallow"):
            shallow.resolve(revision)
    assert len(shallow.line(None, shallow.resolve("HEAD"))) == 2
    assert shallow.parents(shallow.resolve("HEAD~1")) == []


def test_only_tracked_files_make_a_tree_dirty(opened: Repository, repo: RepoBuilder) -> None:
    """A changed, a staged and a removed file count; a new one does not."""
    assert opened.changed_files() == []
    (repo.path / "new.txt").write_text("new", encoding="utf-8")
    assert opened.changed_files() == []
    (repo.path / "a.txt").write_text("changed", encoding="utf-8")
    (repo.path / "b.txt").unlink()
    assert opened.changed_files() == ["a.txt", "b.txt"]
    repo.git("add", "-A")
    assert opened.changed_files() == ["a.txt", "b.txt", "new.txt"]


def test_what_this_project_writes_makes_no_tree_dirty(repo: RepoBuilder) -> None:
    """Records and pages of an earlier run, tracked or staged, spoil no later one, wherever we stand."""
    repo.commit("pages", {**{f"{name}/a.md": "1\n" for name in OUTPUTS}, "deep/reports/a.md": "1\n"})
    for name in OUTPUTS:
        (repo.path / name / "a.md").write_text("2\n", encoding="utf-8")
        repo.write({f"{name}/b.md": "new\n"})
    for folder in (repo.path, repo.path / "deep"):
        assert open_repository(folder).changed_files() == []
    (repo.path / "deep" / "reports" / "a.md").write_text("2\n", encoding="utf-8")
    assert open_repository(repo.path).changed_files() == ["deep/reports/a.md"]


def test_odd_names_are_told_as_they_are(repo: RepoBuilder) -> None:
    """A line break or a quote in a name neither splits nor hides it."""
    names = ["new\nline.txt", 'quo"te.txt', "ünï.txt", os.fsdecode(b"\xff.txt")]
    repo.commit("odd", dict.fromkeys(names, "1\n"))
    for name in names:
        (repo.path / name).write_text("2\n", encoding="utf-8")
    assert sorted(open_repository(repo.path).changed_files()) == sorted(names)


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("https://github.com/ada/engine.git", "engine"),
        ("https://ada:secret@example.org/ada/engine", "engine"),
        ("git@example.org:ada/engine.git", "engine"),
        ("example.org:engine", "engine"),
        ("/srv/git/engine.git/", "engine"),
        ("C:\\git\\engine", "engine"),
        ("https://example.org/a%20b$(c).git", "a-20b--c"),
        (None, "my-repo"),
    ],
)
def test_a_repository_has_a_name_and_no_path(
    make_repo: Callable[..., RepoBuilder], remote: str | None, name: str
) -> None:
    """The last part of where it comes from, else its folder's; never a password, a path or an odd character."""
    repo = make_repo("my repo")
    repo.commit("one", {"a.txt": "1\n"})
    if remote is not None:
        repo.git("config", "remote.origin.url", remote)
    assert open_repository(repo.path).name == name


def test_a_persons_configuration_changes_nothing(
    opened: Repository, repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither settings of the user nor variables of git reach the git that the engine runs."""
    settings = tmp_path / "config"
    settings.write_text(
        "[status]\nshowUntrackedFiles = all\n[core]\nquotePath = true\n[alias]\nstatus = version\n", encoding="utf-8"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    (repo.path / "new.txt").write_text("new", encoding="utf-8")
    assert opened.changed_files() == []
    assert open_repository(repo.path).resolve("HEAD") == opened.resolve("main")


def test_a_subject_line_is_printable(repo: RepoBuilder) -> None:
    """Control characters of a message do not reach a terminal."""
    repo.commit("red \x1b[31malert\x07\n\nbody")
    assert open_repository(repo.path).subject(repo.head) == "red  [31malert"


def test_git_that_is_not_there_is_told(opened: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without git on the path the remedy is to install it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="git is not installed"):
        opened.resolve("HEAD")
