"""The command suite: what commands print, in which tree, with which environment, and what is made of it."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.benchmarking import readings
from banterhearts.benchmarking.bench import MeasureFailed, Visit
from banterhearts.benchmarking.command import CommandSuite, open_suite
from banterhearts.benchmarking.suites import Plan, Tree
from banterhearts.core.record import Direction, Status, Subject
from banterhearts.errors import SuiteError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from banterhearts.benchmarking.bench import Bench

SUBJECT = Subject(repo="scratch", commit_sha="0" * 40, dirty=False, engine_version="0")
ROWS = {"unit": "{row}", "direction": "higher", "pattern": r"rows: (\S+)"}
JSON = {"unit": "1", "direction": "lower", "pointer": "/value"}


def suite_of(**table: Any) -> CommandSuite:
    """A suite of this table."""
    return open_suite("speed", {"command": "true", **table}, None)


@pytest.fixture
def bench_of(tmp_path: Path) -> Callable[..., Bench]:
    """Make the only bench of a table, in a tree of its own."""

    def make(**table: Any) -> Bench:
        (bench,) = suite_of(**table).benches(Tree(tmp_path, SUBJECT), [])
        return bench

    return make


@pytest.fixture
def visit(bench_of: Callable[..., Bench]) -> Callable[..., Visit]:
    """Visit the only bench of a table."""

    def once(**table: Any) -> Visit:
        bench = bench_of(**table)
        bench.open()
        return bench.visit()

    return once


def test_a_visit_gives_the_time_of_the_command(visit: Callable[..., Visit]) -> None:
    """Wall time always, processor time if asked for, in nanoseconds."""
    assert visit(command="sleep 0.05").values["time"][0] > 50e6
    assert set(visit().values) == {"time"}
    both = visit(command="i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done", cpu_time=True).values
    assert both["cpu_time"][0] > 1e6


def test_a_visit_has_as_many_samples_as_asked(visit: Callable[..., Visit]) -> None:
    """The command runs again for each."""
    assert len(visit(samples=3).values["time"]) == 3


def test_the_command_runs_in_the_tree(visit: Callable[..., Visit], tmp_path: Path) -> None:
    """Its folder is that of the commit."""
    visit(command="pwd > here")
    assert (tmp_path / "here").read_text(encoding="utf-8").strip() == str(tmp_path)


def test_a_list_is_run_without_a_shell(visit: Callable[..., Visit], tmp_path: Path) -> None:
    """Nothing in it is expanded."""
    visit(command=["touch", "$HOME;a"])
    assert (tmp_path / "$HOME;a").exists()


def test_the_environment_is_clean_and_known(
    visit: Callable[..., Visit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our variables stay with us, the suite's and the case's are there, and the case wins."""
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("GIT_DIR", "/elsewhere/.git")
    visit(command="env > seen", env={"A": "suite", "B": "suite"}, cases={"one": {"env": {"B": "case"}}})
    seen = (tmp_path / "seen").read_text(encoding="utf-8").splitlines()
    assert {"A=suite", "B=case", "LC_ALL=C.UTF-8", "TERM=dumb"} <= set(seen)
    assert not [line for line in seen if "elsewhere" in line]


