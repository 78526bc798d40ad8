"""Records of checks: what speaks for a tree, and what `verify` finds where a document and its records disagree."""

from __future__ import annotations

import json
import shutil
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.checks import Check, CheckRecord, record_of, records, told
from chronicles.checks.record import store
from chronicles.errors import OutputError
from chronicles.history.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.checks.conftest import Project
    from tests.conftest import Ran, RepoBuilder

TREE, OTHER = "ab" * 20, "ab" * 19 + "cd"
CHECK = Check("tests", "make test", "make test", 600.0)
PASSED = CheckRecord(
    "chronicles.check/1", "tests", "make test", 600.0, "1" * 40, TREE, 1, "passed", 0, 1.5, "3 passed", 0
)


def test_the_newest_record_of_the_same_command_speaks(tmp_path: Path) -> None:
    """Of the records of a tree the last run of this command counts; one of another tree or command never does."""
    assert [run.result for run in told([CHECK], records(tmp_path, TREE))] == ["not run"]
    store(tmp_path, PASSED)
    store(tmp_path, replace(PASSED, run=2, result="failed", exit=2))
    store(tmp_path, replace(PASSED, run=3, command="make all"))
    store(tmp_path, replace(PASSED, run=4, tree=OTHER))
    run = next(told([CHECK], records(tmp_path, TREE)))
    assert (run.result, run.exit, run.seconds, run.last) == ("failed", 2, 1.5, "3 passed")
    assert next(told([replace(CHECK, name="lint")], records(tmp_path, TREE))).result == "not run"
    assert [run.result for run in told([CHECK], records(tmp_path, OTHER))] == ["passed"]
    assert [run.result for run in told([CHECK], records(None, TREE))] == ["not run"]


def test_more_time_counts_for_what_was_out_of_time(tmp_path: Path) -> None:
    """A record of a run that timed out says nothing of a run with more time; one that ended does."""
    store(tmp_path, replace(PASSED, result="timed out", exit=None, timeout_sec=10.0))
    stored = records(tmp_path, TREE)
    assert record_of(replace(CHECK, timeout_sec=10.0), stored)
    assert record_of(replace(CHECK, timeout_sec=5.0), stored)
    assert record_of(replace(CHECK, timeout_sec=10.5), stored) is None
    store(tmp_path, replace(PASSED, run=2, timeout_sec=10.0))
    assert record_of(CHECK, records(tmp_path, TREE))


def test_a_record_is_never_written_over(tmp_path: Path) -> None:
    """Where the name is taken, by whatever, a record becomes the next run, and what was there stays as it was."""
    store(tmp_path, PASSED)
    before = (tmp_path / PASSED.file_name).read_bytes()
    (tmp_path / replace(PASSED, run=2).file_name).write_text("no record")
    assert store(tmp_path, replace(PASSED, last="4 passed")).run == 3
    assert (tmp_path / PASSED.file_name).read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 3
    assert next(told([CHECK], records(tmp_path, TREE))).last == "4 passed"
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        store(tmp_path / "file", PASSED)


@pytest.mark.parametrize(
    "change",
    [
        {"result": "passed", "exit": 1},
        {"result": "passed", "exit": None},
        {"result": "failed", "exit": 0},
        {"result": "timed out", "exit": 0},
        {"result": "maybe"},
        {"exit": True},
        {"schema": "chronicles.check/2"},
        {"tree": OTHER},
        {"name": "lint"},
        {"run": 0},
        {"run": 2},
        {"more": 1},
        {"seconds": "1.5"},
        {"last": "x" * 200_000},
        {"last": "x" * 201},
        {"last": "two\nlines"},
        {"result": "failed", "exit": 256},
        {"result": "failed", "exit": -1},
        {"seconds": -0.1},
        {"seconds": 1e300},
        {"timeout_sec": 0.0},
        {"timeout_sec": -600.0},
        {"timeout_sec": 1e9},
        {"wrote": -1},
        {"wrote": 10**30},
        {"commit": "1" * 39},
        {"commit": "x" * 40},
        {"commit": "1" * 64},
        {"commit": ""},
        {"command": "x" * 20_000},
        {"command": "make\ntest"},
    ],
)
def test_what_no_run_left_is_no_record(tmp_path: Path, change: dict[str, Any]) -> None:
    """A file that contradicts itself, its name or the schema counts for nothing."""
    path = tmp_path / store(tmp_path, PASSED).file_name
    assert len(records(tmp_path, TREE)) == 1
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert records(tmp_path, TREE) == []


