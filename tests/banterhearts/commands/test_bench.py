"""`banterhearts bench`: from a declared command to records, and what becomes of everything that can go wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from banterhearts.core.reading import read_record
from banterhearts.core.record import Arm, RunRecord, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.banterhearts.conftest import Ended
    from tests.conftest import RepoBuilder

    Engine = Callable[..., Ended]

SUITES = """
[suites.quick]
command = "cat size.txt"
blocks = 3
[suites.quick.metrics.size]
unit = "By"
direction = "lower"
pattern = "size: ([0-9]+)"

[suites.two]
command = "true"
blocks = 3
[suites.two.cases.good]
[suites.two.cases.bad]
command = "echo no luck >&2; exit 3"
"""


@pytest.fixture
def project(repo: RepoBuilder) -> RepoBuilder:
    """Two commits: one of size 10, then one of size 20."""
    repo.commit("feat: begin", {"banterhearts.toml": SUITES, "size.txt": "size: 10\n"})
    repo.commit("feat: grow", {"size.txt": "size: 20\n"})
    return repo


def records_of(repo: RepoBuilder, suite: str) -> list[RunRecord]:
    """The records of a suite, in the order of their names."""
    return [read_record(path) for path in sorted((repo.path / "reports" / suite).glob("*.json"))]


def test_a_run_becomes_a_record(project: RepoBuilder, engine: Engine) -> None:
    """The work tree is measured at its commit; the table goes to stdout, the file's name to stderr."""
    done = engine(project.path, "bench", "run", "quick")
    assert done.code == 0, done.err
    (record,) = records_of(project, "quick")
    assert (record.status, record.subject.commit_sha, record.subject.dirty) == (Status.OK, project.head, False)
    assert record.subject.repo == "repo"
    assert not record.missing_blocks
    assert {metric.name: metric.median for metric in record.metrics}["size"] == 20
    assert record.provenance.command == "banterhearts bench run quick"
    assert f"reports/quick/{record.run_id}.json" in done.err
    assert [line.split()[:3] for line in done.out.splitlines()[1:]] == [
        ["default", project.head[:7], "time"],
        ["default", project.head[:7], "size"],
    ]
    assert f"{record.run_id}" not in done.out


def test_a_commit_is_measured_against_another(project: RepoBuilder, engine: Engine) -> None:
    """Both are arms of one sitting, the older is the baseline with the placebo, and verdicts are told and stored."""
    done = engine(project.path, "bench", "run", "quick", "--against", "HEAD~1", "--blocks", "8")
    assert done.code == 0, done.err
    old, new = sorted(records_of(project, "quick"), key=lambda record: record.run_id)
    assert (old.subject.commit_sha, new.subject.commit_sha) == (project.git("rev-parse", "HEAD~1"), project.head)
    assert old.provenance.sitting == new.provenance.sitting
    assert {sample.arm for sample in old.samples} == {Arm.MEASURED, Arm.PLACEBO}
    assert new.treatment.baseline_run == old.run_id
    (size,) = [told for told in new.comparison if told.metric == "size"]
    assert (size.ratio, size.verdict) == (pytest.approx(2), "slower")
    (row,) = [
        line for line in done.out.splitlines() if line.startswith("default") and "slower" in line and "size" in line
    ]
    assert "2.000" in row
    assert project.git("worktree", "list").count("\n") == 0, "no work tree is left"


def test_the_placebo_has_a_work_tree_of_its_own(project: RepoBuilder, engine: Engine, tmp_path: Path) -> None:
    """The baseline runs in two checkouts of one commit, so that a place on the disk is no treatment."""
    log = tmp_path / "log"
    suite = f'[suites.where]\ncommand = "pwd >> {log}"\nblocks = 2\nwarmups = 0\n'
    project.commit("where", {"banterhearts.toml": suite})
    assert engine(project.path, "bench", "run", "where", "--against", "HEAD~1").code == 0
    visits = log.read_text(encoding="utf-8").split()
    assert {place: visits.count(place) for place in visits}.pop(str(project.path)) == 4
    assert sorted(visits.count(place) for place in set(visits)) == [4, 4, 4]


