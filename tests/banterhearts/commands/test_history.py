"""`banterhearts history`: many commits measured so that each can be told, found to be guilty or cleared."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.core.reading import read_record
from banterhearts.core.record import RunRecord, Status
from tests.banterhearts.conftest import _run
from tests.conftest import EPOCH, RepoBuilder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.banterhearts.conftest import Ended

    Engine = Callable[..., Ended]

SUITE = """
[suites.size]
command = "cat size.txt"
setup = "test ! -e broken || { echo no compiler >&2; exit 1; }"
blocks = 7
warmups = 0
[suites.size.metrics.size]
unit = "By"
direction = "lower"
pattern = "size: ([0-9]+)"
"""
"""A metric without noise, so that what is found is a matter of the rules alone."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """Seven commits, measured; size jumps in the fourth, and the suite is declared only in the work tree."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        repo = RepoBuilder(tmp_path_factory.mktemp("history") / "repo")
        for number in range(7):
            repo.commit(f"step {number}", {"size.txt": f"size: {13 if number >= 3 else 10}\n", "n.txt": f"{number}\n"})
        (repo.path / "banterhearts.toml").write_text(SUITE, encoding="utf-8")
        return repo.path, _run(repo.path, "history", "HEAD~6..HEAD", "--suite", "size", "--json")


@pytest.fixture
def measured(made: tuple[Path, Ended], tmp_path: Path) -> RepoBuilder:
    """A copy of the repository with its records, for a test to spoil."""
    shutil.copytree(made[0], tmp_path / "repo")
    repo = object.__new__(RepoBuilder)
    repo.path, repo.clock = tmp_path / "repo", EPOCH + timedelta(days=9)
    return repo


@pytest.fixture
def project(measured: RepoBuilder) -> RepoBuilder:
    """The same without any record."""
    shutil.rmtree(measured.path / "reports")
    return measured


def line(repo: RepoBuilder) -> list[str]:
    """All commits, newest first."""
    return repo.git("rev-list", "--first-parent", "HEAD").split()


def records_of(repo: RepoBuilder) -> list[RunRecord]:
    """All records, by id."""
    return [read_record(path) for path in sorted((repo.path / "reports").rglob("*.json"))]


def told(done: Ended) -> dict[str, dict[str, Any]]:
    """What `--json` says, by the commit's subject."""
    assert done.code == 0, done.err
    return {one["subject"]: one for one in json.loads(done.out)["commits"]}


def verdicts(done: Ended, metric: str = "size") -> dict[str, str]:
    """The verdict of a metric, by the commit's subject."""
    found = told(done).items()
    return {name: delta["verdict"] for name, one in found for delta in one["deltas"] if delta["metric"] == metric}


def test_every_commit_is_judged_against_its_parent(made: tuple[Path, Ended], measured: RepoBuilder) -> None:
    """The one that changed something is told, at the right commit, and no other; each pair shared a sitting."""
    _, done = made
    found = told(done)
    assert verdicts(done) == {f"step {number}": "slower" if number == 3 else "equivalent" for number in range(1, 7)}
    commits = line(measured)
    assert [one["commit_sha"] for one in found.values()] == commits
    assert [one["baseline_commit_sha"] for one in found.values()] == [*commits[1:], None]
    assert all(delta["paired"] for one in found.values() for delta in one["deltas"])


def test_sittings_overlap_and_the_newest_come_first(made: tuple[Path, Ended], measured: RepoBuilder) -> None:
    """Seven commits are two sittings that share one commit, each with one placebo; no work tree is left."""
    names = [commit[:7] for commit in line(measured)]
    assert [text for text in made[1].err.splitlines() if text.startswith("sitting")] == [
        f"sitting 1, default: 6 commits, {names[0]} back to {names[5]}",
        f"sitting 2, default: 2 commits, {names[5]} back to {names[6]}",
    ]
    records = records_of(measured)
    assert len(records) == 8
    assert sum(record.has_placebo for record in records) == 2
    assert measured.git("worktree", "list").count("\n") == 0


