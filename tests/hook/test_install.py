"""Installing beside what is there, and leaving no trace: `chronicles hook install` and `uninstall` on real hooks."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.history.location import locate
from chronicles.hook.inspection import inspect
from chronicles.hook.script import HOOKS, STATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Ran, RepoBuilder

    Contents = Callable[[Path], dict[str, tuple[int, bytes]]]
    Run = Callable[..., Ran]

NOBODY = 65534
"""A user who is not root."""
ADA = ("Ada", "ada@example.org")
PYTHON = f"#!{sys.executable}\nopen('ran', 'a').write('python ' + __import__('sys').stdin.read())\n".encode()
SHELL = b"#!/bin/sh\nset -eu\nprintf 'shell ' >>ran\nexec cat >>ran\n"


@pytest.fixture
def kept(repo: RepoBuilder) -> RepoBuilder:
    """A repository with a commit, in whose hooks folder nothing lies yet."""
    repo.commit("feat: one", {"a.txt": "a\n"})
    shutil.rmtree(repo.path / ".git/hooks", ignore_errors=True)
    (repo.path / ".git/hooks").mkdir()
    return repo


def hooks_of(repo: RepoBuilder) -> Path:
    """Where its hooks usually lie."""
    return repo.path / ".git/hooks"


def commit(repo: RepoBuilder, *options: str, cwd: Path | None = None) -> None:
    """Make an empty commit, with all hooks."""
    env = repo.identity(None, None, ADA, None)
    repo.git("-C", str(cwd or repo.path), "commit", "-q", "--allow-empty", "-m", "more", *options, env=env)


def write_hook(path: Path, content: bytes, mode: int = 0o755) -> None:
    """Put a hook there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def snapshot(repo: RepoBuilder, contents: Contents) -> dict[str, tuple[int, bytes]]:
    """All of the git directory but what commits themselves change, and our caches."""
    return {
        name: one
        for name, one in contents(repo.path / ".git").items()
        if name.split("/")[0] in {"hooks", STATE, "config", "info"}
    }


@pytest.mark.parametrize(
    ("content", "mode", "ran"),
    [
        (None, 0, ""),
        (SHELL, 0o755, "shell {pairs}"),
        (SHELL[:-1], 0o755, "shell {pairs}"),
        (SHELL, 0o775, "shell {pairs}"),
        (SHELL.removeprefix(b"#!/bin/sh\n"), 0o755, "shell {pairs}"),
        (b"#!/usr/bin/env bash\nprintf 'bash ' >>ran; cat >>ran; exit 0 # \xff\n", 0o755, "bash {pairs}"),
        (b"#!/bin/sh", 0o755, ""),
        (b"#!/bin/sh\n", 0o755, ""),
        (b"", 0o755, ""),
        (PYTHON, 0o755, "python {pairs}"),
        (PYTHON, 0o644, ""),
        (SHELL, 0o644, ""),
        (Path("../tools/hook"), 0, "shell {pairs}"),
        (Path("../nowhere"), 0, ""),
    ],
)
def test_every_kind_of_hook_keeps_running(
    content: bytes | Path | None,
    mode: int,
    ran: str,
    *,
    kept: RepoBuilder,
    run: Run,
    waking: Any,
    contents: Contents,
) -> None:
    """What ran before runs still, with all of its input; what did not run does not; out again nothing is left of us."""
    write_hook(kept.path / ".git/tools/hook", SHELL)
    for hook in HOOKS:
        if isinstance(content, Path):
            (hooks_of(kept) / hook).symlink_to(content)
        elif content is not None:
            write_hook(hooks_of(kept) / hook, content, mode)
    before = snapshot(kept, contents)
    done = run(kept.path, "hook", "install")
    assert (done.code, done.out) == (0, ""), done.err
    once = snapshot(kept, contents)
    assert run(kept.path, "hook", "install").code == 0
    assert snapshot(kept, contents) == once
    assert inspect(locate(kept.path)).problems == []

    woken = waking(kept.path / ".git" / STATE)
    commit(kept)
    woken.assert_reached()
    old = kept.head
    (kept.path / "ran").unlink(missing_ok=True)
    commit(kept, "--amend", "-m", "other words")
    woken.assert_reached()
    seen = (kept.path / "ran").read_text("ascii") if (kept.path / "ran").exists() else ""
    # An amended commit is a commit first, whose hook gets no input, and then a rewritten one.
    assert seen == (ran.format(pairs="") + ran.format(pairs=f"{old} {kept.head}\n") if ran else "")

    assert run(kept.path, "hook", "uninstall").code == 0
    assert snapshot(kept, contents) == before
    (kept.path / "ran").unlink(missing_ok=True)
    commit(kept)
    assert (kept.path / "ran").exists() == bool(ran)


