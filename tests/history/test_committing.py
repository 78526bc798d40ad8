"""Committing beside a person: what stands in the way, what gets into a commit, and whom it does not hurt."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from chronicles.history import committing, settled
from chronicles.history.committing import commit, differing, ignored, stage
from chronicles.history.location import locate
from chronicles.history.settled import NotNow, Patience, running, settle
from chronicles.history.worktrees import worktrees

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chronicles.history.committing import Kept
    from chronicles.history.worktrees import Worktree
    from tests.conftest import RepoBuilder

AT_ONCE = Patience(quiet_sec=0, wait_sec=0)
PAGE = "episodes/episode_001.md"
OURS = [PAGE, "episodes/episode_001.json"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's settings but those that a test makes: what is asked here is asked with the user's own configuration."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("EMAIL", raising=False)
    return folder


@pytest.fixture
def told(repo: RepoBuilder) -> RepoBuilder:
    """A repository with an identity, a commit, and a page that is new."""
    configure(repo)
    repo.commit("feat: begin", {"a.txt": "a\n", "b.txt": "b\n"})
    write_page(repo.path)
    return repo


def configure(repo: RepoBuilder) -> None:
    """Say who commits."""
    repo.git("config", "user.name", "Ada")
    repo.git("config", "user.email", "ada@example.org")


def write_page(folder: Path, text: str = "page\n") -> None:
    """Write a page and its sidecar, as a worker does."""
    (folder / "episodes").mkdir(exist_ok=True)
    (folder / PAGE).write_text(text, "utf-8")
    (folder / OURS[1]).write_text("{}\n", "utf-8")


def here(path: Path) -> Worktree:
    """The checkout that a path is the top of."""
    return worktrees(locate(path))[0]


def kept(repo: RepoBuilder, path: Path | None = None) -> Kept:
    """Commit the page now or never."""
    return commit(here(path or repo.path), "main", OURS, "docs(chronicles): a page\n\nEpisode 1.\n", patience=AT_ONCE)


def status(repo: RepoBuilder) -> list[str]:
    """What `git status` says, a line a file."""
    return repo.git("status", "--porcelain", "--untracked-files=all").splitlines()


def state(repo: RepoBuilder) -> tuple[str, bytes]:
    """What a refusal must leave alone: HEAD and the index."""
    return repo.head, (repo.path / ".git/index").read_bytes()


def test_a_commit_of_our_files_and_no_others(told: RepoBuilder) -> None:
    """What a person has changed and not staged stays as it is, and our files are clean afterwards."""
    (told.path / "a.txt").write_text("changed\n", "utf-8")
    (told.path / "new.txt").write_text("new\n", "utf-8")
    before = told.head
    done = kept(told)
    assert (done.commit, done.left) == (told.head, "")
    assert told.git("log", "-1", "--format=%P|%an <%ae>|%cn|%s|%b") == (
        f"{before}|Ada <ada@example.org>|Ada|docs(chronicles): a page|Episode 1.\n"
    )
    assert told.git("diff", "--name-status", before, "HEAD").split() == ["A", OURS[1], "A", PAGE]
    assert status(told) == [" M a.txt", "?? new.txt"]
    assert told.git("reflog", "-1", "--format=%gs") == "commit: docs(chronicles): a page"
    assert not list((told.path / ".git").glob("chronicles-index*"))


def test_a_change_and_an_end_of_our_files(told: RepoBuilder) -> None:
    """A page that was told anew and one that is gone are committed; what is there already makes no commit."""
    kept(told)
    first = told.head
    assert kept(told) == committing.Kept()
    assert told.head == first
    (told.path / PAGE).write_text("another\n", "utf-8")
    (told.path / OURS[1]).unlink()
    assert kept(told).commit
    assert told.git("diff", "--name-status", first, "HEAD").split() == ["D", OURS[1], "M", PAGE]
    assert status(told) == []


def test_what_is_staged_has_ours_wait(told: RepoBuilder) -> None:
    """Something staged may be about to be committed, so that HEAD and the index stay as they are."""
    told.write({"a.txt": "staged\n"})
    before = state(told)
    assert kept(told).left == "something is staged, so that a commit may be under way"
    assert state(told) == before
    told.commit("feat: staged")
    assert kept(told).commit
    assert told.git("show", "HEAD:a.txt") == "staged"


def test_what_is_announced_is_not_staged(told: RepoBuilder) -> None:
    """`git add -N` stages no content, and stays announced."""
    (told.path / "later.txt").write_text("later\n", "utf-8")
    told.git("add", "-N", "later.txt")
    assert kept(told).commit
    assert status(told) == [" A later.txt"]
    assert "later.txt" not in told.git("ls-tree", "-r", "--name-only", "HEAD")


# -- a commit of a person, under way ------------------------------------------------------------------------------


@contextmanager
def under_way(repo: RepoBuilder, place: Path, *arguments: str, held_by: str) -> Iterator[Callable[[], str]]:
    """A real `git commit` that waits in its editor or in a hook, and what has it go on and gives its complaints."""
    script = place / "wait.sh"
    script.write_text(
        f"#!/bin/sh\n: >'{place}/open'\nn=0\nwhile [ ! -e '{place}/go' ] && [ $n -lt 3000 ]; do\n"
        '  n=$((n+1)); sleep 0.02\ndone\n[ -z "$1" ] || echo "the message" >"$1"\n',
        "utf-8",
    )
    script.chmod(0o755)
    environment = {**os.environ, **repo.identity(None, None, ("Ada", "ada@example.org"), None)}
    environment["GIT_EDITOR"] = str(script) if held_by == "editor" else "true"
    if held_by == "pre-commit":
        hooks = repo.path / ".git/hooks"
        hooks.mkdir(exist_ok=True)
        shutil.copy(script, hooks / "pre-commit")
    command = ("git", "commit", "-q", *(() if held_by == "editor" else ("-m", "the message")), *arguments)
    process = subprocess.Popen(command, cwd=repo.path, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        while not (place / "open").exists():
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.01)

        def finish() -> str:
            (place / "go").touch()
            return process.communicate(timeout=60)[1]

        yield finish
    finally:
        (place / "go").touch()
        process.communicate(timeout=60)


KINDS = {
    "staged": (),
    "all": ("-a",),
    "file": ("a.txt",),
    "amend": ("--amend",),
    "empty": ("--allow-empty",),
}
UNSEEN = {("amend", "pre-commit"), ("empty", "pre-commit")}
"""Commits that leave no trace in files: only their process tells of them."""


@pytest.mark.parametrize("processes", [True, False], ids=["processes", "files alone"])
@pytest.mark.parametrize("held_by", ["editor", "pre-commit"])
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_commit_under_way_succeeds(
    *,
    told: RepoBuilder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    held_by: str,
    processes: bool,
) -> None:
    """A person's commit of any kind, in its editor or in a slow hook, has ours wait and is not disturbed."""
    if not processes:
        if (kind, held_by) in UNSEEN:
            pytest.skip("only the process tells of this one")
        monkeypatch.setattr(settled, "running", lambda *_: "")
    (told.path / "a.txt").write_text("of a person\n", "utf-8")
    if kind == "staged":
        told.git("add", "a.txt")
    if kind in {"amend", "empty"}:
        told.git("checkout", "-q", "a.txt")
    with under_way(told, tmp_path, *KINDS[kind], held_by=held_by) as finish:
        before = state(told)
        assert kept(told).left
        assert state(told) == before
        assert finish() == ""
    assert told.git("log", "-1", "--format=%s") == "the message"
    theirs = told.head
    assert PAGE not in told.git("ls-tree", "-r", "--name-only", theirs)
    assert kept(told).commit
    assert told.git("rev-parse", "HEAD~1") == theirs
    assert status(told) == []