def test_the_table_has_a_row_for_each_commit(measured: RepoBuilder, engine: Engine) -> None:
    """With its subject, what it is compared with and the verdict; the oldest has its medians."""
    done = engine(measured.path, "history", "HEAD~6..HEAD", "--suite", "size")
    rows = [row for row in done.out.splitlines()[1:] if " size " in row]
    names = [commit[:7] for commit in line(measured)]
    assert [row.split()[1:5] for row in rows] == [
        [name, "step", str(6 - place), (*names[1:], "size")[place]] for place, name in enumerate(names)
    ]
    assert rows[3].endswith("slower")
    assert rows[6].split()[-2:] == ["10.0", "B"]


def test_one_revision_is_itself_and_its_parent(measured: RepoBuilder, engine: Engine) -> None:
    """What is asked of a commit is what it did; the first commit did nothing to anybody."""
    assert verdicts(engine(measured.path, "history", "HEAD~3", "--suite", "size", "--json")) == {"step 3": "slower"}
    assert told(engine(measured.path, "history", "HEAD~6", "--suite", "size", "--json"))["step 0"]["deltas"] == []


def test_what_is_measured_is_not_measured_again(measured: RepoBuilder, engine: Engine) -> None:
    """Asked again, nothing runs; asked for more, only what is missing does."""
    before = {record.run_id for record in records_of(measured)}
    again = engine(measured.path, "history", "HEAD~6..HEAD", "--suite", "size", "--json")
    assert "sitting" not in again.err
    assert {record.run_id for record in records_of(measured)} == before
    measured.commit("more", {"n.txt": "more\n"})
    more = engine(measured.path, "history", "HEAD~7..HEAD", "--suite", "size")
    assert more.err.count("sitting ") == 1
    new = [record for record in records_of(measured) if record.run_id not in before]
    assert [record.subject.commit_sha for record in new] == line(measured)[1::-1]


def test_more_blocks_are_measured_anew(measured: RepoBuilder, engine: Engine) -> None:
    """Runs of fewer blocks than are asked for now do not count as measured; as many, or more, do."""
    before = {record.run_id for record in records_of(measured)}
    more = engine(measured.path, "history", "HEAD", "--suite", "size", "--blocks", "8")
    assert more.err.count("sitting ") == 1
    assert [one.workload.blocks for one in records_of(measured) if one.run_id not in before] == [8, 8]
    for blocks in ("8", "7"):
        again = engine(measured.path, "history", "HEAD", "--suite", "size", "--blocks", blocks)
        assert "sitting " not in again.err


def test_a_history_without_any_measurement_is_a_finding(project: RepoBuilder, engine: Engine) -> None:
    """Where no commit gave a number the exit status says so."""
    project.commit("without", {"size.txt": None})
    project.commit("still without", {"n.txt": "more\n"})
    done = engine(project.path, "history", "HEAD", "--suite", "size")
    assert done.code == 1
    assert done.out.count("failed: the command ended with status 1") == 2


def test_another_definition_is_another_history(measured: RepoBuilder, engine: Engine) -> None:
    """Runs of an earlier definition of the suite count for nothing."""
    before = len(records_of(measured))
    text = SUITE.replace('"cat size.txt"', '"sed s/1/2/ size.txt"')
    (measured.path / "banterhearts.toml").write_text(text, encoding="utf-8")
    done = engine(measured.path, "history", "HEAD~1..HEAD", "--suite", "size", "--json")
    assert done.err.count("sitting ") == 1
    assert len(records_of(measured)) == before + 2
    (measured.path / "banterhearts.toml").write_text(SUITE, encoding="utf-8")
    back = engine(measured.path, "history", "HEAD~1..HEAD", "--suite", "size", "--json")
    assert "sitting" not in back.err
    for shown, size in ((done, 23), (back, 13)):
        deltas = told(shown)["step 6"]["deltas"]
        assert [delta["median"] for delta in deltas if delta["metric"] == "size"] == [size]