def test_folders_that_were_made_go_again(kept: RepoBuilder, run: Run, contents: Contents) -> None:
    """A hooks folder that was not there is none of the traces that stay."""
    hooks_of(kept).rmdir()
    before = snapshot(kept, contents)
    assert run(kept.path, "hook", "install").code == 0
    assert hooks_of(kept).is_dir()
    assert run(kept.path, "hook", "uninstall").code == 0
    assert snapshot(kept, contents) == before
    kept.git("config", "core.hooksPath", "tools/git/hooks")
    assert run(kept.path, "hook", "install").code == 0
    assert (kept.path / "tools/git/hooks/post-commit").is_file()
    assert run(kept.path, "hook", "uninstall").code == 0
    assert not (kept.path / "tools").exists()


def test_uninstalling_knows_what_was_added_since(kept: RepoBuilder, run: Run) -> None:
    """Lines that somebody has added to a file of ours stay, beside the hook that it stood in for, and that is said."""
    write_hook(hooks_of(kept) / "post-commit", PYTHON)
    assert run(kept.path, "hook", "install").code == 0
    hook = hooks_of(kept) / "post-commit"
    hook.write_bytes(hook.read_bytes() + b"echo mine\n")
    done = run(kept.path, "hook", "uninstall")
    assert done.code == 0
    assert hook.read_bytes() == b"#!/bin/sh\necho mine\n"
    assert hook.with_name("post-commit.before-chronicles").read_bytes() == PYTHON
    assert "post-commit.before-chronicles is what was there before" in done.err


def test_what_is_in_the_way_is_named_and_nothing_changes(kept: RepoBuilder, run: Run, contents: Contents) -> None:
    """An installation that cannot be finished leaves every file as it was, the ones that it had changed included."""
    write_hook(hooks_of(kept) / "post-commit", SHELL)
    write_hook(hooks_of(kept) / "post-merge", PYTHON)
    (hooks_of(kept) / "post-rewrite").mkdir()
    before = snapshot(kept, contents)
    done = run(kept.path, "hook", "install")
    assert (done.code, done.out) == (2, "")
    assert "post-rewrite: a folder has the name of a hook. Move it away" in done.err
    assert snapshot(kept, contents) == before
    (hooks_of(kept) / "post-rewrite").rmdir()
    write_hook(hooks_of(kept) / "post-merge.before-chronicles", b"mine\n")
    before = snapshot(kept, contents)
    done = run(kept.path, "hook", "install")
    assert (done.code, "is in the way of moving post-merge aside" in done.err) == (2, True)
    assert snapshot(kept, contents) == before


@contextmanager
def somebody_else(folder: Path) -> Iterator[None]:
    """Be another user than root for a while, to whom a folder belongs."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    for path in folder.parents:
        if path.stat().st_mode & 0o011 != 0o011:
            path.chmod(path.stat().st_mode | 0o011)
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.mark.parametrize("place", ["hooks", "."])
def test_no_permission_is_a_message(
    place: str, kept: RepoBuilder, run: Run, tmp_path: Path, contents: Contents
) -> None:
    """Where the user may not write, nothing changes, and the message says where and what to do."""
    run(kept.path, "hook", "install")  # what is imported late may lie where another user may not read
    run(kept.path, "hook", "uninstall")
    write_hook(hooks_of(kept) / "post-commit", SHELL)
    folder = kept.path / ".git" / place
    with somebody_else(tmp_path) if os.geteuid() == 0 else nullcontext():
        folder.chmod(0o555)
        before = snapshot(kept, contents)
        done = run(kept.path, "hook", "install")
        after = snapshot(kept, contents)
        folder.chmod(0o755)
    assert (done.code, done.out) == (2, "")
    assert f"cannot write {folder}" in done.err
    assert "permission denied" in done.err
    assert after == before


def test_root_is_sent_to_the_owner(kept: RepoBuilder, run: Run, contents: Contents) -> None:
    """What root would write in somebody's repository its owner could not change, so root is told what to run."""
    if os.geteuid() != 0:
        pytest.skip("only root can be refused for being root")
    os.chown(kept.path / ".git", 65534, 65534)
    before = snapshot(kept, contents)
    done = run(kept.path, "hook", "install")
    assert done.code == 2
    assert "`sudo -u nobody chronicles hook install`" in done.err
    assert snapshot(kept, contents) == before


