"""Beside the hook managers themselves, in real installations: their hooks run, ours is reached, and no byte is left."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.history.location import locate
from chronicles.history.worktrees import hooks_folders
from chronicles.hook import managers
from chronicles.hook.inspection import inspect
from chronicles.hook.script import HOOKS, STATE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.conftest import Ran, RepoBuilder

    Contents = Callable[[Path], dict[str, tuple[int, bytes]]]
    Run = Callable[..., Ran]

NPM = Path(__file__).parent / "npm"
ADA = ("Ada", "ada@example.org")
USERS_HOOK = b"#!/bin/sh\necho users >>ran\n"
"""What somebody had in their hooks before any manager came."""


class Beside:
    """A repository with a manager in it, whose hooks leave a mark in `ran`."""

    def __init__(self, repo: RepoBuilder, run: Run, waking: Any) -> None:
        """Begin with a commit."""
        self.repo, self._run, self._waking = repo, run, waking
        self.hooks = repo.path / ".git/hooks"
        shutil.rmtree(self.hooks, ignore_errors=True)
        self.hooks.mkdir()
        repo.commit("feat: one", {"a.txt": "a\n", ".gitignore": "ran\nnode_modules\n"})

    def command(self, *command: str | Path, env: Mapping[str, str] | None = None) -> str:
        """Run something of the manager's; what it says."""
        done = subprocess.run(
            [str(word) for word in command],
            cwd=self.repo.path,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def install(self) -> str:
        """Install our hook, with a `wake` that leaves a mark; what was said."""
        done = self._run(self.repo.path, "hook", "install")
        assert done.code == 0, done.err
        self.woken = self._waking(self.repo.path / ".git" / STATE)
        return done.err

    def uninstall(self) -> None:
        """Take our hook out."""
        assert self._run(self.repo.path, "hook", "uninstall").code == 0

    @property
    def problems(self) -> list[str]:
        """What is wrong with our hook."""
        return inspect(locate(self.repo.path)).problems

    def commit(self, *options: str) -> list[str]:
        """Make a commit; which marks were left."""
        (self.repo.path / "ran").unlink(missing_ok=True)
        env = self.repo.identity(None, None, ADA, None)
        self.repo.git("commit", "-q", "--allow-empty", "-m", "more", *options, env=env)
        ran = self.repo.path / "ran"
        return ran.read_text("utf-8").split() if ran.exists() else []

    def amend(self) -> tuple[list[str], bytes]:
        """Amend the commit; which marks were left, and the pair that post-rewrite is told."""
        old = self.repo.head
        marks = self.commit("--amend", "-m", "other words", "--date", "2024-01-01T00:00:00Z")
        return marks, f"{old} {self.repo.head}\n".encode()


@pytest.fixture
def beside(repo: RepoBuilder, run: Run, waking: Any) -> Beside:
    """A repository for a manager."""
    return Beside(repo, run, waking)


# pre-commit


PRE_COMMIT = """\
default_install_hook_types: [pre-commit, post-commit, post-merge, post-rewrite]
repos:
  - repo: local
    hooks:
      - id: mark
        name: mark
        entry: sh -c 'echo theirs >>ran'
        language: system
        always_run: true
        pass_filenames: false
        stages: [post-commit, post-rewrite, post-merge]
"""


@pytest.fixture
def pre_commit(beside: Beside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The repository has a configuration of pre-commit's; a call runs it."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    beside.repo.commit("build: pre-commit", {".pre-commit-config.yaml": PRE_COMMIT})
    return lambda *words: beside.command(sys.executable, "-m", "pre_commit", *words)


@pytest.mark.parametrize("seed", range(4))
def test_pre_commit_in_any_order(
    seed: int, beside: Beside, pre_commit: Callable[..., str], contents: Contents, wait_for: Callable[..., None]
) -> None:
    """However installing and uninstalling both take turns, what is installed runs, and a user's own hook as well."""
    chance = random.Random(seed)  # noqa: S311 - a test that repeats itself
    if seed % 2:
        for hook in HOOKS:
            (beside.hooks / hook).write_bytes(USERS_HOOK)
            (beside.hooks / hook).chmod(0o755)
    before = contents(beside.hooks)
    users = {"users"} if seed % 2 else set()
    steps: list[tuple[str, Callable[[], object]]] = [
        ("ours in", beside.install),
        ("ours out", beside.uninstall),
        ("theirs in", lambda: pre_commit("install")),
        ("theirs out", lambda: pre_commit("uninstall")),
    ]
    ours = theirs = False
    done = []
    for name, step in [steps[seed % 4], *chance.choices(steps, k=6)]:
        step()
        done.append(name)
        ours = name == "ours in" or (ours and name != "ours out")
        theirs = name == "theirs in" or (theirs and name != "theirs out")
        if ours:
            beside.woken.forget()
        assert set(beside.commit()) == users | ({"theirs"} if theirs else set()), done
        if ours:
            beside.woken.assert_reached()
        assert not (beside.repo.path / ".git" / STATE).exists() or ours
    if ours and not beside.problems:
        _, pair = beside.amend()
        wait_for(lambda: pair in beside.woken.pairs(), f"the pair was lost after {done}")
    beside.uninstall()
    pre_commit("uninstall")
    assert contents(beside.hooks) == before


def test_pre_commit_keeps_its_bytes(beside: Beside, pre_commit: Callable[..., str], contents: Contents) -> None:
    """In and out beside pre-commit, and out after it came, every file is as pre-commit had it."""
    pre_commit("install")
    before = contents(beside.hooks)
    beside.install()
    assert beside.problems == []
    beside.uninstall()
    assert contents(beside.hooks) == before
    pre_commit("uninstall")
    beside.install()
    pre_commit("install")
    beside.uninstall()
    assert contents(beside.hooks) == before


def test_what_pre_commit_undoes_is_said(
    beside: Beside, pre_commit: Callable[..., str], wait_for: Callable[..., None]
) -> None:
    """That rewritten commits are not handed on, or hooks of others dropped, is said, and mended by installing again."""
    beside.install()
    pre_commit("install")
    assert any("hands no rewritten commits on" in one for one in beside.problems), beside.problems
    beside.install()
    assert beside.problems == []
    marks, pair = beside.amend()
    assert marks == ["theirs", "theirs"]
    wait_for(lambda: beside.woken.pairs() == [pair], "the pair was lost")
    pre_commit("install", "-f")
    assert len(beside.problems) == len(HOOKS)
    assert all("run `chronicles hook install` again" in one for one in beside.problems)
    beside.install()
    assert beside.problems == []
    beside.commit()
    beside.woken.assert_reached()


# lefthook


LEFTHOOK = """\
no_tty: true
output: false
post-commit:
  jobs:
    - run: echo theirs >>ran
post-rewrite:
  jobs:
    - run: echo rewritten $(cat) >>ran
      use_stdin: true
"""


@pytest.fixture
def lefthook(beside: Beside, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The repository has a configuration of lefthook's; a call runs it."""
    program = Path(sys.executable).with_name("lefthook")
    if not program.exists():
        pytest.skip("lefthook is not installed")
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    for name in ("CI", "LEFTHOOK"):
        monkeypatch.delenv(name, raising=False)
    beside.repo.commit("build: lefthook", {"lefthook.yml": LEFTHOOK})
    return lambda *words: beside.command(program, *words)


def test_lefthook_keeps_both(
    beside: Beside, lefthook: Callable[..., str], contents: Contents, wait_for: Callable[..., None]
) -> None:
    """Beside lefthook ours lasts over its installs and its changed configuration, and goes without a trace."""
    lefthook("install")
    hooks, tree = contents(beside.hooks), set(beside.repo.path.iterdir())
    said = beside.install()
    assert "lefthook-local.yml" in said
    assert beside.problems == []
    assert inspect(locate(beside.repo.path)).managers == ["lefthook"]
    for step in (lambda: None, lambda: lefthook("install"), beside.install):
        step()
        assert beside.commit() == ["theirs"]
        beside.woken.assert_reached()
        assert beside.problems == []
    marks, pair = beside.amend()
    assert marks == ["theirs", "rewritten", *pair.decode().split()]
    wait_for(lambda: beside.woken.pairs() == [pair], "the pair was lost")
    # Its own synchronising, which no `install` is needed for.
    config = beside.repo.path / "lefthook.yml"
    config.write_text(LEFTHOOK + "pre-push:\n  jobs:\n    - run: 'true'\n", "utf-8")
    later = config.stat().st_mtime + 5  # it looks at the file's time first, by the second
    os.utime(config, (later, later))
    beside.woken.forget()
    assert beside.commit() == ["theirs"]
    beside.woken.assert_reached()
    (beside.hooks / "pre-push").unlink()  # it is there, since lefthook has synchronised, and stays behind
    config.write_text(LEFTHOOK, "utf-8")
    lefthook("install")
    beside.uninstall()
    (beside.repo.path / "ran").unlink()
    assert set(beside.repo.path.iterdir()) == tree
    lefthook("install")
    assert contents(beside.hooks) == hooks
    assert beside.commit() == ["theirs"]


def test_lefthook_and_a_configuration_of_ones_own(beside: Beside, lefthook: Callable[..., str]) -> None:
    """Somebody's own lefthook-local file is not touched: the lines for it are shown, and do what they should."""
    own = beside.repo.path / "lefthook-local.yml"
    own.write_text("pre-push:\n  jobs:\n    - run: 'true'\n", "utf-8")
    lefthook("install")
    before = (beside.hooks / "post-commit").read_bytes()
    said = beside.install()
    assert own.read_text("utf-8").startswith("pre-push")
    assert beside.commit() == ["theirs"]
    beside.woken.assert_reached()
    assert beside.problems == []
    assert "lefthook writes" in said
    lefthook("install")
    assert len(beside.problems) == 2
    assert all("does not call this hook" in one for one in beside.problems)
    lines = said.partition("lefthook-local configuration:\n\n")[2].partition("\n\n")[0]
    own.write_text(f"{own.read_text('utf-8')}{lines}\n", "utf-8")
    lefthook("install")
    assert beside.problems == []
    assert "lefthook-local configuration" not in beside.install()
    assert beside.commit() == ["theirs"]
    beside.woken.assert_reached()
    beside.uninstall()
    assert (beside.hooks / "post-commit").read_bytes() == before


def test_lefthook_that_comes_later_is_said(beside: Beside, lefthook: Callable[..., str], contents: Contents) -> None:
    """A hook of ours that lefthook has moved aside for good is said to be lost, comes back, and leaves nothing."""
    (beside.repo.path / "lefthook.yml").write_text("pre-push:\n  jobs:\n    - run: 'true'\n", "utf-8")
    beside.install()
    assert (beside.hooks / "post-commit").is_file()
    (beside.repo.path / "lefthook.yml").write_text(LEFTHOOK, "utf-8")
    lefthook("install")
    assert (beside.hooks / "post-commit.old").is_file()
    assert any("post-commit" in one and "run `chronicles hook install` again" in one for one in beside.problems)
    beside.install()
    assert beside.problems == []
    assert beside.commit() == ["theirs"]
    beside.woken.assert_reached()
    beside.uninstall()
    assert sorted(contents(beside.hooks)) == ["post-commit", "post-rewrite"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lefthook.yml", "post-commit:\n  jobs: []\n"),
        (".lefthook.yaml", "'post-commit':\n  jobs: []\n"),
        (".config/lefthook.toml", "[post-commit]\n"),
        ("lefthook.toml", "[[post-commit.jobs]]\nrun = 'true'\n"),
        ("lefthook.json", '{\n  "post-commit": {}\n}\n'),
    ],
)
def test_lefthook_is_known_before_it_is_installed(name: str, text: str, beside: Beside) -> None:
    """Hooks that its configuration names, in any of its forms, are lefthook's; the others are nobody's."""
    path = beside.repo.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    (folder,) = hooks_folders(locate(beside.repo.path))
    assert [hook for hook in HOOKS if managers.manages(folder, hook)] == ["post-commit"]


# husky


@pytest.fixture(params=["husky", "husky-8"])
def husky(request: pytest.FixtureRequest, beside: Beside) -> Callable[[], str]:
    """Run one husky or another in the repository, as `npm install` does after it was set up."""
    program = NPM / "node_modules" / request.param / ("bin.js" if request.param == "husky" else "lib/bin.js")
    if not program.exists() or shutil.which("node") is None:
        pytest.skip("npm has not installed husky: `npm ci --prefix tests/hook/npm`")
    words = [] if request.param == "husky" else ["install"]
    beside.repo.write({"package.json": "{}\n", ".husky/post-commit": "echo theirs >>ran\n"})
    if request.param == "husky-8":
        prelude = '#!/usr/bin/env sh\n. "$(dirname -- "$0")/_/husky.sh"\n\necho theirs >>ran\n'
        beside.repo.write({".husky/post-commit": prelude})
        (beside.repo.path / ".husky/post-commit").chmod(0o755)
    beside.repo.commit("build: husky")
    return lambda: beside.command("node", program, *words)


def test_husky_keeps_both(
    beside: Beside, husky: Callable[[], str], contents: Contents, wait_for: Callable[..., None]
) -> None:
    """Beside husky ours lasts over each `npm install`, and every file is as it was when it is gone."""
    husky()
    before = contents(beside.repo.path / ".husky")
    said = beside.install()
    assert ".husky/post-commit" in said
    assert beside.problems == []
    for step in (lambda: None, husky, beside.install):
        step()
        assert beside.commit() == ["theirs"]
        beside.woken.assert_reached()
        assert beside.problems == []
    marks, pair = beside.amend()
    assert marks == ["theirs"]
    wait_for(lambda: set(beside.woken.pairs()) == {pair}, "the pair was lost")
    beside.uninstall()
    assert contents(beside.repo.path / ".husky") == before
    assert beside.commit() == ["theirs"]


def test_husky_of_a_team(
    beside: Beside, husky: Callable[[], str], make_repo: Callable[..., RepoBuilder], tmp_path: Path
) -> None:
    """Committed with the team's hooks, the block does nothing in a clone whose owner has not asked for it."""
    husky()
    beside.install()
    beside.repo.git("add", ".husky")
    beside.commit()
    clone = make_repo("clone")
    clone.git("pull", "-q", str(beside.repo.path), "main")
    clone.git("config", "core.hooksPath", beside.repo.git("config", "core.hooksPath"))
    if (beside.repo.path / ".husky/_").is_dir():
        shutil.copytree(beside.repo.path / ".husky/_", clone.path / ".husky/_")
    clone.commit("feat: of the clone", {"b.txt": "b\n"})
    assert (clone.path / "ran").read_text("ascii") == "theirs\n"
    assert not (clone.path / ".git" / STATE).exists()
    assert inspect(locate(clone.path)).problems == []


def test_husky_that_comes_later_is_said(beside: Beside, husky: Callable[[], str]) -> None:
    """That husky points git at other hooks, out of reach of ours, is said, and mended by installing again."""
    beside.install()
    husky()
    assert len(beside.problems) == len(HOOKS)
    beside.install()
    assert beside.problems == []
    assert beside.commit() == ["theirs"]
    beside.woken.assert_reached()
    beside.uninstall()
    assert not list(beside.hooks.iterdir())


def test_husky_that_was_not_run_in_a_worktree(beside: Beside, husky: Callable[[], str], tmp_path: Path) -> None:
    """Where husky's own folder is not there git runs no hooks, and what to run is said."""
    husky()
    if not beside.repo.git("config", "core.hooksPath").endswith("_"):
        pytest.skip("of husky 8 the hooks themselves are tracked")
    beside.install()
    beside.repo.git("worktree", "add", "-q", "-b", "topic", str(tmp_path / "linked"))
    assert any("husky has not been run" in one and "npm install" in one for one in beside.problems)


def test_husky_4_is_known(beside: Beside) -> None:
    """A script as husky 4 writes it gets the block, and what will become of it is said."""
    script = (
        "#!/bin/sh\n# husky\n\n# Created by Husky v4.3.8 (https://github.com/typicode/husky#readme)\n\n"
        '. "$(dirname "$0")/husky.sh"\n'
    )
    for hook in HOOKS:
        (beside.hooks / hook).write_text(script, "utf-8")
        (beside.hooks / hook).chmod(0o755)
    (beside.hooks / "husky.sh").write_text("echo theirs >>ran\n", "utf-8")
    said = beside.install()
    assert "husky 4 writes" in said
    assert beside.commit() == ["theirs"]
    beside.woken.assert_reached()
    beside.uninstall()
    assert (beside.hooks / "post-commit").read_text("utf-8") == script


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n# lefthook or husky or pre-commit\n", b"\0\xff"])
def test_nobody_else_is_taken_for_a_manager(content: bytes) -> None:
    """A script that only speaks of one was not written by it."""
    assert managers.author(content) == ""
