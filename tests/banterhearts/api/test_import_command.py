"""`banterhearts import` on the command line: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.core.store import RecordStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RepoBuilder

HYPERFINE = {
    "results": [{"command": "sleep 1", "mean": 1.005, "median": 1.005, "times": [1.0, 1.01], "exit_codes": [0, 0]}]
}
FAILING = {"results": [{"command": "false", "mean": 1.0, "median": 1.0, "times": [1.0], "exit_codes": [1]}]}


def stored(folder: Path) -> list[dict[str, Any]]:
    """The records below a folder."""
    return [json.loads(path.read_bytes()) for path in sorted(folder.rglob("*.json"))]


def test_a_table_of_files_and_one_of_reasons(engine: Callable[..., Any], repo: RepoBuilder, data: Path) -> None:
    """Refusals with their place, then the sums; narration goes to stderr."""
    done = engine(repo.path, "import", data / "llama_bench.json", data / "hyperfine_failing.json")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith(f"{data}/llama_bench.json#/2: alias: the configuration of #/0 once more: ")
    rows = [line.split() for line in lines if line]
    assert [row[-4:] for row in rows if row[0] == "all"] == [["6", "2", "0", "4"]]
    assert [row for row in rows if row[0] in {"alias", "failed"}] == [["alias", "2"], ["failed", "2"]]
    assert done.err == f"2 records written to {repo.path / 'reports'}\n"
    assert sorted(path.parent.name for path in repo.path.rglob("import-*.json")) == ["llama-bench"] * 2


def test_importing_again_writes_nothing(engine: Callable[..., Any], repo: RepoBuilder, data: Path) -> None:
    """The second import finds every row stored, touches no file, and says so."""
    first = engine(repo.path, "import", data / "asv.json")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in repo.path.rglob("import-*.json")}
    again = engine(repo.path, "import", data / "asv.json")
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in repo.path.rglob("import-*.json")}
    assert (len(before), before) == (6, after)
    assert again.out.splitlines()[5].split()[1:] == ["asv", "9", "0", "6", "3"]
    assert (first.code, again.code) == (0, 0)
    assert again.err.endswith(f"\n0 records written to {repo.path / 'reports'}\n")


def test_a_file_that_has_grown_gives_its_new_rows_only(
    engine: Callable[..., Any], repo: RepoBuilder, data: Path, write: Callable[..., Path]
) -> None:
    """Rows keep their ids when others are added, as asv and `llama-bench >>` do."""
    one, two = (data / "llama_bench.jsonl").read_text().splitlines()
    path = write(f"{one}\n", "grows.jsonl")
    engine(repo.path, "import", path)
    write(f"{one}\n{two}\n", "grows.jsonl")
    done = json.loads(engine(repo.path, "import", path, "--json").out)
    assert [row["outcome"] for row in done["rows"]] == ["already", "imported"]


def test_one_measurement_has_one_record(
    engine: Callable[..., Any], repo: RepoBuilder, write: Callable[..., Path]
) -> None:
    """The same row with another commit is refused with the way out, and what is stored stays."""
    first, second = repo.commit("one", {"a": "1\n"}), repo.commit("two", {"a": "2\n"})
    path = write(HYPERFINE)
    engine(repo.path, "import", path, "--commit", first)
    done = engine(repo.path, "import", path, "--commit", "HEAD")
    assert "#/results/0: conflict: stored as hyperfine/import-" in done.out
    assert "with another subject; remove that file to import it like this" in done.out
    assert [record["subject"]["commit_sha"] for record in stored(repo.path / "reports")] == [first]
    next(iter((repo.path / "reports").rglob("*.json"))).unlink()
    engine(repo.path, "import", path, "--commit", "HEAD")
    assert [record["subject"]["commit_sha"] for record in stored(repo.path / "reports")] == [second]


def test_what_is_stored_and_torn_is_not_overwritten(
    engine: Callable[..., Any], repo: RepoBuilder, write: Callable[..., Path]
) -> None:
    """A stored file that is no record any more is somebody's to look at."""
    path = write(HYPERFINE)
    engine(repo.path, "import", path)
    (there,) = (repo.path / "reports").rglob("*.json")
    there.write_text("{")
    done = engine(repo.path, "import", path)
    assert ": conflict: what is stored of it cannot be read: " in done.out
    assert there.read_text() == "{"