def test_the_runs_as_json(project: RepoBuilder, engine: Engine) -> None:
    """`--json` prints what was measured, and nothing else, on stdout."""
    done = engine(project.path, "bench", "run", "quick", "--json", "--against", "HEAD~1")
    told = json.loads(done.out)
    assert [run["commit_sha"] for run in told["runs"]] == [project.git("rev-parse", "HEAD~1"), project.head]
    assert all(Path(run["path"]).is_file() for run in told["runs"])
    assert {delta["metric"]: delta["ratio"] for delta in told["deltas"]}["size"] == pytest.approx(2)


def test_a_case_that_fails_is_a_record_without_numbers(project: RepoBuilder, engine: Engine) -> None:
    """The other case is measured all the same, and the exit status says that something is amiss."""
    done = engine(project.path, "bench", "run", "two")
    assert done.code == 1
    by_case = {record.workload.case: record for record in records_of(project, "two")}
    assert by_case["good"].status is Status.OK
    bad = by_case["bad"]
    assert (bad.status, bad.error, bad.samples) == (Status.FAILED, "the command ended with status 3: no luck", ())
    assert "no luck" in done.out


def test_one_case_of_several(project: RepoBuilder, engine: Engine) -> None:
    """`--case` measures it alone; a case that is not there lists those that are."""
    assert engine(project.path, "bench", "run", "two", "--case", "good").code == 0
    assert [record.workload.case for record in records_of(project, "two")] == ["good"]
    done = engine(project.path, "bench", "run", "two", "--case", "ugly")
    assert (done.code, "no case 'ugly'; there are: good, bad" in done.err) == (2, True)


def test_a_suite_that_prints_nothing_is_invalid(project: RepoBuilder, engine: Engine) -> None:
    """Where a number was promised and nothing is printed, there is a status and no number."""
    project.commit("silence", {"size.txt": ""})
    assert engine(project.path, "bench", "run", "quick").code == 1
    (record,) = records_of(project, "quick")
    assert (record.status, record.error) == (Status.INVALID, "metric size: the command printed nothing")
    assert record.samples == ()
    assert record.metrics == ()


def test_a_command_that_hangs_is_ended(project: RepoBuilder, engine: Engine) -> None:
    """The time limit ends it, and the record says so."""
    project.commit("hang", {"banterhearts.toml": "[suites.slow]\ncommand = 'sleep 99'\ntime_limit_sec = 0.3\n"})
    done = engine(project.path, "bench", "run", "slow")
    (record,) = records_of(project, "slow")
    assert (done.code, record.status) == (1, Status.FAILED)
    assert "ran longer than 0.3 s and was ended" in str(record.error)


def test_a_dirty_tree_is_refused(project: RepoBuilder, engine: Engine) -> None:
    """Changed files are named with the remedy, and nothing is measured."""
    (project.path / "size.txt").write_text("size: 30\n", encoding="utf-8")
    done = engine(project.path, "bench", "run", "quick")
    assert done.code == 2
    assert "size.txt differs from HEAD" in done.err
    assert "--allow-dirty" in done.err
    assert not list((project.path / "reports").rglob("*.json"))


def test_a_dirty_tree_may_be_measured_and_says_so(project: RepoBuilder, engine: Engine) -> None:
    """The record is dirty, so that nobody takes it for the commit's."""
    (project.path / "size.txt").write_text("size: 30\n", encoding="utf-8")
    done = engine(project.path, "bench", "run", "quick", "--allow-dirty")
    assert done.code == 0, done.err
    (record,) = records_of(project, "quick")
    assert record.subject.dirty
    assert "+changes" in done.out


def test_an_earlier_run_makes_no_tree_dirty(project: RepoBuilder, engine: Engine) -> None:
    """Records that are tracked and rewritten are not the project's code."""
    assert engine(project.path, "bench", "run", "quick").code == 0
    project.git("add", "-A")
    project.commit("records")
    (path,) = (project.path / "reports" / "quick").glob("*.json")
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert engine(project.path, "bench", "run", "quick").code == 0