@pytest.mark.parametrize("pattern", ["(0+)+$x", "(?:0|00)*(x)", "(?s)(?:.*)*(?:.*)*(x)", "[0-9]*x(1)"])
def test_a_pattern_that_tries_for_ever_is_given_up(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    """The run is invalid and the pattern named; whose alarm it was before has it again."""
    monkeypatch.setattr(readings, "_SEARCH_SEC", 0.1)
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        with pytest.raises(MeasureFailed, match=r"was searched for more than 0\.1 s") as caught:
            visit(command=["printf", "%s", "0" * 100_000], metrics={"rows": {**ROWS, "pattern": pattern}})
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert caught.value.status is Status.INVALID


def test_python_is_the_one_of_the_engine(visit: Callable[..., Visit], tmp_path: Path) -> None:
    """`python` in a command has the libraries of the environment that the engine was started from."""
    visit(command="python -c 'import banterhearts, sys; print(sys.executable)' > which")
    assert "python" in (tmp_path / "which").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("printed", "metric", "values"),
    [
        ("rows: 12", ROWS, (12,)),
        ("rows: 1.5e3", ROWS, (1500,)),
        ("rows: 1\nrows: 2\nrows: 3", ROWS, (1, 2, 3)),
        (
            "took 12.5 ms",
            {"unit": "ns", "direction": "lower", "pattern": r"took (\S+) ms", "scale": 1e6},
            (12_500_000,),
        ),
        ("took 0.1 ns", {"unit": "ns", "direction": "lower", "pattern": r"took (\S+) ns"}, (0,)),
        ('{"value": 3}', JSON, (3,)),
        ('{"value": [1, 2.5]}', JSON, (1, 2.5)),
        ("7", {**JSON, "pointer": ""}, (7,)),
        ('{"a/b": {"m~n": [0, 5]}}', {**JSON, "pointer": "/a~1b/m~0n/1"}, (5,)),
        ('{"": {" ": 4}}', {**JSON, "pointer": "// "}, (4,)),
        ('{"~1": 6, "/": 7}', {**JSON, "pointer": "/~01"}, (6,)),
        ('{"value": "8"}', JSON, (8,)),
    ],
)
def test_metrics_are_found_in_what_is_printed(
    visit: Callable[..., Visit], printed: str, metric: dict[str, Any], values: tuple[float, ...]
) -> None:
    """By pattern or pointer, one value or many, scaled to the base unit; nanoseconds are whole."""
    found = visit(command=["printf", "%s", printed], metrics={"rows": metric})
    assert found.values["rows"] == values


@pytest.mark.parametrize(
    ("printed", "metric", "told"),
    [
        ("", ROWS, "printed nothing"),
        ("  \n", JSON, "printed nothing"),
        ("lines: 12", ROWS, "nothing printed matches"),
        ("rows: many", ROWS, "'many' is no number"),
        ("rows: nan", ROWS, "no finite number"),
        ("rows: inf", ROWS, "no finite number"),
        ("rows: -3", ROWS, "is negative"),
        ("rows: 1e999", ROWS, "no finite number"),
        ("{'value': 3}", JSON, "no JSON: .* line 1, column 2"),
        ('{"value": 3', JSON, "no JSON"),
        ('{"value": NaN}', JSON, "NaN is no number"),
        ('{"value": -Infinity}', JSON, "-Infinity is no number"),
        ('{"value": 1e999}', JSON, "no finite number"),
        (f'{{"value": {"9" * 400}}}', JSON, "is no number"),
        (f'{{"value": {"9" * 5000}}}', JSON, "no JSON to be trusted"),
        ('{"value": 1, "value": 2}', JSON, "a key stands twice"),
        ('{"value": true}', JSON, "'True' is no number"),
        ('{"value": null}', JSON, "'None' is no number"),
        ('{"value": {}}', JSON, "is no number"),
        ('{"value": []}', JSON, "is empty"),
        ('{"value": -1}', JSON, "is negative"),
        ('{"other": 1}', JSON, "nothing at '/value': no 'value' there"),
        ("[1]", {**JSON, "pointer": "/01"}, "nothing at"),
        ("[1]", {**JSON, "pointer": "/-"}, "nothing at"),
        ("[1]", {**JSON, "pointer": "/1"}, "nothing at"),
        ("[" * 100_000, JSON, "no JSON"),
    ],
)
def test_what_is_no_measurement_is_invalid(
    visit: Callable[..., Visit], printed: str, metric: dict[str, Any], told: str, tmp_path: Path
) -> None:
    """A command that ended well and does not say what it promised gives no number at all."""
    (tmp_path / "printed").write_text(printed, encoding="utf-8")
    with pytest.raises(MeasureFailed, match=told) as caught:
        visit(command="cat printed", metrics={"rows": metric})
    assert caught.value.status is Status.INVALID
    assert "metric rows" in caught.value.problem
    assert len(caught.value.problem) < 500