def test_a_commit_is_named_as_git_does(
    engine: Callable[..., Any], repo: RepoBuilder, write: Callable[..., Path]
) -> None:
    """`--commit` takes a revision; the record has the full hash, the repository's name, and says who said so."""
    commit = repo.commit("one", {"a": "1\n"})
    engine(repo.path, "import", write(HYPERFINE), "--commit", "HEAD", "--at", "2025-01-31T12:00:00+02:00")
    (record,) = stored(repo.path / "reports")
    assert record["subject"]["commit_sha"] == commit
    assert record["subject"]["repo"] == repo.path.name
    assert record["created_at"] == "2025-01-31T10:00:00Z"
    assert (
        "the commit is stated, and that nothing differed from it; the file says neither"
        in record["provenance"]["notes"]
    )
    assert record["provenance"]["command"] == (
        f"banterhearts import --commit {commit} --at 2025-01-31T12:00:00+02:00 results.json"
    )
    with RecordStore(repo.path / "reports") as store:
        assert [entry.commit for entry in store.runs_of(commit)] == [commit]


def test_a_commit_of_another_repository_is_kept_and_told(
    engine: Callable[..., Any], repo: RepoBuilder, data: Path
) -> None:
    """The record keeps the hash; a person is told once."""
    repo.commit("one", {"a": "1\n"})
    done = engine(repo.path, "import", data / "pytest_benchmark.json")
    warning = "commit 0c939ea is not in this repository; its records are kept, and no page tells them\n"
    assert done.err == f"{warning}3 records written to {repo.path / 'reports'}\n"
    assert {record["subject"]["repo"] for record in stored(repo.path / "reports")} == {"scratch"}


def test_a_file_that_names_another_commit_is_refused(engine: Callable[..., Any], repo: RepoBuilder, data: Path) -> None:
    """What the file says is not overruled."""
    commit = repo.commit("one", {"a": "1\n"})
    done = engine(repo.path, "import", data / "pytest_benchmark.json", "--commit", commit)
    assert done.out.count("other-commit: the file says 0c939eaadd892b5540843e2038bed0341c130ac3, and --commit ") == 3


def test_without_a_repository(engine: Callable[..., Any], tmp_path: Path, write: Callable[..., Path]) -> None:
    """Results are imported anywhere; a revision means nothing without a repository, and a full hash does."""
    path = write(HYPERFINE)
    nowhere = engine(tmp_path, "import", path, "--commit", "HEAD")
    assert (nowhere.code, nowhere.out) == (2, "")
    assert "no git repository" in nowhere.err
    done = engine(tmp_path, "import", path, "--commit", "A" * 40)
    assert (done.code, len(stored(tmp_path / "reports"))) == (0, 1)
    assert stored(tmp_path / "reports")[0]["subject"]["commit_sha"] == "a" * 40


def test_a_dry_run_writes_nothing(
    engine: Callable[..., Any], repo: RepoBuilder, data: Path, write: Callable[..., Path]
) -> None:
    """It tells the same, and a row that two files have is counted once."""
    copy = write((data / "hyperfine.json").read_bytes(), "copy.json")
    done = engine(repo.path, "import", data / "hyperfine.json", copy, "--dry-run")
    assert not (repo.path / "reports").exists()
    assert done.err == "dry run: nothing was written\n"
    assert [line.split()[-3:] for line in done.out.splitlines()[1:]] == [
        ["2", "0", "0"],
        ["0", "2", "0"],
        ["2", "2", "0"],
    ]


def test_every_row_as_json(
    engine: Callable[..., Any], repo: RepoBuilder, data: Path, write: Callable[..., Path]
) -> None:
    """One document: rows, files and totals; errors stand with their file."""
    torn = write('{"results": [', "torn.json")
    done = engine(repo.path, "import", data / "google_benchmark.json", torn, "--json")
    told = json.loads(done.out)
    assert done.code == 2
    assert [row["outcome"] for row in told["rows"]] == [
        "imported",
        "imported",
        "refused",
        "refused",
        "imported",
        "refused",
    ]
    assert told["rows"][2]["reason"] == "derived"
    assert told["rows"][4]["left_out"][0]["what"] == "elements"
    assert Path(told["rows"][0]["path"]).is_file()
    assert [one["error"] is None for one in told["files"]] == [True, False]
    assert told["totals"] == {
        "rows": 6,
        "imported": 3,
        "already": 0,
        "refused": {"derived": 2, "failed": 1},
        "left_out": {"unknown-unit": 1},
    }


