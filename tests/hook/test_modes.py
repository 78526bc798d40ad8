"""From a commit to pages that are staged, committed or measured, by a worker that a real hook has started."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

DOCS = "docs(chronicles): "


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's configuration but the repository's."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def installed(repo: RepoBuilder, hooks: Any) -> Callable[..., RepoBuilder]:
    """Make a repository whose settings have a table of the hook, and install it there."""

    def make(table: str, **files: str) -> RepoBuilder:
        repo.git("config", "user.name", "Ada")
        repo.git("config", "user.email", "ada@example.org")
        repo.commit("feat: begin", {"a.txt": "a\n", "chronicles.toml": table, **files})
        hooks.install(repo.path)
        return repo

    return make


def subjects(repo: RepoBuilder) -> list[str]:
    """Subjects of the branch, oldest first, without the first."""
    return repo.git("log", "--reverse", "--format=%s", "main").splitlines()[1:]


@pytest.mark.parametrize("settings", ["", 'fold = "day"\nfold_below = 100\n'], ids=["a page a commit", "a page a day"])
def test_pages_commit_themselves(installed: Any, hooks: Any, run: Callable[..., Ran], settings: str) -> None:
    """Each pass leaves one commit, which is told by nobody and wakes nobody; nothing is left to do, and all is true."""
    repo = installed(f'{settings}[hook]\npages = "commit"\n')
    for number in range(3):
        # On the day of our own commits, which are of today.
        repo.commit(f"feat: step {number}", {"a.txt": f"{number}\n"}, at=datetime.now(UTC))
        hooks.settle()
    repeat = "update " if settings else ""
    first, *others = [one for one in subjects(repo) if one.startswith(DOCS)]
    assert first == f"{DOCS}episode 1"
    assert others == [f"{DOCS}{repeat}episode {1 if repeat else number}" for number in (2, 3)]
    assert subjects(repo)[::2] == [f"feat: step {number}" for number in range(3)]
    assert repo.git("status", "--porcelain") == ""
    status = json.loads(run(repo.path, "hook", "status", "--json").out)
    assert status["untold"]["number"] == 0
    assert "files committed as" in status["last_run"]["notes"][-1]
    before = repo.head
    assert run(repo.path, "hook", "drain").code == 0
    assert run(repo.path, "generate", "--all", "--since", "HEAD~9").code in {0, 2}
    assert repo.head == before
    hooks.verify(repo.path)


def test_pages_are_staged(installed: Any, hooks: Any) -> None:
    """Staged pages ride along with the next commit, whose own page is staged then."""
    repo = installed('[hook]\npages = "stage"\n')
    repo.commit("feat: one", {"a.txt": "1\n"})
    hooks.settle()
    assert repo.git("diff", "--cached", "--name-only").split() == [
        "episodes/episode_001.json",
        "episodes/episode_001.md",
    ]
    repo.commit("feat: two", {"a.txt": "2\n"})
    hooks.settle()
    assert subjects(repo) == ["feat: one", "feat: two"]
    assert "episodes/episode_001.md" in repo.git("ls-tree", "-r", "--name-only", "HEAD")
    assert repo.git("diff", "--name-only") == ""
    assert "episodes/episode_002.md" in repo.git("diff", "--cached", "--name-only").split()
    hooks.verify(repo.path)


def test_what_is_staged_meanwhile_has_pages_wait(installed: Any, hooks: Any, run: Callable[..., Ran]) -> None:
    """A person who has staged something finds it as it was, a reason in the status, and pages with the next pass."""
    repo = installed('[hook]\npages = "commit"\n')
    repo.git("config", "core.hooksPath", "nowhere")
    repo.commit("feat: one", {"a.txt": "1\n"})
    repo.git("config", "--unset", "core.hooksPath")
    repo.write({"b.txt": "staged\n"})
    assert run(repo.path, "hook", "drain").code == 0
    assert subjects(repo) == ["feat: one"]
    notes = json.loads(run(repo.path, "hook", "status", "--json").out)["last_run"]["notes"]
    assert "2 files not committed yet: something is staged, so that a commit may be under way" in notes
    repo.commit("feat: two")
    hooks.settle()
    assert subjects(repo) == ["feat: one", "feat: two", f"{DOCS}episodes 1 and 2"]
    assert repo.git("status", "--porcelain") == ""


SUITE = '[suites.start]\ncommand = "true"\nblocks = 1\nwarmups = 0\n'


def test_a_suite_is_told_and_a_changed_one_is_not_run(installed: Any, hooks: Any, run: Callable[..., Ran]) -> None:
    """New commits are measured first, with records beside their pages; a suite that changed has to be looked at."""
    repo = installed('[hook]\npages = "commit"\nsuite = "start"\n', **{"banterhearts.toml": SUITE})
    repo.commit("feat: one", {"a.txt": "1\n"})
    hooks.settle()
    sidecar = json.loads((repo.path / "episodes/episode_001.json").read_bytes())
    assert sidecar["runs"]
    assert (repo.path / "episodes/episode_001.svg").exists()
    names = repo.git("ls-tree", "-r", "--name-only", "HEAD").split()
    records = [name for name in names if name.startswith("reports/start/")]
    assert len(records) >= 2
    assert repo.git("status", "--porcelain") == ""
    hooks.verify(repo.path)
    repo.commit("build: another suite", {"banterhearts.toml": SUITE.replace("true", "touch /tmp/evil")})
    hooks.settle()
    assert len(list((repo.path / "reports/start").glob("*.json"))) == len(records)
    assert len(list((repo.path / "episodes").glob("episode_*.md"))) == 2
    changed = "suite start has changed: look at it and run `chronicles hook install` again"
    status = run(repo.path, "hook", "status")
    assert status.code == 1
    assert f"Suite: {changed}\n" in status.out
    assert status.out.endswith(f"Next: {changed}.\n")
    assert changed in hooks.log(repo.path)
    hooks.install(repo.path)
    assert run(repo.path, "hook", "status").code == 0


def test_a_suite_that_fails_stops_no_page(installed: Any, hooks: Any) -> None:
    """Pages are written without a measurement, and the log says why there is none."""
    repo = installed('[hook]\nsuite = "start"\n', **{"banterhearts.toml": SUITE.replace("true", "exit 3")})
    repo.commit("feat: one", {"a.txt": "1\n"})
    hooks.settle()
    assert hooks.told(repo.path) == [repo.head]
    assert "suite start did not measure: it gave no measurement" in hooks.log(repo.path)


def test_what_begins_while_a_suite_runs_is_waited_for(installed: Any, hooks: Any) -> None:
    """A merge that a person begins meanwhile gets no page in its midst."""
    suite = SUITE.replace("true", "touch ../measuring; while [ -e ../hold ]; do sleep 0.05; done")
    repo = installed('[hook]\nsuite = "start"\n', **{"banterhearts.toml": suite})
    folder = repo.path.parent
    command = f"touch {folder}/measuring; while [ -e {folder}/hold ]; do sleep 0.05; done"
    (repo.path / "banterhearts.toml").write_text(SUITE.replace("true", command), "utf-8")
    hooks.install(repo.path)
    (folder / "hold").touch()
    repo.commit("feat: one", {"a.txt": "1\n"})
    hooks.wait_for((folder / "measuring").exists)
    (repo.path / ".git/MERGE_HEAD").write_text(repo.head, "ascii")
    (folder / "hold").unlink()
    hooks.wait_for(lambda: "waits for a merge" in hooks.log(repo.path))
    assert not list((repo.path / "episodes").glob("*.md"))
    (repo.path / ".git/MERGE_HEAD").unlink()
    hooks.settle()
    assert hooks.told(repo.path) == [repo.head]