def test_a_commit_that_does_not_build_is_recorded_and_stepped_over(project: RepoBuilder, engine: Engine) -> None:
    """Its record has the error and no number; its child is compared with its parent, and it is not tried again."""
    project.commit("break it", {"broken": "yes"})
    project.commit("mend it", {"broken": None, "size.txt": "size: 20\n"})
    done = engine(project.path, "history", "HEAD~2..HEAD", "--suite", "size", "--json")
    found = told(done)
    assert found["break it"]["error"] == "the set-up ended with status 1: no compiler"
    assert found["mend it"]["baseline_commit_sha"] == line(project)[2]
    assert verdicts(done)["mend it"] == "slower"
    (failed,) = [record for record in records_of(project) if record.status is not Status.OK]
    assert (failed.status, failed.samples, failed.subject.commit_sha) == (Status.FAILED, (), line(project)[1])
    again = engine(project.path, "history", "HEAD~2..HEAD", "--suite", "size")
    assert "sitting" not in again.err
    assert "failed: the set-up ended" in again.out


def test_a_commit_without_the_command_is_recorded_and_stepped_over(project: RepoBuilder, engine: Engine) -> None:
    """An old commit need not have what the suite runs."""
    project.commit("without", {"size.txt": None})
    project.commit("with", {"size.txt": "size: 13\n"})
    done = engine(project.path, "history", "HEAD~3..HEAD", "--suite", "size", "--json")
    assert "ended with status 1: cat: size.txt" in told(done)["without"]["error"]
    assert verdicts(done) == {"with": "equivalent", "step 6": "equivalent"}


def test_a_link_between_two_sittings_may_fail(measured: RepoBuilder, engine: Engine) -> None:
    """The commit that two sittings would share does not build; its neighbours are measured together all the same."""
    for number in range(7, 13):
        broken: dict[str, str | None] = {7: {"broken": "yes"}, 8: {"broken": None}}.get(number, {})
        measured.commit(f"step {number}", {"n.txt": f"{number}\n", **broken})
    done = engine(measured.path, "history", "HEAD~7..HEAD", "--suite", "size", "--json")
    found = told(done)
    assert found["step 7"]["error"]
    assert found["step 8"]["baseline_commit_sha"] == found["step 6"]["commit_sha"]
    assert all(delta["paired"] for one in found.values() for delta in one["deltas"])
    assert done.err.count("sitting ") == 2


def test_every_nth_and_the_newest(project: RepoBuilder, engine: Engine) -> None:
    """`--every` leaves commits out, `--max` ends early; what is compared are the neighbours that are left."""
    done = engine(project.path, "history", "HEAD~6..HEAD", "--suite", "size", "--every", "2", "--max", "3", "--json")
    assert list(told(done)) == ["step 6", "step 4", "step 2"]
    assert verdicts(done) == {"step 6": "equivalent", "step 4": "slower"}


def test_a_plan_is_shown_and_not_carried_out(project: RepoBuilder, engine: Engine) -> None:
    """`--dry-run` measures nothing."""
    done = engine(project.path, "history", "HEAD~6..HEAD", "--suite", "size", "--dry-run")
    names = [commit[:7] for commit in line(project)]
    assert done.out == f"default: next {names[0]} back to {names[5]}, 6 commits\n"
    assert records_of(project) == []


def test_halving_finds_the_commit(project: RepoBuilder, engine: Engine) -> None:
    """Fewer sittings than commits, and the guilty one confirmed on its own against its parent."""
    done = engine(project.path, "history", "HEAD~6..HEAD", "--suite", "size", "--bisect", "--json")
    (change,) = json.loads(done.out)["commits"]
    assert (change["subject"], change["baseline_commit_sha"]) == ("step 3", line(project)[4])
    assert verdicts(done) == {"step 3": "slower"}
    last = [text for text in done.err.splitlines() if text.startswith("sitting")][-1]
    assert f"2 commits, {change['commit_sha'][:7]} back to" in last
    again = engine(project.path, "history", "HEAD~6..HEAD", "--suite", "size", "--bisect", "--json")
    assert (again.out, "sitting" in again.err) == (done.out, False)