def test_no_row_is_json_too(engine: Callable[..., Any], repo: RepoBuilder, tmp_path: Path) -> None:
    """A document without rows is still one."""
    told = json.loads(engine(repo.path, "import", tmp_path / "none.json", "--json").out)
    assert (told["rows"], told["totals"]["rows"]) == ([], 0)


def test_how_it_ends(engine: Callable[..., Any], repo: RepoBuilder, write: Callable[..., Path]) -> None:
    """0: rows were imported or refused; 1: `--strict` and one was refused; 2: a file could not be read."""
    good, bad, torn = write(HYPERFINE, "good.json"), write(FAILING, "bad.json"), write("{", "torn.json")
    assert engine(repo.path, "import", good, bad).code == 0
    assert engine(repo.path, "import", good, "--strict").code == 0
    assert engine(repo.path, "import", good, bad, "--strict").code == 1
    done = engine(repo.path, "import", torn, good, "--strict")
    assert done.code == 2
    assert f"banterhearts: {torn}:1: no JSON: " in done.err
    assert "torn.json  cannot be read  0     0         0        0" in done.out


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--format", "junit"), "'junit' is none of auto, pytest-benchmark, asv"),
        (("--at", "yesterday"), "is no time with an offset"),
        (("--at", "2025-01-31T12:00:00"), "is no time with an offset"),
        (("--suite", "../up"), "names no folder"),
        (("--machine", "a\nb"), "is no name of one printable line"),
        (("--bandwidth", "0"), "--bandwidth"),
        (("--bandwidth", "nan"), "--bandwidth"),
        (("--bandwidth", "inf"), "--bandwidth"),
        (("--commit", "none"), "no commit 'none' in this repository"),
    ],
)
def test_what_cannot_be_stated(
    engine: Callable[..., Any], repo: RepoBuilder, write: Callable[..., Path], options: tuple[str, ...], problem: str
) -> None:
    """An option that says nothing usable is an error before anything is read."""
    repo.commit("one", {"a": "1\n"})
    done = engine(repo.path, "import", write(HYPERFINE), *options)
    assert (done.code, done.out) == (2, "")
    assert problem in done.err
    assert not (repo.path / "reports").exists()


def test_records_go_where_they_are_sent(
    engine: Callable[..., Any], repo: RepoBuilder, write: Callable[..., Path]
) -> None:
    """`--suite` names the folder in `--output`."""
    engine(repo.path, "import", write(HYPERFINE), "--suite", "shell", "--output", "kept")
    (path,) = (repo.path / "kept").rglob("*.json")
    assert path.parent.name == "shell"
    assert json.loads(path.read_bytes())["workload"]["suite"] == "shell"


def test_a_file_in_the_place_of_the_folder(
    engine: Callable[..., Any], repo: RepoBuilder, write: Callable[..., Path]
) -> None:
    """An output that is a file is an error with its path, and no traceback."""
    (repo.path / "reports").write_text("")
    done = engine(repo.path, "import", write(HYPERFINE))
    assert (done.code, str(repo.path / "reports") in done.err) == (2, True)
    assert "bug" not in done.err


def test_many_rows_need_little_memory(repo: RepoBuilder, tmp_path: Path) -> None:
    """A file of 20,000 lines is read in a process that grows by no more than its libraries."""
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc on this machine")
    header = "num_gpu,num_ctx,temperature,ttft_s,tokens_s,load_s,prompt_eval_s,eval_s,eval_count,error\n"
    path = tmp_path / "gemma3_270m_param_tuning.csv"
    path.write_text(header + "99,1024,0.4,,,,,,,timed out\n" * 20_000)
    # VmHWM is of this program alone; ru_maxrss begins with the peak of whoever started it.
    script = (
        "import sys\nfrom banterhearts.cli import main\n"
        "try:\n    main()\nfinally:\n"
        "    peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "    print(peak.split()[1], file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, "-C", repo.path, "import", path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.count(": failed: the file reports: timed out") == 20_000
    assert done.stdout.splitlines()[20_002].split()[1:] == ["legacy-sweep", "20000", "0", "0", "20000"]
    assert int(done.stderr.split()[-1]) < 150 * 1024
