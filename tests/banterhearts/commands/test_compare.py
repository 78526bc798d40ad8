"""`banterhearts compare`: from two commits or two runs to verdicts, and what cannot be compared."""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.core.reading import read_record
from banterhearts.core.record import RunRecord, Status, digest
from banterhearts.core.store import RecordStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.banterhearts.conftest import Ended
    from tests.conftest import RepoBuilder

    Engine = Callable[..., Ended]

SUITES = """
[suites.size]
command = "cat sizes.txt"
blocks = 8
warmups = 0
[suites.size.metrics.size]
unit = "By"
direction = "lower"
pattern = "size: ([0-9]+)"
[suites.speed]
command = "cat sizes.txt"
blocks = 8
warmups = 0
[suites.speed.metrics.rate]
unit = "{row}"
direction = "higher"
pattern = "rate: ([0-9]+)"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of three commits, the newest two measured together: size doubles, and so does the rate."""
    from tests.banterhearts.conftest import _run  # noqa: PLC0415 - a fixture of the module cannot ask for `engine`
    from tests.conftest import RepoBuilder  # noqa: PLC0415 - as above

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        repo = RepoBuilder(tmp_path_factory.mktemp("compare") / "repo")
        repo.commit("feat: begin", {"banterhearts.toml": SUITES, "sizes.txt": "size: 1\nrate: 1\n"})
        repo.commit("feat: one", {"sizes.txt": "size: 13\nrate: 13\n"})
        repo.commit("feat: two", {"sizes.txt": "size: 26\nrate: 26\n"})
        for suite in ("size", "speed"):
            done = _run(repo.path, "bench", "run", suite, "--against", "HEAD~1")
            assert done.code == 0, done.err
    return repo.path


@pytest.fixture
def project(made: Path, tmp_path: Path) -> RepoBuilder:
    """A copy of the repository, for a test to spoil."""
    from tests.conftest import EPOCH, RepoBuilder  # noqa: PLC0415 - as above

    shutil.copytree(made, tmp_path / "repo")
    repo = object.__new__(RepoBuilder)
    repo.path, repo.clock = tmp_path / "repo", EPOCH
    return repo


def runs(project: RepoBuilder, suite: str = "size") -> list[RunRecord]:
    """The two records of a suite, the baseline's first."""
    return [read_record(path) for path in sorted((project.path / "reports" / suite).glob("*.json"))]


def rows(done: Ended) -> list[dict[str, Any]]:
    """The deltas of `--json`."""
    assert done.code in {0, 1}, done.err
    return json.loads(done.out)["deltas"]  # type: ignore[no-any-return]  # JSON is of any type


def write(project: RepoBuilder, record: RunRecord, **changes: Any) -> RunRecord:
    """Store a record with some fields changed."""
    changed = record.model_copy(update=changes)
    with RecordStore(project.path / "reports") as store:
        store.write(changed)
    return changed


def test_two_commits_are_compared_in_all_that_both_have(project: RepoBuilder, engine: Engine) -> None:
    """A row a metric, with ratio, interval, blocks and verdict, and the machine above."""
    done = engine(project.path, "compare", "HEAD~1", "HEAD")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].startswith("on ")
    found = {tuple(line.split()[:3]): line for line in lines[2:]}
    assert {("size", "default", "size"), ("speed", "default", "rate"), ("size", "default", "time")} <= set(found)
    size = found["size", "default", "size"].split()
    assert size[3:8] == ["13.0", "B", "26.0", "B", "2.000"]
    assert found["size", "default", "size"].endswith("slower")
    assert found["speed", "default", "rate"].endswith("faster"), "more of what should be much"
    assert " together " in found["size", "default", "size"]


def test_verdicts_as_json(project: RepoBuilder, engine: Engine) -> None:
    """All of a delta, with commits, machine and the runs that it is of."""
    (row,) = [
        row for row in rows(engine(project.path, "compare", "HEAD~1", "HEAD", "--json")) if row["metric"] == "size"
    ]
    old, new = runs(project)
    assert (row["baseline"], row["run"]) == (old.run_id, new.run_id)
    assert (row["baseline_commit_sha"], row["commit_sha"]) == (old.subject.commit_sha, new.subject.commit_sha)
    assert (row["verdict"], row["paired"], row["blocks"], row["unit"]) == ("slower", True, 8, "By")
    assert row["ratio"] == pytest.approx(2)
    assert row["family"] == 4, "all that is told together is judged together"
    assert row["machine"]