@pytest.mark.parametrize("change", [{"name": ""}, {"name": "../x"}, {"name": "x" * 41}, {"tree": "ab"}])
def test_a_name_that_no_run_gives_is_none(tmp_path: Path, change: dict[str, Any]) -> None:
    """Also under the very file name that its values make."""
    value = json.loads((tmp_path / store(tmp_path, PASSED).file_name).read_text()) | change
    name = f"{value['tree'][:12]}-{value['name'].replace('/', '')}-{value['run']}.json"
    (tmp_path / name).write_text(json.dumps(value))
    assert [one.record for one in records(tmp_path, TREE)] == [PASSED]
    with pytest.raises(ValueError, match="no run leaves"):
        CheckRecord(**value)


def test_a_record_of_another_commit_is_none(repo: RepoBuilder, tmp_path: Path) -> None:
    """One that names a commit of another tree, or no commit, is passed over; a commit that is gone may have been it."""
    one = repo.commit("feat: one", {"a": "1\n"})
    two = repo.commit("feat: two", {"a": "2\n"})
    blob = repo.git("rev-parse", "HEAD:a")
    with Repository.open(repo.path) as repository:
        tree = repository.tree(two)
        for run, commit in enumerate((one, two, "1" * 40, blob), 1):
            store(tmp_path, replace(PASSED, tree=tree, commit=commit, run=run))
        assert [stored.record.run for stored in records(tmp_path, tree, repository.find_tree)] == [2, 3]


def test_a_folder_of_other_things_is_read(tmp_path: Path) -> None:
    """Folders, links to nowhere and text among the records stop nothing."""
    (tmp_path / f"{TREE[:12]}-a-1.json").mkdir()
    (tmp_path / f"{TREE[:12]}-b-1.json").symlink_to("/nowhere")
    (tmp_path / f"{TREE[:12]}-c-1.json").write_bytes(b"\xff{")
    store(tmp_path, PASSED)
    assert len(records(tmp_path, TREE)) == 1


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that asks for `told_of` leaves a copy for the others."""
    return tmp_path_factory.mktemp("told") / "project"


@pytest.fixture
def told_of(project: Project, kept: Path) -> Project:
    """A document whose checklist has a check that passed, one that failed and one that did not run."""
    if kept.exists():
        shutil.rmtree(project.path)
        shutil.copytree(kept, project.path)
        return project
    project.configure({"good": "echo '3 passed'", "bad": "echo '1 failed'; exit 1"})
    assert project.run("patch").returncode == 0
    project.configure({"good": "echo '3 passed'", "bad": "echo '1 failed'; exit 1", "new": "true"})
    assert project.run("patch", "--no-check").returncode == 0
    assert project.run("verify", "--strict").returncode == 0
    shutil.copytree(project.path, kept)
    return project


def sidecar(project: Project, change: Callable[[Any], None]) -> None:
    """Change the checks that a document's sidecar lists."""
    path = project.document().with_suffix(".json")
    value = json.loads(path.read_text())
    change(value["checks"])
    path.write_text(json.dumps(value))


def record(project: Project, name: str) -> Path:
    """The file of a check's first record."""
    return next((project.path / "patches/checks").glob(f"*-{name}-1.json"))