# Where git looks for hooks


def test_a_setting_of_this_repository_is_followed(kept: RepoBuilder, run: Run, waking: Any, contents: Contents) -> None:
    """`core.hooksPath` inside the repository is where the block goes, also when the folder is not there yet."""
    for value in (".githooks", str(kept.path / "tools/hooks"), ".git/own"):
        kept.git("config", "core.hooksPath", value)
        assert run(kept.path, "hook", "install").code == 0
        assert (kept.path / value / "post-commit").is_file()
        assert not (hooks_of(kept) / "post-commit").exists()
        woken = waking(kept.path / ".git" / STATE)
        commit(kept)
        woken.assert_reached()
        assert run(kept.path, "hook", "uninstall").code == 0
        after = contents(kept.path)
        assert {name for name in after if not name.startswith(".git/")} == {"a.txt", ".git"}
        assert ".git/own" not in after


@pytest.mark.parametrize("scope", ["global", "local", "link"])
def test_hooks_that_serve_others_are_left_alone(
    scope: str, kept: RepoBuilder, run: Run, waking: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of hooks outside is refused until `--shared` says so, and other repositories are not touched by it."""
    everyones = tmp_path / "everyone's hooks"
    write_hook(everyones / "post-commit", SHELL)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    if scope == "link":
        hooks_of(kept).rmdir()
        hooks_of(kept).symlink_to(everyones)
    else:
        kept.git("config", f"--{scope}", "core.hooksPath", str(everyones))
    done = run(kept.path, "hook", "install")
    assert done.code == 2
    assert "for other repositories too" in done.err
    assert "chronicles hook install --shared" in done.err
    assert not (kept.path / ".git" / STATE).exists()
    assert (everyones / "post-commit").read_bytes() == SHELL

    assert run(kept.path, "hook", "install", "--shared").code == 0
    woken = waking(kept.path / ".git" / STATE)
    commit(kept)
    woken.assert_reached()
    done = run(kept.path, "hook", "uninstall")
    assert done.code == 0
    assert "serves other repositories too; `chronicles hook uninstall --shared`" in done.err
    assert (everyones / "post-commit").read_bytes() != SHELL
    commit(kept)
    assert not (kept.path / ".git" / STATE).exists()
    assert run(kept.path, "hook", "uninstall", "--shared").code == 0
    assert {path.name: path.read_bytes() for path in everyones.iterdir()} == {"post-commit": SHELL}


def test_a_global_setting_that_counts_from_each_checkout(
    kept: RepoBuilder, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative, everybody's `core.hooksPath` names a folder of each repository; absolute, one for them all."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    kept.git("config", "--global", "core.hooksPath", ".githooks")
    assert run(kept.path, "hook", "install").code == 0
    assert run(kept.path, "hook", "uninstall").code == 0
    kept.git("config", "--global", "core.hooksPath", str(kept.path / "dotfiles/hooks"))
    assert run(kept.path, "hook", "install").code == 2


def test_hooks_that_are_switched_off_are_said_so(kept: RepoBuilder, run: Run, contents: Contents) -> None:
    """With `core.hooksPath` at /dev/null no hook runs, and what to do is said; nothing is written."""
    kept.git("config", "core.hooksPath", "/dev/null")
    before = snapshot(kept, contents)
    done = run(kept.path, "hook", "install")
    assert done.code == 2
    assert "git config --local --unset core.hooksPath" in done.err
    assert snapshot(kept, contents) == before


def test_every_checkout_is_served(kept: RepoBuilder, run: Run, waking: Any, tmp_path: Path) -> None:
    """Linked worktrees have the same hooks, or their own by a relative setting or one of theirs alone."""
    linked = tmp_path / "linked"
    kept.git("worktree", "add", "-q", "-b", "topic", str(linked))
    assert run(linked, "hook", "install", "--branch", "main").code == 0
    assert json.loads((kept.path / ".git" / STATE / "installed.json").read_bytes())["branch"] == "main"
    woken = waking(kept.path / ".git" / STATE)
    for each in (kept.path, linked):
        commit(kept, cwd=each)
        woken.assert_reached()
    assert run(kept.path, "hook", "uninstall").code == 0

    kept.git("config", "core.hooksPath", ".githooks")
    kept.git("config", "extensions.worktreeConfig", "true")
    third = tmp_path / "third"
    kept.git("worktree", "add", "-q", "-b", "other", str(third))
    kept.git("-C", str(third), "config", "--worktree", "core.hooksPath", "own-hooks")
    assert run(kept.path, "hook", "install").code == 0
    woken = waking(kept.path / ".git" / STATE)
    for each, folder in ((kept.path, ".githooks"), (linked, ".githooks"), (third, "own-hooks")):
        assert (each / folder / "post-commit").is_file()
        commit(kept, cwd=each)
        woken.assert_reached()
    assert inspect(locate(third)).problems == []
    assert run(third, "hook", "uninstall").code == 0
    assert not any((each / name).exists() for each in (kept.path, linked, third) for name in (".githooks", "own-hooks"))


def test_a_submodule_is_a_repository(make_repo: Callable[..., RepoBuilder], run: Run, waking: Any) -> None:
    """In a submodule the hook goes to where git keeps its hooks, and what it lies in is not touched."""
    inner, outer = make_repo("inner"), make_repo("outer")
    inner.commit("feat: one", {"a.txt": "a\n"})
    outer.commit("feat: outer", {"b.txt": "b\n"})
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "sub")
    assert run(outer.path / "sub", "hook", "install").code == 0
    git = outer.path / ".git/modules/sub"
    woken = waking(git / STATE)
    commit(outer, cwd=outer.path / "sub")
    woken.assert_reached()
    assert not (outer.path / ".git" / STATE).exists()
    assert run(outer.path / "sub", "hook", "uninstall").code == 0
    assert not (git / STATE).exists()


def test_a_template_of_hooks_is_like_any_other(
    make_repo: Callable[..., RepoBuilder], run: Run, waking: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hooks that `init.templateDir` put there keep running; one with the block in it does nothing in a new clone."""
    template = tmp_path / "template"
    write_hook(template / "hooks/post-commit", SHELL)
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(template))
    first = make_repo("first")
    first.commit("feat: one", {"a.txt": "a\n"})
    assert run(first.path, "hook", "install").code == 0
    woken = waking(first.path / ".git" / STATE)
    (first.path / "ran").unlink()
    commit(first)
    woken.assert_reached()
    assert (first.path / "ran").read_text("ascii") == "shell "
    shutil.copy(hooks_of(first) / "post-commit", template / "hooks/post-commit")
    second = make_repo("second")
    second.commit("feat: one", {"a.txt": "a\n"})
    assert (second.path / "ran").read_text("ascii") == "shell "
    assert not (second.path / ".git" / STATE).exists()