def test_one_suite_of_several(project: RepoBuilder, engine: Engine) -> None:
    """`--suite` narrows what is told, and the family with it."""
    found = rows(engine(project.path, "compare", "HEAD~1", "HEAD", "--suite", "size", "--json"))
    assert {row["suite"] for row in found} == {"size"}
    assert {row["family"] for row in found} == {2}


def test_a_slower_verdict_can_fail_a_build(project: RepoBuilder, engine: Engine) -> None:
    """Exit 1 with `--fail-on slower`, and only if there is one."""
    assert engine(project.path, "compare", "HEAD~1", "HEAD", "--suite", "size", "--fail-on", "slower").code == 1
    assert engine(project.path, "compare", "HEAD", "HEAD~1", "--suite", "size", "--fail-on", "slower").code == 0
    assert engine(project.path, "compare", "HEAD~1", "HEAD", "--suite", "size").code == 0


def test_the_smallest_effect_is_not_chosen_afterwards(project: RepoBuilder, engine: Engine) -> None:
    """`--min-effect` is refused, with where it belongs."""
    done = engine(project.path, "compare", "HEAD~1", "HEAD", "--min-effect", "0.5")
    assert (done.code, done.out) == (2, "")
    assert "set before the run" in done.err


def test_two_runs_are_compared_by_id_or_file(project: RepoBuilder, engine: Engine) -> None:
    """What a person names is compared, whichever way it is named."""
    old, new = runs(project)
    path = project.path / "reports" / "size" / f"{new.run_id}.json"
    for head in (new.run_id, path, "HEAD"):
        found = rows(engine(project.path, "compare", old.run_id, head, "--json"))
        assert [(row["baseline"], row["run"]) for row in found] == [(old.run_id, new.run_id)] * 2
    found = rows(engine(project.path, "compare", "HEAD~1", new.run_id, "--json"))
    assert {row["baseline"] for row in found} == {old.run_id}


def test_the_placebo_of_the_sitting_is_found(project: RepoBuilder, engine: Engine) -> None:
    """It stands in the baseline's record, and its interval is told."""
    for sides in (("HEAD~1", "HEAD"), tuple(run.run_id for run in runs(project))):
        found = rows(engine(project.path, "compare", *sides, "--json"))
        assert all(row["placebo"] for row in found)


def test_records_that_lie_elsewhere_are_compared_too(project: RepoBuilder, engine: Engine) -> None:
    """Two files that somebody sent need no store; the placebo is in one of them."""
    files = []
    for run in runs(project):
        path = project.path / "reports" / "size" / f"{run.run_id}.json"
        files.append(path.rename(project.path / path.name))
    shutil.rmtree(project.path / "reports")
    found = rows(engine(project.path, "compare", *files, "--json"))
    assert {row["verdict"] for row in found if row["metric"] == "size"} == {"slower"}
    assert all(row["placebo"] for row in found)


def test_runs_measured_apart_are_told_so(project: RepoBuilder, engine: Engine) -> None:
    """Two per cent of another day decide nothing."""
    old, new = runs(project)
    apart = new.provenance.model_copy(update={"sitting": "another"})
    samples = tuple(
        sample.model_copy(update={"values": tuple(value * 1.02 for value in sample.values)}) for sample in old.samples
    )
    scaled = dict.fromkeys(("ci_low", "ci_high", "p90", "p95", "p99"))
    metrics = tuple(one.model_copy(update={**scaled, "median": one.median * 1.02}) for one in old.metrics)
    write(project, old, run_id="apart", subject=new.subject, samples=samples, metrics=metrics, provenance=apart)
    found = rows(engine(project.path, "compare", old.run_id, "apart", "--json"))
    assert {(row["paired"], row["verdict"], row["why"]) for row in found} == {(False, "undecided", "apart")}
    assert "measured apart" in engine(project.path, "compare", old.run_id, "apart").out


@pytest.mark.parametrize(
    ("sides", "told"),
    [
        (("HEAD~2", "HEAD"), r"nothing to compare: HEAD~2 \(.{7}\) has no run"),
        (("HEAD", "HEAD~2"), r"nothing to compare: HEAD~2 \(.{7}\) has no run"),
        (("nonsense", "HEAD"), "no commit 'nonsense' in this repository"),
        (("b" * 40, "HEAD"), "no commit"),
        (("sizes.json", "HEAD"), "no commit 'sizes.json'"),
    ],
)
def test_what_is_not_there_is_named(project: RepoBuilder, engine: Engine, sides: tuple[str, str], told: str) -> None:
    """A commit without runs, one that is not in this repository, a file that is not there."""
    done = engine(project.path, "compare", *sides)
    assert (done.code, done.out) == (2, "")
    assert re.search(told, done.err)
    assert "Traceback" not in done.err


