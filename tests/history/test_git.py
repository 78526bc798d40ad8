"""Nothing that a user, a repository or a checkout configures changes what is read."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chronicles.errors import GitFailed
from chronicles.history import Repository
from chronicles.history.git import Git
from chronicles.history.location import locate

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RepoBuilder

BEFORE = "def one():\n    return 1\n\n\ndef two():\n    return 2\n" * 5
AFTER = "def two():\n    return 2\n\n\ndef one():\n    return 1\n" * 5


def read_all(path: Path) -> tuple[object, ...]:
    """All that this package can tell of a repository."""
    with Repository.open(path) as repository:
        head = repository.resolve("HEAD")
        steps = list(repository.steps(head))
        commits = list(repository.ancestry(head, changes=True))
        diffs = [repository.diff(None, sha) for sha in steps]
        patches = [repository.patch(None, sha, ["a.py", "b.py", "b.txt"]) for sha in steps]
        return head, steps, commits, diffs, patches, repository.blame(head, "b.py", [(1, 30)])


@pytest.fixture
def storied(repo: RepoBuilder) -> RepoBuilder:
    """A small history with a rename, a merge, a moved block and a binary mark in the checkout."""
    repo.commit("begin", {"a.py": BEFORE, "b.txt": "text\n", ".mailmap": "Eve <eve@example.org> <ada@example.org>\n"})
    repo.commit("move", {"a.py": None, "b.py": BEFORE.replace("1", "3")})
    repo.branch("topic")
    repo.commit("topic", {"c.txt": "c\n" * 3})
    repo.switch("main")
    repo.commit("swap", {"b.py": AFTER, ".gitattributes": "*.py binary diff=shout\n"})
    repo.merge("topic")
    return repo


@pytest.mark.parametrize(
    "setting",
    [
        "diff.algorithm=patience",
        "diff.external=/bin/false",
        "diff.noprefix=true",
        "diff.renames=false",
        "diff.context=0",
        "diff.orderFile=/dev/stdin",
        "diff.ignoreSubmodules=all",
        "diff.shout.textconv=tr a-z A-Z <",
        "diff.shout.binary=true",
        "log.mailmap=true",
        "log.showSignature=true",
        "log.date=relative",
        "log.diffMerges=combined",
        "i18n.logOutputEncoding=UTF-16",
        "core.bigFileThreshold=1",
        "core.abbrev=12",
        "blame.markUnblamableLines=true",
        "color.ui=always",
    ],
)
def test_settings_of_the_repository_change_nothing(storied: RepoBuilder, setting: str) -> None:
    """A setting in .git/config leaves every parsed value as it is."""
    before = read_all(storied.path)
    storied.git("config", *setting.split("=", 1))
    assert read_all(storied.path) == before


def test_attributes_change_nothing(storied: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attributes of the repository, of the user and of the checkout leave every parsed value as it is."""
    before = read_all(storied.path)
    (storied.path / ".git/info").mkdir(exist_ok=True)
    (storied.path / ".git/info/attributes").write_text("*.py -diff\n*.txt -diff\n")
    (tmp_path / "home/git").mkdir(parents=True)
    (tmp_path / "home/git/attributes").write_text("* -diff\n")
    (storied.path / ".gitattributes").write_text("* -diff\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(storied.path)
    assert storied.git("show", "--numstat", "--format=", "HEAD~1", "--", "b.py").startswith("-"), "the trap is set"
    assert read_all(storied.path) == before


def test_the_environment_changes_nothing(storied: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    """GIT_* variables, as a hook or a user sets them, leave every parsed value as it is."""
    before = read_all(storied.path)
    for name, value in {
        "GIT_DIR": "/nowhere",
        "GIT_WORK_TREE": "/nowhere",
        "GIT_INDEX_FILE": "/nowhere",
        "GIT_EXTERNAL_DIFF": "/bin/false",
        "GIT_DIFF_OPTS": "-u9",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "diff.algorithm",
        "GIT_CONFIG_VALUE_0": "patience",
        "LANG": "de_DE.UTF-8",
    }.items():
        monkeypatch.setenv(name, value)
    assert read_all(storied.path) == before


def test_replace_refs_change_nothing(storied: RepoBuilder) -> None:
    """A replace ref for a commit or a blob leaves every parsed value as it is."""
    before = read_all(storied.path)
    storied.git("replace", storied.git("rev-parse", "HEAD~1"), storied.git("rev-parse", "HEAD~2"))
    storied.git("replace", storied.git("rev-parse", "HEAD:b.py"), storied.git("rev-parse", "HEAD:b.txt"))
    assert "topic" in storied.git("log", "--format=%s"), "git itself still runs"
    assert "swap" not in storied.git("log", "--format=%s"), "the trap is set"
    assert read_all(storied.path) == before
    with Repository.open(storied.path) as repository:
        assert repository.resolve("HEAD~2") == list(repository.steps(storied.head))[2]


def test_grafts_change_nothing(storied: RepoBuilder) -> None:
    """A graft that cuts the history short leaves every parsed value, and the meaning of HEAD~1, as it is."""
    before = read_all(storied.path)
    (storied.path / ".git/info").mkdir(exist_ok=True)
    (storied.path / ".git/info/grafts").write_text(storied.head + "\n")
    assert storied.git("rev-list", "--count", "HEAD") == "1", "the trap is set"
    assert read_all(storied.path) == before
    with Repository.open(storied.path) as repository:
        assert repository.resolve("HEAD~1") == list(repository.steps(storied.head))[1]


def test_alternates_are_followed(storied: RepoBuilder, tmp_path: Path) -> None:
    """A clone that borrows its objects reads like the repository that lends them."""
    borrower = tmp_path / "borrower"
    storied.git("clone", "-q", "--shared", str(storied.path), str(borrower))
    assert read_all(borrower) == read_all(storied.path)


def test_reading_leaves_no_trace(storied: RepoBuilder) -> None:
    """Reading writes nothing into the repository, and closing removes the shadow."""
    before = {path: path.stat().st_mtime_ns for path in storied.path.rglob("*")}
    git = Git(locate(storied.path))
    shadow = Path(git.run("rev-parse", "--absolute-git-dir").decode().strip())
    assert shadow.is_dir()
    git.close()
    read_all(storied.path)
    assert not shadow.exists()
    assert {path: path.stat().st_mtime_ns for path in storied.path.rglob("*")} == before


def test_a_forked_child_keeps_the_shadow(repo: RepoBuilder) -> None:
    """A child process that lets go of its copy leaves the parent's shadow in place."""
    repo.commit("begin")
    with closing(Git(locate(repo.path))) as git:
        child = os.fork()
        if child == 0:
            git.close()
            os._exit(0)
        os.waitpid(child, 0)
        assert git.run("cat-file", "-t", repo.head) == b"commit\n"


def test_a_failure_says_what_and_why(repo: RepoBuilder) -> None:
    """A git that fails raises GitFailed with the command, its status and its words."""
    with closing(Git(locate(repo.path))) as git:
        with pytest.raises(GitFailed, match="no-such-command") as caught:
            git.run("no-such-command")
        assert caught.value.status == 1
        with pytest.raises(GitFailed, match="bad object"):
            list(git.lines("rev-list", "1" * 40))


def test_without_git_the_error_says_so(
    repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch, make_repo: Callable[..., RepoBuilder]
) -> None:
    """A machine without git gives an error of ours."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitFailed, match="cannot start git"):
        locate(repo.path)