def rewrite(path: Path, old: str, new: str) -> None:
    """Replace text that is there."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda one: record(one, "good").unlink(), "record of the check good is gone"),
        (lambda one: rewrite(record(one, "good"), "3 passed", "9 passed"), "record of the check good is gone"),
        (lambda one: record(one, "good").write_text(record(one, "good").read_text() + "\n"), "is another one now"),
        (
            lambda one: rewrite(one.document(), "3 passed”", "9 passed”"),
            "changed by hand to what the repository does not",
        ),
        (lambda one: rewrite(one.document(), "- [ ] `bad`", "- [x] `bad`"), "- [x] `bad`"),
        (lambda one: rewrite(one.document(), "- [ ] `new`", "- [x] `new`"), "- [x] `new`"),
        (lambda one: rewrite(one.document(), "exit 1, ", "exit 0, "), "exit 0"),
        (lambda one: rewrite(one.document(), "`new`: `true` not run", "`new`: `true` passed"), "passed"),
        (lambda one: rewrite(one.document().with_suffix(".json"), '"3 passed"', '"9 passed"'), "says otherwise"),
        (lambda one: sidecar(one, lambda checks: checks[1].update(result="passed", exit=0)), "says otherwise"),
        (lambda one: sidecar(one, lambda checks: checks[1].update(seconds=0.5)), "says otherwise"),
        (
            lambda one: sidecar(one, lambda checks: checks[2].update(result="passed", exit=0)),
            "has a result and no record",
        ),
        (lambda one: sidecar(one, lambda checks: checks[2].update(digest=checks[0]["digest"])), "says otherwise"),
    ],
)
def test_a_checklist_that_no_record_bears_out_is_false(
    told_of: Project, spoil: Callable[[Project], None], says: str
) -> None:
    """A record that is gone or changed, a line, a fact or a list that says otherwise: each is found, and exit is 1."""
    spoil(told_of)
    done = told_of.run("verify")
    assert done.returncode == 1
    assert "false" in done.stdout
    assert says in done.stdout


def test_a_lost_record_is_one_finding(told_of: Project) -> None:
    """What a record told cannot be found anew without it; that it is gone is said once, and not of each line."""
    record(told_of, "bad").unlink()
    done = told_of.run("verify")
    assert (done.returncode, done.stdout.count("false: ")) == (1, 1), done.stdout


@pytest.mark.parametrize(
    ("checks", "says"),
    [
        ({"good": "echo 9", "bad": "echo '1 failed'; exit 1", "new": "true"}, "another command for the check good"),
        ({"good": "echo '3 passed'", "new": "true"}, "no longer name the check bad"),
        (
            {"good": "echo '3 passed'", "bad": "echo '1 failed'; exit 1", "new": "true", "z": "true"},
            "now name a check z",
        ),
        ({"bad": "echo '1 failed'; exit 1", "good": "echo '3 passed'", "new": "true"}, "another order"),
        ({}, "no longer name the check good"),
    ],
)
def test_other_settings_make_a_checklist_old(told_of: Project, checks: dict[str, str], says: str) -> None:
    """What the settings name today was not what they named then: stale, never false, and `--fix` tells it anew."""
    told_of.configure(checks)
    done = told_of.run("verify")
    assert (done.returncode, says in done.stdout) == (0, True), done.stdout
    assert "stale" in done.stdout
    assert told_of.run("verify", "--strict").returncode == 1
    assert told_of.run("verify", "--fix").returncode == 0
    assert told_of.run("verify", "--strict").returncode == 0


def test_a_check_that_ran_since_makes_a_checklist_old(told_of: Project, tmp_path: Path) -> None:
    """A newer record does not make an older document false."""
    assert told_of.run("patch", "--output", str(tmp_path / "elsewhere")).returncode == 0
    done = told_of.run("verify")
    assert (done.returncode, "the check new ran since" in done.stdout) == (0, True), done.stdout
    assert told_of.run("patch", "--check", "--output", str(tmp_path / "elsewhere")).returncode == 0
    assert sorted(told_of.records()) == ["bad-1", "bad-2", "good-1", "new-1"]
    done = told_of.run("verify")
    assert (done.returncode, "the check bad ran since" in done.stdout) == (0, True), done.stdout


def test_a_fact_of_a_check_is_derived_again(told_of: Project, run: Callable[..., Ran]) -> None:
    """The command that a fact names shows its value."""
    with redirect_stdout(StringIO()):
        shown = run(told_of.path, "fact", "v1.0..HEAD", "check.2.exit")
    assert shown.code == 0, shown.err
    assert "exit 1" in shown.out