def test_a_metric_may_stand_in_a_file(visit: Callable[..., Visit]) -> None:
    """A JSON file that the command writes, in a folder of the tree."""
    metric = {**JSON, "file": "out/result.json"}
    found = visit(command="mkdir -p out; echo '{\"value\": 9}' > out/result.json", metrics={"rows": metric})
    assert found.values["rows"] == (9,)


def test_a_file_that_was_there_before_is_no_result(visit: Callable[..., Visit], tmp_path: Path) -> None:
    """A command that does not write its file is not measured by the last one's."""
    (tmp_path / "result.json").write_text('{"value": 9}', encoding="utf-8")
    with pytest.raises(MeasureFailed, match="this run wrote"):
        visit(command="true", metrics={"rows": {**JSON, "file": "result.json"}})


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("true", "cannot be read: No such file"),
        ("mkdir result.json", "is no file"),
        ("ln -s /etc/hostname result.json", "link out of the work tree"),
        ("printf '\\377' > result.json", "no UTF-8"),
        ("head -c 20000000 /dev/zero > result.json", "is no file of at most"),
    ],
)
def test_a_file_that_cannot_be_taken_is_invalid(visit: Callable[..., Visit], command: str, told: str) -> None:
    """Missing, a folder, a link out of the tree, no text, too large."""
    with pytest.raises(MeasureFailed, match=told) as caught:
        visit(command=command, metrics={"rows": {**JSON, "file": "result.json"}})
    assert caught.value.status is Status.INVALID


def test_too_much_output_to_find_a_number_in_is_invalid(visit: Callable[..., Visit]) -> None:
    """A metric is not read from the half that was kept."""
    with pytest.raises(MeasureFailed, match="20000000 bytes, of which at most"):
        visit(command="head -c 20000000 /dev/zero", metrics={"rows": ROWS})


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("echo one >&2; echo two >&2; exit 3", "ended with status 3: one | two"),
        ("echo only here; exit 1", "ended with status 1: only here"),
        ("exit 4", "ended with status 4 and said nothing"),
        ("kill -9 $$", "ended by signal 9"),
        ("no-such-command-anywhere", "ended with status 127: .*not found"),
        ("printf '\\033[31mred\\007\\n' >&2; exit 1", r"status 1: \[31mred$"),
        ("pwd >&2; exit 1", r"status 1: \.$"),
        ("echo $PWD/src/a.c:3: oh >&2; exit 1", "status 1: src/a.c:3: oh$"),
        (
            "echo no '/opt/x y/lib.so' or a/b/c at https://ex.org/a/b >&2; exit 1",
            "no …/x y/lib.so or a/b/c at https://ex.org/a/b$",
        ),
        ("echo \"'/opt/tool/bin/cc': gone\" >&2; exit 1", "status 1: '…/cc': gone$"),
        ("seq 1 100 >&2; exit 1", r"status 1: 96 \| 97 \| 98 \| 99 \| 100"),
        ("head -c 50000 /dev/zero | tr '\\0' x >&2; exit 1", "x…$"),
    ],
)
def test_a_command_that_fails_says_what_it_said_last(visit: Callable[..., Visit], command: str, told: str) -> None:
    """A few last lines, printable, bounded, and without paths of this machine."""
    with pytest.raises(MeasureFailed, match=told.replace("one | two", r"one \| two")) as caught:
        visit(command=command)
    assert caught.value.status is Status.FAILED
    assert caught.value.problem.isprintable()
    assert len(caught.value.problem) < 2000