def test_a_bare_repository_is_refused(make_repo: Callable[..., RepoBuilder], run: Run) -> None:
    """Without a checkout there is no place for pages; one of its worktrees is."""
    source = make_repo("source")
    source.commit("feat: one", {"a.txt": "a\n"})
    bare = source.path.parent / "bare.git"
    source.git("clone", "-q", "--bare", str(source.path), str(bare))
    done = run(bare, "hook", "install")
    assert done.code == 2
    assert "install the hook in a clone of it" in done.err
    source.git("-C", str(bare), "worktree", "add", "-q", "../tree", "main")
    assert run(bare.parent / "tree", "hook", "install").code == 0
    assert (bare / "hooks/post-commit").is_file()


# What is remembered


def installed(repo: RepoBuilder) -> dict[str, Any]:
    """What the hook remembers of its installation."""
    return dict(json.loads((repo.path / ".git" / STATE / "installed.json").read_bytes()))


def test_the_branch_and_the_beginning(kept: RepoBuilder, run: Run) -> None:
    """By default commits after the tip of the published branch are told; another branch or beginning may be named."""
    first, second = kept.head, kept.commit("feat: two", {"b.txt": "b\n"})
    done = run(kept.path, "hook", "install")
    assert f"commits on main after {second[:7]} get their pages" in done.err
    assert installed(kept) == {"schema": "chronicles.hook/1", "branch": "main", "since": second}
    kept.commit("feat: three", {"c.txt": "c\n"})
    assert run(kept.path, "hook", "install").code == 0
    assert installed(kept)["since"] == second, "it goes on where it was"
    assert run(kept.path, "hook", "install", "--since", first).code == 0
    assert installed(kept)["since"] == first
    kept.branch("release", first)
    assert run(kept.path, "hook", "install", "--branch", "release").code == 0
    assert installed(kept) == {"schema": "chronicles.hook/1", "branch": "release", "since": first}
    for options, problem in (
        (("--branch", "nowhere"), "there is no branch nowhere here"),
        (("--since", "nowhere"), "no commit is named 'nowhere'"),
        (("--since", "main"), "is no commit of release"),
    ):
        done = run(kept.path, "hook", "install", *options)
        assert (done.code, problem in done.err) == (2, True), done.err
        assert installed(kept)["since"] == first