def test_a_commit_that_we_would_have_disturbed(told: RepoBuilder, tmp_path: Path) -> None:
    """Where nobody looks whether a person commits, their commit fails: the scenes above are real."""
    with under_way(told, tmp_path, "--allow-empty", held_by="pre-commit") as finish:
        made = told.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "x")
        told.git("update-ref", "HEAD", made)
        assert "cannot lock ref 'HEAD'" in finish()


def test_a_message_given_up_has_ours_wait_for_the_next_commit(told: RepoBuilder) -> None:
    """An editor that was left without a message looks like one that is open still."""
    told.git("commit", "--allow-empty", "-m", "x")
    later = (told.path / ".git/logs/HEAD").stat().st_mtime_ns + 1
    os.utime(told.path / ".git/COMMIT_EDITMSG", ns=(later, later))
    assert "given up" in kept(told).left
    os.utime(told.path / ".git/COMMIT_EDITMSG", ns=(later - 1, later - 1))
    assert kept(told).commit


def test_without_a_log_of_head_the_other_signs_have_to_do(told: RepoBuilder) -> None:
    """`core.logAllRefUpdates = false` does not keep pages back for ever."""
    shutil.rmtree(told.path / ".git/logs")
    told.git("config", "core.logAllRefUpdates", "false")
    assert kept(told).commit


@pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps here")
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_processes_of_git(told: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """A `git commit` is seen where it works, and without /proc anywhere; one that only reads is not."""
    if platform == "linux" and sys.platform != "linux":
        pytest.skip("there is no /proc here")
    monkeypatch.setattr(settled, "sys", SimpleNamespace(platform=platform))
    if platform != "linux":
        monkeypatch.delattr(settled, "_by_proc")
    reading = subprocess.Popen(("git", "cat-file", "--batch"), cwd=told.path, stdin=subprocess.PIPE)
    with under_way(told, tmp_path, "--amend", held_by="pre-commit") as finish:
        assert running(here(told.path))
        finish()
    if platform == "linux":  # without /proc anybody else's may be running right now
        assert running(here(told.path)) == ""
    reading.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing tells where a process works")
def test_a_commit_elsewhere_is_nobody_s_here(
    told: RepoBuilder, tmp_path: Path, make_repo: Callable[..., RepoBuilder]
) -> None:
    """A person who commits in another repository has no page wait."""
    other = make_repo("other")
    other.commit("feat: begin", {"a.txt": "a\n"})
    with under_way(other, tmp_path, "--amend", held_by="pre-commit"):
        assert kept(told).commit


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("git commit -m x", "commit"),
        ("/usr/bin/git -C commit -c a.b=merge --git-dir x --no-pager status", "status"),
        ("git.exe pull", "pull"),
        ("/usr/lib/git-core/git-rebase --continue", "rebase"),
        ("git -C /x", ""),
        ("vim commit", ""),
        ("", ""),
    ],
)
def test_what_a_git_was_asked_to_do(words: str, command: str) -> None:
    """The command stands behind git's own options and their values."""
    assert settled._command(words.split(" ")) == command


# -- what else stands in the way ----------------------------------------------------------------------------------


def detach(repo: RepoBuilder) -> None:
    """HEAD on a commit."""
    repo.git("switch", "-q", "--detach")


def lock(repo: RepoBuilder) -> None:
    """A lock of somebody's."""
    (repo.path / ".git/index.lock").touch()


def merging(repo: RepoBuilder) -> None:
    """A merge that somebody has to finish."""
    repo.branch("topic")
    repo.commit("theirs", {"a.txt": "1\n"})
    repo.switch("main")
    repo.commit("ours", {"a.txt": "2\n"})
    subprocess.run(("git", "merge", "topic"), cwd=repo.path, capture_output=True, check=False)


STAND_IN_THE_WAY: dict[str, tuple[Callable[[RepoBuilder], object], str]] = {
    "detached": (detach, "HEAD is on no branch"),
    "another branch": (lambda repo: repo.branch("topic"), "another branch than main is checked out"),
    "a merge": (merging, "a merge is under way"),
    "a lock": (lock, "index.lock is there"),
    "no index": (lambda repo: (repo.path / ".git/index").unlink(), "no index"),
    "signatures": (lambda repo: repo.git("config", "commit.gpgSign", "1"), "commit.gpgSign is set"),
    "nobody": (lambda repo: repo.git("config", "--unset", "user.email"), "no email was given"),
    "unborn": (lambda repo: repo.git("update-ref", "-d", "HEAD"), "main has no commit yet"),
}


@pytest.mark.parametrize("what", list(STAND_IN_THE_WAY))
def test_what_stands_in_the_way_is_said(told: RepoBuilder, what: str) -> None:
    """Nothing is committed, forced or changed; the reason is a clause for a person."""
    bring_about, says = STAND_IN_THE_WAY[what]
    bring_about(told)
    before = {path: path.read_bytes() for path in (told.path / ".git").rglob("*") if path.is_file()}
    assert says in kept(told).left
    after = {path: path.read_bytes() for path in (told.path / ".git").rglob("*") if path.is_file()}
    assert {path for path in before.keys() | after.keys() if "objects" not in path.parts} == {
        path for path in after if before.get(path) == after[path] and "objects" not in path.parts
    }