def test_a_command_that_hangs_is_ended(visit: Callable[..., Visit]) -> None:
    """The time limit is the suite's, and the failure says so."""
    with pytest.raises(MeasureFailed, match=r"ran longer than 0\.2 s and was ended") as caught:
        visit(command="sleep 99", time_limit_sec=0.2)
    assert caught.value.status is Status.FAILED


def test_a_clock_that_steps_back_is_no_measurement(tmp_path: Path) -> None:
    """The status is invalid, and there is no negative time."""
    suite = replace(suite_of(), clock=iter(range(10**6, 0, -1)).__next__)
    (bench,) = suite.benches(Tree(tmp_path, SUBJECT), [])
    with pytest.raises(MeasureFailed, match="clock stepped back") as caught:
        bench.visit()
    assert caught.value.status is Status.INVALID


def test_the_set_up_runs_once_a_tree(tmp_path: Path) -> None:
    """Cases and the placebo share it; another tree has its own; and it is not timed."""
    suite = suite_of(setup="echo built >> log", cases={"one": {}, "two": {}})
    trees = [Tree(tmp_path / name, SUBJECT) for name in ("a", "b")]
    for tree in trees:
        tree.path.mkdir()
        for bench in [*suite.benches(tree, []), *suite.benches(tree, [])]:
            bench.open()
    assert [(tree.path / "log").read_text(encoding="utf-8") for tree in trees] == ["built\n", "built\n"]


def test_a_set_up_that_fails_fails_every_case(tmp_path: Path) -> None:
    """A tree that does not build gives the error for each case, and is not built again."""
    suite = suite_of(setup="echo tried >> log; echo no compiler >&2; exit 2", cases={"one": {}, "two": {}})
    for bench in suite.benches(Tree(tmp_path, SUBJECT), []):
        with pytest.raises(MeasureFailed, match="the set-up ended with status 2: no compiler") as caught:
            bench.open()
        assert caught.value.status is Status.FAILED
    assert (tmp_path / "log").read_text(encoding="utf-8") == "tried\n"


def test_cases_are_chosen_by_name(tmp_path: Path) -> None:
    """In the order of the declaration; an unknown one lists those there are."""
    suite = suite_of(cases={"one": {}, "two": {}, "three": {}})
    tree = Tree(tmp_path, SUBJECT)
    assert suite.plan == Plan(10, 1)
    assert [bench.workload.case for bench in suite.benches(tree, ["three", "one"])] == ["one", "three"]
    with pytest.raises(SuiteError, match="no case 'four'; there are: one, two, three"):
        suite.benches(tree, ["four"])


def test_the_digest_is_of_all_that_decides_what_runs(bench_of: Callable[..., Bench]) -> None:
    """Another command, variable, set-up, sample count or metric is another workload; more blocks are not."""
    same = bench_of().workload.digest
    assert bench_of(blocks=3, warmups=5, time_limit_sec=1, min_effect=0.5, cpu_time=True).workload.digest == same
    others = [
        bench_of(command="false"),
        bench_of(command=["true"]),
        bench_of(env={"A": "1"}),
        bench_of(setup="make"),
        bench_of(samples=2),
        bench_of(metrics={"rows": ROWS}),
        bench_of(metrics={"rows": {**ROWS, "scale": 2}}),
    ]
    assert len({same, *(bench.workload.digest for bench in others)}) == 1 + len(others)


def test_the_workload_says_what_was_planned(bench_of: Callable[..., Bench]) -> None:
    """Blocks and the smallest effect are set before the run."""
    workload = bench_of(blocks=7, min_effect=0.1).workload
    assert (workload.suite, workload.case, workload.blocks, workload.min_effect) == ("speed", "default", 7, 0.1)


def test_declared_metrics_stand_beside_the_time(bench_of: Callable[..., Bench]) -> None:
    """With unit and direction."""
    rows = bench_of(metrics={"rows": ROWS}).metrics[-1]
    assert (rows.name, rows.unit, rows.direction) == ("rows", "{row}", Direction.HIGHER)