def test_settings_name_the_branch(kept: RepoBuilder, run: Run) -> None:
    """A branch that the settings name goes before what is found; naming another one is refused."""
    kept.branch("release")
    (kept.path / "chronicles.toml").write_text('[hook]\nbranch = "release"\n', "ascii")
    kept.switch("main")
    (kept.path / "chronicles.toml").write_text('[hook]\nbranch = "release"\n', "ascii")
    assert run(kept.path, "hook", "install").code == 0
    assert installed(kept)["branch"] == "release"
    done = run(kept.path, "hook", "install", "--branch", "main")
    assert (done.code, "the settings name release" in done.err) == (2, True)


def test_a_suite_is_allowed_by_who_installs(kept: RepoBuilder, run: Run) -> None:
    """Installing says which benchmark suite may run from now on, and notes it, or takes that back."""
    settings = '[hook]\nsuite = "speed"\n'
    (kept.path / "chronicles.toml").write_text(settings, "ascii")
    suite = '[tool.banterhearts.suites.speed.cases.one]\ncommand = "true"\n'
    (kept.path / "pyproject.toml").write_text(suite, "ascii")
    done = run(kept.path, "hook", "install")
    assert (done.code, "suite speed of pyproject.toml may run" in done.err) == (0, True), done.err
    assert (kept.path / ".git" / STATE / "suite.json").is_file()
    (kept.path / "chronicles.toml").unlink()
    assert run(kept.path, "hook", "install").code == 0
    assert not (kept.path / ".git" / STATE / "suite.json").exists()


def test_an_empty_repository_is_told_whole(repo: RepoBuilder, run: Run, waking: Any) -> None:
    """Where there is no commit yet, all that come are told."""
    done = run(repo.path, "hook", "install")
    assert (done.code, "from the first one on" in done.err) == (0, True), done.err
    assert installed(repo)["since"] is None
    woken = waking(repo.path / ".git" / STATE)
    repo.commit("feat: one", {"a.txt": "a\n"})
    woken.assert_reached()


def test_nowhere_to_be_told(kept: RepoBuilder, run: Run) -> None:
    """With HEAD detached and no branch of a usual name, one has to be named."""
    kept.git("branch", "-m", "main", "odd")
    kept.git("switch", "-q", "--detach")
    done = run(kept.path, "hook", "install")
    assert (done.code, "`--branch NAME`" in done.err) == (2, True)
    assert run(kept.path, "hook", "install", "--branch", "odd").code == 0


@pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b'{"schema": "chronicles.hook/9"}', b"\xff\0", b"[" * 100_000])
def test_garbage_is_mended(garbage: bytes, saga: RepoBuilder, run: Run) -> None:
    """Whatever became of the state files, installing again goes on after the newest commit that has a page."""
    assert run(saga.path, "hook", "install").code == 0
    told = saga.head
    saga.commit("feat: untold", {"new.txt": "new\n"})
    state = saga.path / ".git" / STATE
    for name in ("installed.json", "hooks.json", "wake", "worker.json"):
        (state / name).write_bytes(garbage)
    hook = hooks_of(saga) / "post-commit"
    hook.write_bytes(b"#!/bin/sh\n" + hook.read_bytes()[40:])
    assert run(saga.path, "hook", "install").code == 0
    assert installed(saga) == {"schema": "chronicles.hook/1", "branch": "main", "since": told}
    assert run(saga.path, "hook", "uninstall").code == 0
    assert not state.exists()


# What is wrong


def test_what_keeps_the_hook_from_working_is_found(kept: RepoBuilder, run: Run) -> None:
    """A hook that was removed, overwritten or may not run, another hooks folder, a lost interpreter: each is said."""

    def problem() -> str:
        (one,) = inspect(locate(kept.path)).problems
        return one

    assert run(kept.path, "hook", "install").code == 0
    assert inspect(locate(kept.path)).problems == []
    state, hook = kept.path / ".git" / STATE, hooks_of(kept) / "post-merge"
    content = hook.read_bytes()
    hook.unlink()
    assert problem() == f"{hook} does not have the block; run `chronicles hook install` again"
    write_hook(hook, content, 0o644)
    assert "may not be executed" in problem()
    write_hook(hook, content.replace(b"Wakes", b"Woke"))
    assert "not as this version writes it" in problem()
    write_hook(hook, content)
    (state / "missing").write_text("/gone/python\n", "ascii")
    assert problem().startswith("the worker cannot start: /gone/python is gone")
    (state / "missing").unlink()
    (state / "complaints").write_text("Traceback\nNo module named chro\x1b[1mnicles\n", "ascii")
    assert "No module named chro\\x1b[1mnicles" in problem()
    (state / "worker.json").touch()
    assert inspect(locate(kept.path)).problems == []
    kept.git("config", "core.hooksPath", ".githooks")
    assert len(inspect(locate(kept.path)).problems) == len(HOOKS)
    assert run(kept.path, "hook", "install").code == 0
    assert inspect(locate(kept.path)).problems == []
    assert run(kept.path, "hook", "uninstall").code == 0
    assert not list(hooks_of(kept).iterdir()), "where they once were they are gone too"
    found = inspect(locate(kept.path))
    assert (found.installed, found.problems) == (False, [])


def test_uninstalling_what_is_not_there(kept: RepoBuilder, run: Run, contents: Contents) -> None:
    """It says so, and changes nothing."""
    before = snapshot(kept, contents)
    done = run(kept.path, "hook", "uninstall")
    assert (done.code, done.err) == (0, "chronicles: no hook of ours is installed here.\n")
    assert snapshot(kept, contents) == before


def test_init_installs_it(kept: RepoBuilder, run: Run) -> None:
    """`init --hook` sets up and installs in one go."""
    assert run(kept.path, "init", "--hook").code == 0
    assert (hooks_of(kept) / "post-commit").stat().st_mode & stat.S_IXUSR
    assert installed(kept)["branch"] == "main"


def test_the_doctor_knows_it(kept: RepoBuilder, run: Run) -> None:
    """The doctor says whether the hook is installed, and what is wrong with it."""

    def line() -> dict[str, str]:
        checks = json.loads(run(kept.path, "doctor", "--json").out)
        return next(dict(one) for one in checks if one["name"] == "hook")

    assert line()["state"] == "optional"
    assert "chronicles hook install" in line()["remedy"]
    assert run(kept.path, "hook", "install").code == 0
    assert line()["state"] == "ok"
    assert "post-commit" in line()["found"]
    (hooks_of(kept) / "post-commit").unlink()
    assert line()["state"] == "missing"
    assert "run `chronicles hook install` again" in line()["remedy"]
