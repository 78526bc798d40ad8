"""A suite before pages are written: the real engine, measured, stopped in time, and with nothing left behind."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chronicles.checks.guard import descendants
from chronicles.checks.suite import run_suite

if TYPE_CHECKING:
    from tests.conftest import RepoBuilder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="suites run on POSIX systems only")


def declare(repo: RepoBuilder, command: str) -> None:
    """Have the repository declare a suite that takes as little as a suite can."""
    table = f"[suites.start]\ncommand = {command!r}\nblocks = 1\nwarmups = 0\n"
    repo.commit("build: a suite", {"banterhearts.toml": table})


def measured(repo: RepoBuilder, revisions: str = "HEAD", **others: object) -> str:
    """Run the suite."""
    fixed = {"records": "reports", "limit_sec": 120.0, "clean": bytes.decode, "stopped": lambda: False, **others}
    return run_suite(repo.path, "start", revisions, **fixed)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that a test can look into."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def test_a_suite_leaves_records(repo: RepoBuilder, temporary: Path) -> None:
    """The engine measures the commits that it is asked to, and leaves nothing but records."""
    declare(repo, "true")
    repo.commit("feat: more", {"a.txt": "a\n"})
    assert measured(repo, "HEAD~1..HEAD") == ""
    records = sorted((repo.path / "reports/start").glob("*.json"))
    assert len(records) >= 2
    assert {repo.git("rev-parse", "HEAD") in path.read_text("utf-8") for path in records} == {True, False}
    assert list(temporary.iterdir()) == []
    assert repo.git("status", "--porcelain") == "?? reports/"


def test_a_suite_that_fails_is_told_of(repo: RepoBuilder) -> None:
    """No such suite, a command that fails, a range that is none: a clause, and no exception."""
    repo.commit("feat: begin", {"a.txt": "a\n"})
    assert measured(repo).startswith("it ended with status 2: ")
    declare(repo, "exit 3")
    assert measured(repo).startswith("it gave no measurement")


def test_no_file_of_the_repository_is_taken_for_a_module(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the engine's name in the work tree is no engine, wherever the worker runs."""
    mark = repo.path.parent / "taken"
    code = f"open({str(mark)!r}, 'w')\n"
    declare(repo, "true")
    repo.commit("feat: a trap", dict.fromkeys(("banterhearts/__init__.py", "click.py", "json.py"), code))
    monkeypatch.chdir(repo.path)
    assert measured(repo) == ""
    assert not mark.exists()


@pytest.mark.parametrize("how", ["time", "nobody waits"])
def test_a_suite_that_takes_too_long_is_stopped(repo: RepoBuilder, tmp_path: Path, how: str) -> None:
    """At its limit, or when the worker is to end, the engine and all that it started are gone."""
    begun = tmp_path / "begun"
    declare(repo, f"echo $TMPDIR >{begun}.part; mv {begun}.part {begun}; sleep 1417")
    before = descendants(os.getpid())
    if how == "time":
        assert measured(repo, limit_sec=6.0) == "it was stopped after 0.1 minutes; what was measured until then is kept"
    else:
        assert measured(repo, stopped=begun.exists) == "it was stopped"
        # Where the engine's next run looks for what this one could not remove.
        assert begun.read_text("utf-8").strip() == os.environ["TMPDIR"]
    deadline = time.monotonic() + 30
    while sleeping() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not sleeping()
    assert descendants(os.getpid()) <= before


def sleeping() -> list[str]:
    """Commands of the suite that run still."""
    found = []
    for entry in Path("/proc").iterdir() if sys.platform == "linux" else ():
        if entry.name.isdecimal():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if line == b"sleep\x001417\x00":
                found.append(entry.name)
    return found


def test_what_it_prints_is_cleaned(repo: RepoBuilder) -> None:
    """The engine quotes the repository, so its words go through what takes secrets out."""
    repo.commit("feat: begin", {"a.txt": "a\n"})
    asked: list[bytes] = []

    def clean(text: bytes) -> str:
        asked.append(text)
        return "first\n\n  last \n \n"

    assert measured(repo, clean=clean) == "it ended with status 2: last"
    assert b"start" in asked[0]