def test_a_tree_that_changes_under_the_run_gives_no_number(project: RepoBuilder, engine: Engine) -> None:
    """Somebody who edits, or commits, while it is measured gets an invalid record."""
    suites = '[suites.{name}]\nblocks = 3\ncommand = "{line}"\n'
    edits = suites.format(name="edits", line="echo size: 40 > size.txt")
    commits = suites.format(name="commits", line="git -c user.name=a -c user.email=b commit -q --allow-empty -m x")
    project.commit("suites", {"banterhearts.toml": edits + commits})
    for suite, told in (("commits", "HEAD moved"), ("edits", "size.txt changed")):
        assert engine(project.path, "bench", "run", suite).code == 1
        (record,) = records_of(project, suite)
        assert (record.status, record.samples) == (Status.INVALID, ())
        assert told in str(record.error)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nothing",), "suite 'nothing': not declared; there are: quick, two, decode"),
        (("quick", "--against", "no-such-branch"), "no commit 'no-such-branch' in this repository"),
        (("quick", "--against", "a" * 40), "no commit"),
        (("quick", "--option", "blokcs=3"), "`blokcs`: no such key"),
        (("quick", "--option", "blocks"), "key=value"),
        (("quick", "--output", "size.txt"), "cannot write"),
        (("quick", "--blocks", "0"), "Invalid value for '--blocks'"),
    ],
)
def test_what_cannot_be_done_as_asked(
    project: RepoBuilder, engine: Engine, arguments: tuple[str, ...], told: str
) -> None:
    """A message with what to do, status 2, no traceback and no record."""
    done = engine(project.path, "bench", "run", *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert "Traceback" not in done.err
    assert not list(project.path.rglob("reports/**/*.json"))


def test_reports_that_cannot_be_written_are_found_out_before_measuring(project: RepoBuilder, engine: Engine) -> None:
    """A file in the place of the folder, and a folder that is read-only, stop the run before the command ran."""
    project.commit("mark", {"banterhearts.toml": "[suites.mark]\ncommand = 'touch ran'\n"})
    (project.path / "reports").write_text("no folder", encoding="utf-8")
    done = engine(project.path, "bench", "run", "mark")
    assert (done.code, "cannot write" in done.err) == (2, True)
    assert not (project.path / "ran").exists()
    (project.path / "reports").unlink()
    (project.path / "reports").mkdir(mode=0o555)
    if os.access(project.path / "reports", os.W_OK):
        pytest.skip("the superuser may write everywhere")
    done = engine(project.path, "bench", "run", "mark")
    assert (done.code, "cannot write" in done.err) == (2, True)
    assert not (project.path / "ran").exists()


def test_without_a_repository_nothing_is_measured(tmp_path: Path, engine: Engine) -> None:
    """A folder that is no repository is told as such."""
    for arguments in (("run", "quick"), ("list",)):
        done = engine(tmp_path, "bench", *arguments)
        assert (done.code, "no git repository" in done.err) == (2, True)


def test_a_repository_without_commits_is_told(repo: RepoBuilder, engine: Engine) -> None:
    """There is no HEAD to measure."""
    (repo.path / "banterhearts.toml").write_text(SUITES, encoding="utf-8")
    done = engine(repo.path, "bench", "run", "quick")
    assert (done.code, "no commit 'HEAD'" in done.err) == (2, True)


def test_a_shallow_clone_can_be_measured(project: RepoBuilder, engine: Engine, tmp_path: Path) -> None:
    """What is there is enough; what is not there is told to be fetched."""
    project.git("clone", "-q", "--depth=1", f"file://{project.path}", str(tmp_path / "shallow"))
    assert engine(tmp_path / "shallow", "bench", "run", "quick").code == 0
    done = engine(tmp_path / "shallow", "bench", "run", "quick", "--against", "HEAD~1")
    assert (done.code, "git fetch --unshallow" in done.err) == (2, True)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_keeps_its_finished_blocks(project: RepoBuilder, sign: signal.Signals) -> None:
    """The command is ended, the blocks so far are a record, and stderr says which are missing."""
    naps = '[suites.naps]\nblocks = 500\nwarmups = 0\ncommand = "echo $$ >> pids; sleep 0.02"\n'
    project.commit("naps", {"banterhearts.toml": naps})
    arguments = [sys.executable, "-m", "banterhearts", "bench", "run", "naps"]
    with subprocess.Popen(arguments, cwd=project.path, stderr=subprocess.PIPE, text=True) as process:
        for _ in range(3000):
            if list((project.path / "reports").rglob("*.json")):
                break
            time.sleep(0.01)  # until the first block is on disk
        process.send_signal(sign)
        _, told = process.communicate(timeout=60)
    (record,) = records_of(project, "naps")
    done = max(sample.block for sample in record.samples) + 1
    assert process.returncode == 130
    assert f"interrupted; kept {done} of 500 blocks, blocks {done} to 499 missing" in told
    assert record.missing_blocks == tuple(range(done, 500))
    assert all(len([s for s in record.samples if s.block == block]) == 4 for block in range(done))
    last = (project.path / "pids").read_text(encoding="ascii").split()[-1]
    assert not Path(f"/proc/{last}").exists()


def test_suites_are_listed(project: RepoBuilder, engine: Engine) -> None:
    """Declared ones with their cases, then those that are built in."""
    done = engine(project.path, "bench", "list")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()[1:]] == ["quick", "two", "decode", "ollama-sweep"]
    assert "good, bad" in done.out
    told = json.loads(engine(project.path, "bench", "list", "--json").out)["suites"]
    assert (told[1]["suite"], told[1]["cases"], told[1]["blocks"]) == ("two", ["good", "bad"], 3)