def test_units_that_differ_are_not_compared(project: RepoBuilder, engine: Engine) -> None:
    """A ratio of bytes to seconds has no meaning."""
    old, new = runs(project)
    samples = tuple(one.model_copy(update={"unit": "{row}"}) if one.metric == "size" else one for one in new.samples)
    metrics = tuple(one.model_copy(update={"unit": "{row}"}) if one.name == "size" else one for one in new.metrics)
    write(project, new, run_id="rows", samples=samples, metrics=metrics, comparison=())
    done = engine(project.path, "compare", old.run_id, "rows")
    assert (done.code, done.out) == (2, "")
    assert "run rows cannot be compared" in done.err
    assert "By" in done.err
    assert "{row}" in done.err


def test_a_failed_run_is_nobodys_side(project: RepoBuilder, engine: Engine) -> None:
    """Named, it is refused with its error; unnamed, it is passed over."""
    old, new = runs(project)
    write(project, new, run_id="failed", status=Status.FAILED, error="it broke", samples=(), metrics=(), comparison=())
    done = engine(project.path, "compare", old.run_id, "failed")
    assert (done.code, "it broke" in done.err) == (2, True)
    assert rows(engine(project.path, "compare", "HEAD~1", "HEAD", "--suite", "size", "--json"))[0]["run"] == new.run_id


def test_a_machine_never_seen_is_not_compared(project: RepoBuilder, engine: Engine) -> None:
    """A run of another machine is named as not compared, and gives no ratio."""
    old, new = runs(project)
    elsewhere = new.environment.model_copy(update={"cpu": "another", "fingerprint": digest("another")})
    write(project, new, run_id="elsewhere", environment=elsewhere)
    done = engine(project.path, "compare", old.run_id, "elsewhere")
    assert (done.code, "another machine" in done.err) == (2, True)
    (project.path / "reports" / "size" / f"{new.run_id}.json").unlink()
    done = engine(project.path, "compare", "HEAD~1", "HEAD", "--suite", "size")
    assert (done.code, done.out) == (2, "")
    assert "not compared: size/default of HEAD" in done.err


def test_a_file_that_is_no_record_is_told_and_left_out(project: RepoBuilder, engine: Engine) -> None:
    """A truncated one, and two of the same run id, of which nobody knows the right one; the rest is compared."""
    _, new = runs(project)
    folder = project.path / "reports" / "size"
    (folder / "torn.json").write_text('{"schema": "banterhearts.run/1", ', encoding="utf-8")
    (folder / "copy.json").write_bytes((folder / f"{new.run_id}.json").read_bytes())
    done = engine(project.path, "compare", "HEAD~1", "HEAD", "--json")
    assert done.code == 0
    assert done.err.count("left out: ") == 3
    assert "torn.json:1" in done.err
    assert "copy.json" in done.err
    assert {row["suite"] for row in rows(done)} == {"speed"}
    done = engine(project.path, "compare", folder / "torn.json", "HEAD")
    assert (done.code, "torn.json:1" in done.err) == (2, True)


def test_a_dirty_run_is_compared_only_by_name(project: RepoBuilder, engine: Engine) -> None:
    """It tells nothing of its commit, but whoever names it may look at it."""
    old, new = runs(project)
    write(project, new, run_id="zz-dirty", subject=new.subject.model_copy(update={"dirty": True}))
    assert {row["run"] for row in rows(engine(project.path, "compare", old.run_id, "zz-dirty", "--json"))} == {
        "zz-dirty"
    }
    for base in ("HEAD~1", old.run_id):
        found = rows(engine(project.path, "compare", base, "HEAD", "--suite", "size", "--json"))
        assert {row["run"] for row in found} == {new.run_id}


def test_a_hostile_case_does_not_reach_the_terminal(project: RepoBuilder, engine: Engine) -> None:
    """What stands in a record is data: markup is not interpreted, control characters are gone."""
    _, new = runs(project)
    write(
        project, new, run_id="odd", status=Status.FAILED, error="[red]\x1b[31m", samples=(), metrics=(), comparison=()
    )
    done = engine(project.path, "compare", "odd", "HEAD")
    assert done.code == 2
    assert "\x1b" not in done.err