def test_a_branch_that_moved_meanwhile(told: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A push, or anything else that no file of this checkout tells of, wins, and ours waits for the next time."""

    def moved(worktree: Worktree) -> str:
        made = told.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "theirs")
        head = told.path / ".git/refs/heads/main"
        head.write_text(f"{made}\n", "ascii")  # git's own way would be seen in the log of HEAD
        return ""

    seen = settle(here(told.path), AT_ONCE)
    monkeypatch.setattr(committing, "settle", lambda *_: seen)
    monkeypatch.setattr(committing, "obstacle", moved)
    index = (told.path / ".git/index").read_bytes()
    assert "cannot lock ref 'refs/heads/main'" in kept(told).left
    assert told.git("log", "-1", "--format=%s") == "theirs"
    assert (told.path / ".git/index").read_bytes() == index


@pytest.mark.parametrize("what", ["add", "commit", "lock"])
def test_somebody_begins_after_the_last_look(told: RepoBuilder, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """What is touched between the first look and the last step has ours wait, and nothing of theirs is lost."""

    def begin(worktree: Worktree) -> str:
        if what == "lock":
            lock(told)
            return ""
        (told.path / "a.txt").write_text("theirs\n", "utf-8")
        told.git(*(("add", "a.txt") if what == "add" else ("commit", "-aqm", "theirs")))
        return ""

    seen = settle(here(told.path), AT_ONCE)
    monkeypatch.setattr(committing, "settle", lambda *_: seen)
    monkeypatch.setattr(committing, "obstacle", begin)
    assert ("cannot lock ref" if what == "commit" else "has be") in kept(told).left
    assert (told.path / ".git/index.lock").exists() == (what == "lock")
    assert told.git("show", ":a.txt") == ("a" if what == "lock" else "theirs")
    assert PAGE not in told.git("ls-files")
    assert told.git("log", "-1", "--format=%s") == ("theirs" if what == "commit" else "feat: begin")
    assert not (told.path / ".git/refs/heads/main.lock").exists()


def test_a_lock_is_waited_for(told: RepoBuilder) -> None:
    """Somebody who holds the index for a moment does not have pages wait for the next commit."""
    lock(told)
    with subprocess.Popen(("sh", "-c", "sleep 0.3; rm .git/index.lock"), cwd=told.path):
        patience = Patience(quiet_sec=0.1, wait_sec=60)
        assert commit(here(told.path), "main", OURS, "docs: x\n", patience=patience).commit


def test_a_moment_without_anybody_is_waited_for(told: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that commits in a loop is not met between two of its commits, until patience ends."""
    touched = iter(range(10**6))
    monkeypatch.setattr(settled, "traces", lambda *_: ((next(touched), 0, 0),))
    with pytest.raises(NotNow, match="somebody is at work"):
        settle(here(told.path), Patience(quiet_sec=0.1, wait_sec=0.5))


def test_nothing_may_be_touched_for_a_while(told: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look that finds all as it was is not enough."""
    looks = iter((1, 2, 3, 3, 4))
    monkeypatch.setattr(settled, "traces", lambda *_: ((next(looks, 5), 0, 0),))
    begun = time.monotonic()
    assert settle(here(told.path), Patience(quiet_sec=0.35, wait_sec=60)) == ((5, 0, 0),)
    assert time.monotonic() - begun >= 0.35 + 4 * settled._TICK_SEC


def test_what_a_killed_run_left_is_cleared_away(told: RepoBuilder) -> None:
    """A lock of ours that nobody holds any more goes, one of anybody else stays."""
    git_dir = told.path / ".git"
    stale = git_dir / "chronicles-index-4711"
    shutil.copy2(git_dir / "index", stale)
    (git_dir / "index.lock").hardlink_to(stale)
    (git_dir / "chronicles-index-4711.lock").touch()
    assert kept(told).commit
    assert not list(git_dir.glob("chronicles-index*"))
    shutil.copy2(git_dir / "index", stale)
    lock(told)
    write_page(told.path, "again\n")
    assert "index.lock is there" in kept(told).left
    assert not stale.exists()


def test_a_folder_that_cannot_be_written_to(told: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that refuses is told of, and nothing is left in it."""

    def refuse(*paths: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "copy2", refuse)
    assert kept(told).left.endswith(".git cannot be written to: permission denied")


# -- repositories of other kinds ----------------------------------------------------------------------------------


def test_no_hook_of_a_person_runs(told: RepoBuilder) -> None:
    """Neither a commit nor a stage of ours runs a hook, so that none runs twice and ours wakes nobody."""
    hooks = told.path / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    ran = told.path / ".git/ran"
    for name in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >>'{ran}'\n", "utf-8")
        (hooks / name).chmod(0o755)
    told.git("commit", "-q", "--allow-empty", "-m", "theirs")
    assert {"pre-commit", "post-commit", "reference-transaction"} <= set(ran.read_text("utf-8").split())
    ran.unlink()
    assert kept(told).commit
    write_page(told.path, "again\n")
    assert stage(here(told.path), "main", OURS, patience=AT_ONCE) == committing.Kept()
    assert not ran.exists()


def test_the_settings_of_a_person_hold(told: RepoBuilder, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, address and ignored files come from wherever the user keeps them."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    told.git("config", "--remove-section", "user")
    (home / ".gitconfig").write_text("[user]\nname = Grace\nemail = g@example.org\n", "utf-8")
    (home / ".config/git").mkdir(parents=True)
    (home / ".config/git/ignore").write_text("*.log\n", "utf-8")
    (told.path / "episodes/x.log").touch()
    assert differing(here(told.path), ["episodes"]).keys() == set(OURS)
    assert kept(told).commit
    assert told.git("log", "-1", "--format=%an <%ae>") == "Grace <g@example.org>"


def test_variables_of_a_hook_lead_nowhere_else(
    told: RepoBuilder, make_repo: Callable[..., RepoBuilder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was started by a hook with its own index and author commits with the user's."""
    other = make_repo("other")
    other.commit("feat: begin", {"x.txt": "x\n"})
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git/index"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Mallory")
    done = kept(told)
    monkeypatch.undo()
    assert told.git("log", "-1", "--format=%H %an") == f"{done.commit} Ada"
    assert other.git("status", "--porcelain") == ""


def test_a_linked_worktree(told: RepoBuilder, tmp_path: Path) -> None:
    """The branch's own checkout gets the commit, wherever it lies; the others keep theirs."""
    told.branch("topic")
    told.git("worktree", "add", "-q", str(tmp_path / "linked"), "main")
    write_page(tmp_path / "linked")
    topic = told.head
    assert kept(told, tmp_path / "linked").commit == told.git("rev-parse", "main")
    assert told.head == topic
    assert subprocess.check_output(("git", "status", "--porcelain"), cwd=tmp_path / "linked") == b""


def test_a_submodule(told: RepoBuilder, make_repo: Callable[..., RepoBuilder]) -> None:
    """A submodule on a branch gets the commit, and its superproject sees it as any other."""
    above = make_repo("above")
    above.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(told.path), "part")
    configure(above)
    part = above.path / "part"
    subprocess.run(("git", "config", "user.name", "Ada"), cwd=part, check=True)
    subprocess.run(("git", "config", "user.email", "ada@example.org"), cwd=part, check=True)
    write_page(part)
    assert kept(told, part).commit
    assert subprocess.check_output(("git", "status", "--porcelain"), cwd=part) == b""


@pytest.mark.parametrize("sparse_index", ["true", "false"])
def test_a_sparse_checkout(told: RepoBuilder, sparse_index: str) -> None:
    """What is not checked out is not deleted, and pages outside of what is checked out get in all the same."""
    told.commit("feat: folders", {"in/a.txt": "a\n", "out/b.txt": "b\n", "out/deep/c.txt": "c\n"})
    told.git("sparse-checkout", "init", "--cone")
    told.git("config", "index.sparse", sparse_index)
    told.git("sparse-checkout", "set", "in")
    assert not (told.path / "out").exists()
    before = told.head
    assert kept(told).commit
    assert told.git("diff", "--name-status", before, "HEAD").split() == ["A", OURS[1], "A", PAGE]
    assert status(told) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("core.splitIndex", "true"), ("core.untrackedCache", "true"), ("index.version", "4"), ("core.autocrlf", "true")],
)
def test_an_index_of_another_kind(told: RepoBuilder, key: str, value: str) -> None:
    """However a person has git keep its index, it stays in order."""
    told.git("config", key, value)
    told.commit("feat: more", {f"many/{number}.txt": f"{number}\n" for number in range(50)})
    for round_ in range(3):
        write_page(told.path, f"page {round_}\n")
        assert kept(told).commit
        assert status(told) == []
    told.git("fsck", "--strict")


def test_the_longer_hashes(make_repo: Callable[..., RepoBuilder]) -> None:
    """A repository of SHA-256 is like any other."""
    repo = make_repo("long", object_format="sha256")
    configure(repo)
    repo.commit("feat: begin", {"a.txt": "a\n"})
    write_page(repo.path)
    assert len(kept(repo).commit) == 64
    assert status(repo) == []


def test_a_change_in_the_moment_of_the_index_is_still_seen(told: RepoBuilder) -> None:
    """A file of the same size and time as the index says, but another content, is no cleaner for our index."""
    told.commit("feat: racy", {"racy.txt": "one\n"})
    index = told.path / ".git/index"
    (told.path / "racy.txt").write_text("two\n", "utf-8")
    at = (told.path / "racy.txt").stat().st_mtime_ns
    (told.path / "racy.txt").write_text("one\n", "utf-8")
    os.utime(told.path / "racy.txt", ns=(at, at))
    told.git("update-index", "--refresh", "racy.txt")
    os.utime(index, ns=(at, at))
    inode = (told.path / "racy.txt").open("r+")
    inode.write("two\n")
    inode.close()
    os.utime(told.path / "racy.txt", ns=(at, at))
    assert kept(told).commit
    assert status(told) == [" M racy.txt"]


# -- staging ------------------------------------------------------------------------------------------------------


def test_staging_adds_to_what_is_staged(told: RepoBuilder) -> None:
    """Our files are staged beside what a person has staged, and nothing else is."""
    told.write({"a.txt": "staged\n"})
    (told.path / "b.txt").write_text("not staged\n", "utf-8")
    head = told.head
    assert stage(here(told.path), "main", OURS, patience=AT_ONCE) == committing.Kept()
    assert told.head == head
    assert status(told) == ["M  a.txt", " M b.txt", f"A  {OURS[1]}", f"A  {PAGE}"]
    (told.path / PAGE).unlink()
    assert stage(here(told.path), "main", OURS, patience=AT_ONCE) == committing.Kept()
    assert f"A  {PAGE}" not in status(told)


@pytest.mark.parametrize("what", ["detached", "another branch", "a merge", "a lock", "no index"])
def test_staging_waits_too(told: RepoBuilder, what: str) -> None:
    """What belongs to another branch or to an unfinished merge gets nothing of ours."""
    bring_about, says = STAND_IN_THE_WAY[what]
    bring_about(told)
    assert says in stage(here(told.path), "main", OURS, patience=AT_ONCE).left


def test_what_differs(told: RepoBuilder) -> None:
    """New, changed and missing files of some folders; not what is staged as it is, ignored or elsewhere."""
    (told.path / ".gitignore").write_text("*.log\n", "utf-8")
    (told.path / "episodes/x.log").touch()
    (told.path / "elsewhere.md").touch()
    odd = "episodes/[odd]*\nname.md"
    (told.path / odd).touch()
    assert differing(here(told.path), ["episodes"]) == dict.fromkeys((*OURS, odd), "?")
    told.git("add", *OURS)
    assert differing(here(told.path), ["episodes"]) == {odd: "?"}
    (told.path / PAGE).write_text("again\n", "utf-8")
    (told.path / OURS[1]).unlink()
    assert differing(here(told.path), ["episodes"]) == {PAGE: "M", OURS[1]: "D", odd: "?"}
    assert differing(here(told.path), [":(top)episodes", "nowhere"]) == {}


def test_what_is_ignored(told: RepoBuilder) -> None:
    """An ignored folder is one that git does not have; what it has is kept."""
    assert ignored(here(told.path), OURS) == set()
    told.git("add", PAGE)
    (told.path / ".gitignore").write_text("episodes/\n", "utf-8")
    assert ignored(here(told.path), [*OURS, f":(top){OURS[1]}"]) == {OURS[1]}