def test_a_suite_that_is_declared_wrongly_harms_no_other(project: RepoBuilder, engine: Engine) -> None:
    """It is refused where it is asked for, with the file and the key."""
    project.commit("broken", {"banterhearts.toml": SUITES + "[suites.broken]\ncommand = 3\n"})
    assert engine(project.path, "bench", "run", "quick").code == 0
    for arguments in (("run", "broken"), ("list",)):
        done = engine(project.path, "bench", *arguments)
        assert done.code == 2
        assert "banterhearts.toml: `command" in done.err


def test_runs_of_one_suite_never_share_an_id(project: RepoBuilder, engine: Engine) -> None:
    """Two runs in the same second are two records."""
    for _ in range(3):
        assert engine(project.path, "bench", "run", "quick", "--blocks", "1").code == 0
    assert len({record.run_id for record in records_of(project, "quick")}) == 3


def test_the_tree_of_a_baseline_that_moves_gives_no_number(project: RepoBuilder, engine: Engine) -> None:
    """The checkout of --against is looked at like the user's tree, which keeps its own run."""
    line = "test -d .git || git checkout -q HEAD -- size.txt && test -d .git || echo size: 1 > size.txt"
    project.commit("again", {"banterhearts.toml": f"[suites.sly]\nblocks = 3\ncommand = '{line}'\n"})
    assert engine(project.path, "bench", "run", "sly", "--against", "HEAD~1").code == 1
    old, new = records_of(project, "sly")
    assert (old.status, old.error) == (Status.INVALID, "size.txt changed while it was measured; measure again")
    assert new.status is Status.OK


def test_a_placebo_that_moves_takes_the_baseline_along(project: RepoBuilder, engine: Engine) -> None:
    """Its samples stand in the baseline's record."""
    line = "case $PWD in *tree-000001) echo 1 > size.txt; esac"
    project.commit("again", {"banterhearts.toml": f"[suites.sly]\nblocks = 3\ncommand = '{line}'\n"})
    assert engine(project.path, "bench", "run", "sly", "--against", "HEAD~1").code == 1
    old, new = records_of(project, "sly")
    assert old.status is Status.INVALID
    assert str(old.error).startswith("the placebo's tree: size.txt changed")
    assert new.status is Status.OK


def test_a_tree_is_looked_at_before_its_block_is_kept(project: RepoBuilder, tmp_path: Path) -> None:
    """An engine that is killed in the middle leaves no record that says ok of a tree that moved."""
    line = "echo size: 40 > size.txt; echo >> runs; test $(wc -l < runs) -lt 5 || kill -9 $PPID"
    project.commit("deadly", {"banterhearts.toml": f"[suites.deadly]\nblocks = 9\ncommand = '{line}'\nwarmups = 0\n"})
    arguments = [sys.executable, "-m", "banterhearts", "bench", "run", "deadly"]
    env = os.environ | {"TMPDIR": str(tmp_path)}  # what is killed leaves its folder
    subprocess.run(arguments, cwd=project.path, env=env, capture_output=True, check=False)
    (record,) = records_of(project, "deadly")
    assert record.status is Status.INVALID, "not ok of the first block"


def test_a_command_that_removes_everything_is_an_invalid_run(project: RepoBuilder, engine: Engine) -> None:
    """Also the user's own repository: the reason is told, and the exit status is that of a case without a number."""
    project.commit("axe", {"banterhearts.toml": "[suites.axe]\nblocks = 2\ncommand = 'rm -rf \"$PWD\"'\n"})
    done = engine(project.path, "bench", "run", "axe")
    assert (done.code, "the work tree is gone" in done.out) == (1, True), done.err