def test_halving_finds_nothing_where_nothing_is(project: RepoBuilder, engine: Engine) -> None:
    """Two commits are measured, and stderr says that they do not differ."""
    done = engine(project.path, "history", "HEAD~3..HEAD", "--suite", "size", "--bisect", "--json")
    assert json.loads(done.out) == {"commits": []}
    assert "no change found" in done.err
    assert len(records_of(project)) == 2


def test_the_users_tree_is_left_alone(project: RepoBuilder, engine: Engine) -> None:
    """Changes that are not committed neither stop a history nor are measured by it."""
    (project.path / "size.txt").write_text("size: 99\n", encoding="utf-8")
    done = engine(project.path, "history", "HEAD", "--suite", "size", "--json")
    assert verdicts(done) == {"step 6": "equivalent"}
    assert (project.path / "size.txt").read_text(encoding="utf-8") == "size: 99\n"
    assert not any(record.subject.dirty for record in records_of(project))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("HEAD~99..HEAD", "--suite", "size"), "no commit 'HEAD~99'"),
        (("HEAD...HEAD~1", "--suite", "size"), "two ends of different lines"),
        (("HEAD..HEAD", "--suite", "size"), "'HEAD..HEAD' has no commit"),
        (("HEAD..HEAD~1", "--suite", "size"), "not on the first-parent line"),
        (("HEAD", "--suite", "weight"), "not declared; there are: size"),
        (("HEAD", "--suite", "size", "--case", "odd"), "no case 'odd'"),
        (("HEAD",), "Missing option '--suite'"),
    ],
)
def test_what_cannot_be_measured_is_told(
    project: RepoBuilder, engine: Engine, arguments: tuple[str, ...], told: str
) -> None:
    """Ranges that are none, suites and cases that are not there."""
    done = engine(project.path, "history", *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert "Traceback" not in done.err


def test_a_shallow_clone_says_where_its_history_is(project: RepoBuilder, engine: Engine, tmp_path: Path) -> None:
    """What is there can be measured; what is not is told to be fetched."""
    project.git("clone", "-q", "--depth=3", f"file://{project.path}", str(tmp_path / "shallow"))
    (tmp_path / "shallow" / "banterhearts.toml").write_text(SUITE, encoding="utf-8")
    assert engine(tmp_path / "shallow", "history", "HEAD~2..HEAD", "--suite", "size").code == 0
    done = engine(tmp_path / "shallow", "history", "HEAD~5..HEAD", "--suite", "size")
    assert (done.code, "git fetch --unshallow" in done.err) == (2, True)


def test_a_history_that_is_killed_goes_on(project: RepoBuilder, engine: Engine) -> None:
    """SIGKILL in the second sitting: the first one counts, the work trees are cleared away, the rest is measured."""
    arguments = [sys.executable, "-m", "banterhearts", "history", "HEAD~6..HEAD", "--suite", "size"]
    with subprocess.Popen(arguments, cwd=project.path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for text in process.stderr:
            if text.startswith(b"sitting 2"):
                break
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    done = engine(project.path, "history", "HEAD~6..HEAD", "--suite", "size", "--json")
    assert done.err.count("sitting ") == 1
    assert verdicts(done)["step 3"] == "slower"
    assert project.git("worktree", "list").count("\n") == 0


def test_an_interrupted_history_says_how_far_it_came(project: RepoBuilder) -> None:
    """Ctrl-C ends it with the blocks that are kept."""
    slow = SUITE.replace('"cat size.txt"', "'sleep 0.01; cat size.txt'").replace("blocks = 7", "blocks = 900")
    (project.path / "banterhearts.toml").write_text(slow, encoding="utf-8")
    arguments = [sys.executable, "-m", "banterhearts", "history", "HEAD~2..HEAD", "--suite", "size"]
    with subprocess.Popen(arguments, cwd=project.path, stderr=subprocess.PIPE, text=True) as process:
        for _ in range(3000):
            if records := list((project.path / "reports").rglob("*.json")):
                break
            time.sleep(0.01)  # until the first block is on disk
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert records
    assert "default: interrupted; kept " in err
    assert "of 900 blocks" in err


@pytest.mark.slow
def test_a_sleep_of_five_per_cent_is_found_at_its_commit(repo: RepoBuilder, engine: Engine) -> None:
    """A real command of 200 ms that one of ten commits slows by 10 ms: that commit is slower, and no other."""
    guilty = 6
    for number in range(10):
        nap = 0.21 if number >= guilty else 0.2
        repo.commit(f"step {number}", {"work.py": f"import time\ntime.sleep({nap})\n", "n.txt": f"{number}\n"})
    (repo.path / "banterhearts.toml").write_text(
        '[suites.nap]\ncommand = ["python", "-S", "-E", "work.py"]\nblocks = 6\nwarmups = 0\n', encoding="utf-8"
    )
    done = engine(repo.path, "history", "HEAD~9..HEAD", "--suite", "nap", "--json")
    found = verdicts(done, "time")
    assert [name for name, verdict in found.items() if verdict == "slower"] == [f"step {guilty}"]
    assert "faster" not in found.values()


TOUCHY = """
[suites.touchy]
blocks = 3
command = "sh work.sh"
cases.good = {{}}
cases.bad.command = '{line}'
"""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("git checkout -q HEAD~1 -- work.sh; sh work.sh", "work.sh changed while it was measured"),
        ("git checkout -q HEAD~1; sh work.sh", "HEAD moved while it was measured"),
        ('rm -rf "$PWD"', "the work tree is gone"),
        ("rm .git", "git no longer reads the work tree"),
    ],
)
def test_a_command_that_moves_its_tree_gives_no_number(repo: RepoBuilder, engine: Engine, line: str, told: str) -> None:
    """Every run of it is invalid with the reason, and another case finds the trees as they should be."""
    for number in range(3):
        repo.commit(f"step {number}", {"work.sh": f"echo {number}\n"})
    (repo.path / "banterhearts.toml").write_text(TOUCHY.format(line=line), encoding="utf-8")
    done = engine(repo.path, "history", "HEAD~1..HEAD", "--suite", "touchy", "--case", "bad", "--case", "good")
    assert done.code == 0, done.err
    by_case: dict[str, list[RunRecord]] = {"good": [], "bad": []}
    for record in records_of(repo):
        by_case[record.workload.case].append(record)
    assert {record.status for record in by_case["good"]} == {Status.OK}
    assert {record.status for record in by_case["bad"]} == {Status.INVALID}
    assert all(told in str(record.error) for record in by_case["bad"])
    assert repo.git("worktree", "list").count("\n") == 0, "no work tree is left"


def test_a_set_up_that_moves_its_tree_gives_no_number(repo: RepoBuilder, engine: Engine) -> None:
    """What is built of another version is no measurement of this one."""
    for number in range(3):
        repo.commit(f"step {number}", {"work.sh": f"echo {number}\n"})
    suite = '[suites.built]\nblocks = 1\nwarmups = 0\nsetup = "git checkout -q HEAD~1 -- work.sh"\ncommand = "true"\n'
    (repo.path / "banterhearts.toml").write_text(suite, encoding="utf-8")
    assert engine(repo.path, "history", "HEAD", "--suite", "built").code == 1, "no commit gave a number"
    assert {(record.status, record.error) for record in records_of(repo)} == {
        (Status.INVALID, "work.sh changed while it was measured; measure again")
    }


def test_a_checkout_that_never_was_like_its_commit_is_measured(repo: RepoBuilder, engine: Engine) -> None:
    """A file that was committed with the wrong line ends differs from the first moment; written again, it moved."""
    repo.commit("before", {"a.txt": "one\r\n"})
    repo.commit("rule", {".gitattributes": "*.txt text eol=crlf\n"})
    repo.commit("after", {"b.py": "\n"})
    suites = '[suites.{}]\nblocks = 1\ncommand = "{}"\n'
    declared = suites.format("still", "true") + suites.format("writes", "echo two > a.txt")
    (repo.path / "banterhearts.toml").write_text(declared, encoding="utf-8")
    for suite, status, code in (("still", Status.OK, 0), ("writes", Status.INVALID, 1)):
        assert engine(repo.path, "history", "HEAD", "--suite", suite).code == code
        told = {record.status for record in records_of(repo) if record.workload.suite == suite}
        assert told == {status}
