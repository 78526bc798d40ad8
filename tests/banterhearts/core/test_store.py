"""The store of run records: what is found, what is refused, and that files are believed and caches are not."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.core import folder as folder_module
from banterhearts.core import index as index_module
from banterhearts.core import store as store_module
from banterhearts.core.files import write_file
from banterhearts.core.store import RecordStore
from banterhearts.core.terms import Status
from banterhearts.errors import OutputError, RecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from banterhearts.core.record import RunRecord

    Make = Callable[..., RunRecord]

A, B = "a" * 40, "b" * 40


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Where the records lie."""
    return tmp_path / "reports"


@pytest.fixture
def put(reports: Path, make_record: Make) -> Callable[..., Path]:
    """Put a record where it belongs, or `at` another place, as a hand would."""

    def write(run_id: str = "r1", *, at: str | None = None, **settings: Any) -> Path:
        record = make_record(run_id, **settings)
        path = reports / (at or f"{record.workload.suite}/{run_id}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(record.to_json(), encoding="utf-8")
        return path

    return write


@pytest.fixture
def open_store(reports: Path, tmp_path: Path) -> Iterator[Callable[..., RecordStore]]:
    """Open stores on the folder, with one index between them; they close with the test."""
    opened: list[RecordStore] = []

    def make(index: Path | None = tmp_path / "cache" / "runs.sqlite") -> RecordStore:
        opened.append(RecordStore(reports, index))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read to bring the index up to date; those of a moment ago count as settled."""
    paths: list[str] = []
    real = store_module.read_row

    def counted(folder: Path, path: str, *arguments: Any) -> Any:
        paths.append(path)
        return real(folder, path, *arguments)

    monkeypatch.setattr(store_module, "read_row", counted)
    monkeypatch.setattr(index_module, "GRAIN_NS", 0)
    return paths


def ids(entries: Any) -> list[str]:
    """Run ids, in order."""
    return [entry.run_id for entry in entries]


def test_what_is_written_is_found(open_store: Callable[..., RecordStore], make_record: Make, reports: Path) -> None:
    """A record lies in its suite's folder, and is found by commit, sitting and id."""
    store = open_store()
    record = make_record("r1", placebo=True, created_at=datetime(2025, 1, 31, 12, 0, 1, tzinfo=UTC))
    assert store.write(record) == reports / "speed" / "r1.json"
    store.write(make_record("r2", commit=B, blocks=1, sitting=None))
    store.write(make_record("r3", status="failed", suite="other", planned=None))
    store.write(make_record("r4", commit=None, dirty=True, planned=None))
    assert ids(store.entries()) == ["r2", "r3", "r4", "r1"], "oldest first, then by id"
    assert ids(store.runs_of(A)) == ["r3", "r1"]
    assert ids(store.runs_of("c" * 40)) == []
    assert ids(store.runs_in("s1")) == ["r3", "r4", "r1"]
    assert store.commits() == {A, B}
    assert store.problems() == ()
    stored = store.load("r1")
    (entry,) = (one for one in store.runs_of(A) if one.run_id == "r1")
    assert stored.record == record
    assert (stored.digest, stored.path) == (entry.digest, reports / entry.path)
    assert (entry.arm, entry.created_at) == (record.arm, "2025-01-31T12:00:01.000000+00:00")
    assert (entry.complete, entry.has_placebo, entry.dirty, entry.status) == (True, True, False, Status.OK)
    told = {one.run_id: (one.complete, one.has_placebo, one.speaks) for one in store.entries()}
    assert told["r2"] == (False, False, True)
    assert told["r3"] == (False, False, False)
    assert told["r4"] == (True, False, False)


@pytest.mark.parametrize("kind", ["missing", "empty", "hidden"])
def test_an_empty_store(open_store: Callable[..., RecordStore], reports: Path, kind: str) -> None:
    """A folder without records, or no folder at all, has no runs and no problems."""
    if kind != "missing":
        reports.mkdir()
    if kind == "hidden":
        for name in (".hidden/r1.json", "speed/.r1.json.1f.tmp", "speed/raw.csv", "speed/raw/r1.json", "README.md"):
            (reports / name).parent.mkdir(exist_ok=True)
            (reports / name).touch()
    store = open_store()
    assert (store.entries(), store.runs_of(A), store.commits(), store.problems()) == ((), (), frozenset(), ())
    with pytest.raises(RecordError, match=r"reports: holds no run 'r1'$"):
        store.load("r1")


@pytest.mark.parametrize(("kind", "reason"), [("file", "not a directory"), ("ring", "too many levels")])
def test_a_folder_that_is_none(open_store: Callable[..., RecordStore], reports: Path, kind: str, reason: str) -> None:
    """A file in the folder's place, or a link to itself, is told and not taken for an empty store."""
    if kind == "file":
        reports.write_text("not here")
    else:
        reports.symlink_to(reports)
    store = open_store()
    for _ in range(2):
        with pytest.raises(RecordError, match=f"is no folder of run records: {reason}"):
            store.entries()
    reports.unlink()
    assert store.entries() == ()


def test_half_a_look_is_none(
    open_store: Callable[..., RecordStore], put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that was interrupted in its reading does not answer from what it had read by then."""
    put("r1")
    put("r2")
    store, real = open_store(), store_module.read_row

    def interrupted(folder: Path, path: str, *arguments: Any) -> Any:
        if path.endswith("r2.json"):
            raise KeyboardInterrupt
        return real(folder, path, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "read_row", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.entries()
    assert ids(store.entries()) == ["r1", "r2"]


def test_a_warm_index_reads_no_file(
    open_store: Callable[..., RecordStore], put: Callable[..., Path], read: list[str]
) -> None:
    """What did not change is not read again, good or broken, and the index is then left alone."""
    for number in range(5):
        put(f"r{number}")
    put("r9").write_text("{")
    with open_store() as store:
        cold = (store.entries(), store.problems())
    assert len(read) == 6
    read.clear()
    file = store._file
    assert file is not None
    before = file.stat()
    with open_store() as store:
        assert (store.entries(), [str(one) for one in store.problems()]) == (cold[0], [str(one) for one in cold[1]])
        assert store.problems()[0].line == 1
    assert read == []
    assert file.stat() == before


def test_only_what_changed_is_read(
    open_store: Callable[..., RecordStore], put: Callable[..., Path], read: list[str]
) -> None:
    """New, edited, replaced and removed files are noticed by name, and the others left alone."""
    paths = {name: put(name) for name in ("r1", "r2", "r3", "r4")}
    assert len(open_store().entries()) == 4
    read.clear()
    paths["r1"].unlink()
    put("r2", commit=B)
    write_file(paths["r3"], paths["r3"].read_bytes().replace(A.encode(), B.encode()))
    put("r5", commit=B)
    store = open_store()
    assert ids(store.runs_of(B)) == ["r2", "r3", "r5"]
    assert ids(store.runs_of(A)) == ["r4"]
    assert sorted(read) == ["speed/r2.json", "speed/r3.json", "speed/r5.json"]


@pytest.mark.parametrize("fresh", [True, False])
def test_a_file_written_in_the_tick_of_its_reading_is_read_again(
    open_store: Callable[..., RecordStore], put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, *, fresh: bool
) -> None:
    """A change that left no trace is found as long as one could have been made, and that is all that can be found."""
    path = put("r1")
    at = path.stat().st_mtime_ns - (0 if fresh else 10**10)
    monkeypatch.setattr(folder_module, "stamp_of", lambda status: (status.st_size, at, at, 1))
    assert ids(open_store().runs_of(A)) == ["r1"]
    put("r1", commit=B)
    assert ids(open_store().runs_of(B if fresh else A)) == ["r1"]
    put("r1", commit=B, blocks=2)
    assert ids(open_store().runs_of(B)) == ["r1"], "its size has changed"


def test_a_row_settles_once_it_was_read_later(
    open_store: Callable[..., RecordStore], put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of a moment ago is read again, and later neither read nor parsed."""
    put("r1")
    open_store().entries()
    parsed: list[bytes] = []
    monkeypatch.setattr("banterhearts.core.reading.parse_record", lambda content, _: parsed.append(content))
    clock = folder_module.time.time_ns
    monkeypatch.setattr(folder_module.time, "time_ns", lambda: clock() + 10**10)
    assert ids(open_store().entries()) == ["r1"]
    assert parsed == [], "its bytes are those that are known"
    monkeypatch.setattr(store_module, "read_row", None)
    assert ids(open_store().entries()) == ["r1"]


def broken_files(reports: Path, put: Callable[..., Path]) -> dict[str, tuple[str, int | None]]:
    """Lay out one of everything that is no record; path to a part of its problem and its line."""
    put("r2", commit=B).write_text("{\n")
    put("r3", at="speed/other.json")
    put("r4", at="elsewhere/r4.json")
    put("r5", suite="one")
    put("r5", suite="two")
    put("r6", at="r6.json")
    put("r7", at="speed/r8.json")
    put("r7")
    put("r9", at="speed/r9.json").write_text(put("r9").read_text().replace("1000]", "-1000]"))
    (reports / "speed" / "folder.json").mkdir()
    (reports / "speed" / "link.json").symlink_to(put("r1"))
    (reports / "linked").symlink_to(reports / "speed")
    os.mkfifo(reports / "speed" / "pipe.json")
    return {
        "speed/r2.json": ("is broken JSON", 2),
        "speed/other.json": ("is called 'other.json', and its run_id is 'r3'", 3),
        "elsewhere/r4.json": ("lies in 'elsewhere', and its suite is 'speed'", 15),
        "one/r5.json": (f"its run_id 'r5' is that of {reports / 'two/r5.json'}, too", None),
        "two/r5.json": (f"its run_id 'r5' is that of {reports / 'one/r5.json'}, too", None),
        "r6.json": ("lies in no suite's folder", None),
        "speed/r8.json": ("is called 'r8.json', and its run_id is 'r7'", 3),
        "speed/r7.json": (f"its run_id 'r7' is that of {reports / 'speed/r8.json'}, too", None),
        "speed/r9.json": ("`samples[0].values[0]`: Input should be greater than or equal to 0", 54),
        "speed/folder.json": ("is no file but a folder", None),
        "speed/link.json": ("is no file but a link", None),
        "speed/pipe.json": ("is no file but a pipe", None),
        "linked": ("is a link, which is not followed", None),
    }


@pytest.mark.skipif(sys.platform == "win32", reason="makes pipes and links")
@pytest.mark.parametrize("warm", [False, True])
def test_what_is_no_record_is_told_and_counts_nowhere(
    open_store: Callable[..., RecordStore], put: Callable[..., Path], reports: Path, *, warm: bool
) -> None:
    """Each broken, misplaced or doubled file is a problem with path and line, and keeps nothing else from counting."""
    expected = broken_files(reports, put)
    store = open_store()
    if warm:
        store.entries()
        store = open_store()
    assert ids(store.entries()) == ["r1"]
    assert store.commits() == {A}
    found = {str(one.path.relative_to(reports)): (one.problem, one.line) for one in store.problems()}
    assert found.keys() == expected.keys()
    for path, (problem, line) in expected.items():
        assert (problem in found[path][0], found[path][1]) == (True, line), (path, found[path])
    assert list(found) == sorted(found)
    for run_id, problem in (("r2", "broken JSON"), ("r5", "that of"), ("r7", "that of"), ("r9", "greater than")):
        with pytest.raises(RecordError, match=problem):
            store.load(run_id)


def test_a_doubled_id_counts_again_once_one_is_left(
    open_store: Callable[..., RecordStore], put: Callable[..., Path], read: list[str]
) -> None:
    """Removing one of two files of an id mends the other, which is not even read again."""
    put("r1", suite="one")
    double = put("r1", suite="two")
    store = open_store()
    assert store.entries() == ()
    assert [str(one).startswith(f"{one.path}: its run_id") for one in store.problems()] == [True, True]
    double.unlink()
    read.clear()
    assert ids(open_store().entries()) == ["r1"]
    assert read == []


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text exist on Linux")
def test_names_that_are_no_text(open_store: Callable[..., RecordStore], put: Callable[..., Path]) -> None:
    """A file whose name cannot be printed is told without printing it."""
    path = put("r1")
    for name in (b"\xff.json", b"new\nline.json"):
        (path.parent / os.fsdecode(name)).write_text("{}")
    store = open_store()
    assert ids(store.entries()) == ["r1"]
    assert [str(one).isprintable() for one in store.problems()] == [True, True]
    assert {one.problem for one in store.problems()} == {"has a name of unprintable characters"}


def test_a_suite_that_cannot_be_looked_into(
    open_store: Callable[..., RecordStore], put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is closed to us is a problem, and the others are read."""
    put("r1")
    closed = put("r2", suite="closed").parent
    real = os.scandir

    def scandir(path: Any) -> Any:
        if str(path) == str(closed):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    store = open_store()
    assert ids(store.entries()) == ["r1"]
    assert [str(one) for one in store.problems()] == [f"{closed}: cannot be looked into: permission denied"]


def test_a_file_that_could_not_be_read_is_tried_again(
    open_store: Callable[..., RecordStore], put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, read: list[str]
) -> None:
    """Who may not read a file does not decide for who may: such a row is never believed."""
    put("r1")

    def refuse(path: Path) -> Any:
        raise RecordError(path, "cannot be read: permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(folder_module, "read_file", refuse)
        assert [one.problem for one in open_store().problems()] == ["cannot be read: permission denied"]
    assert ids(open_store().entries()) == ["r1"]
    assert read == ["speed/r1.json"] * 2


def test_a_file_that_vanishes_while_we_look(
    open_store: Callable[..., RecordStore], put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is removed between the look and the reading was never there."""
    put("r1")
    path, real = put("r2"), folder_module.read_file

    def vanish(place: Path) -> Any:
        path.unlink(missing_ok=True)
        return real(place)

    monkeypatch.setattr(folder_module, "read_file", vanish)
    store = open_store()
    assert ids(store.entries()) == ["r1"]
    assert store.problems() == ()


def test_answers_are_of_one_look(open_store: Callable[..., RecordStore], put: Callable[..., Path]) -> None:
    """Between two questions the folder may change; the answers do not, until the store looks again."""
    put("r1")
    store = open_store()
    assert ids(store.entries()) == ["r1"]
    put("r2")
    assert ids(store.runs_of(A)) == ["r1"]
    store.refresh()
    assert ids(store.runs_of(A)) == ["r1", "r2"]
    put("r3")
    assert store.load("r3").record.run_id == "r3", "asked for by its id, it is looked for"


def test_a_record_with_more_blocks_is_loaded_as_it_is(
    open_store: Callable[..., RecordStore], put: Callable[..., Path]
) -> None:
    """A run that goes on while it is read is the same run; what is loaded is what lies there."""
    put("r1", blocks=1)
    store = open_store()
    (before,) = store.entries()
    put("r1", blocks=3)
    stored = store.load("r1")
    (after,) = store.entries()
    assert (len(stored.record.samples), before.complete, after.complete) == (3, False, True)
    assert stored.digest == after.digest != before.digest


def test_a_record_that_became_another_is_not_loaded(
    open_store: Callable[..., RecordStore], put: Callable[..., Path]
) -> None:
    """A run that was listed for one commit is not given out as another's; asked anew, the store knows better."""
    put("r1")
    store = open_store()
    assert ids(store.runs_of(A)) == ["r1"]
    put("r1", commit=B)
    with pytest.raises(RecordError, match=r"r1\.json: is not what its index said.*ask again"):
        store.load("r1")
    assert ids(store.runs_of(B)) == ["r1"]
    assert store.load("r1").record.subject.commit_sha == B


def test_a_record_that_broke_or_went_is_told(open_store: Callable[..., RecordStore], put: Callable[..., Path]) -> None:
    """Loading what is no longer there, or no longer a record, says so."""
    broken, gone = put("r1"), put("r2")
    store = open_store()
    assert ids(store.entries()) == ["r1", "r2"]
    broken.write_text(broken.read_text()[:-100])
    gone.unlink()
    with pytest.raises(RecordError, match=r"r1\.json:\d+: is broken JSON"):
        store.load("r1")
    with pytest.raises(RecordError, match="holds no run 'r2'"):
        store.load("r2")


def test_writing_again_is_the_same_run_or_refused(
    open_store: Callable[..., RecordStore], make_record: Make, put: Callable[..., Path], reports: Path
) -> None:
    """A run grows under its id; another run, or another suite, cannot take it."""
    store = open_store()
    store.write(make_record("r1", blocks=1))
    store.write(make_record("r1", blocks=2))
    assert len(store.load("r1").record.samples) == 2
    open_store().write(make_record("r1", blocks=3))
    with pytest.raises(RecordError, match="holds another run of that id"):
        open_store().write(make_record("r1", commit=B))
    with pytest.raises(RecordError, match="holds another run of that id"):
        open_store().write(make_record("r1", created_at=datetime(2025, 2, 1, tzinfo=UTC)))
    with pytest.raises(RecordError, match=r"other.r1\.json: its run_id is taken by .*speed.r1\.json"):
        store.write(make_record("r1", suite="other"))
    assert len(open_store().load("r1").record.samples) == 3
    put("r2").write_text("{")
    with pytest.raises(RecordError, match=r"r2\.json:1: is broken JSON"):
        store.write(make_record("r2"))
    assert sorted(path.name for path in reports.rglob("*.*")) == ["r1.json", "r2.json"]


def test_what_could_not_be_read_again_is_not_written(
    open_store: Callable[..., RecordStore], make_record: Make, reports: Path
) -> None:
    """A record that was changed past its own checks is found out before it lies in the folder."""
    record = make_record("r1").model_copy(update={"error": "but it failed"})
    with pytest.raises(RecordError, match=r"r1\.json:6: `error`: status ok with an error"):
        open_store().write(record)
    assert not reports.exists()


@pytest.mark.parametrize("taken", ["reports", "reports/speed", "reports/speed/r1.json/x"])
def test_a_place_that_cannot_be_written(
    open_store: Callable[..., RecordStore], make_record: Make, tmp_path: Path, taken: str
) -> None:
    """A file where a folder should be, or the other way round, is an error with the path; nothing is left behind."""
    place = tmp_path / taken
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("mine")
    with pytest.raises((OutputError, RecordError), match=r"r1\.json"):
        open_store().write(make_record("r1"))
    assert place.read_text() == "mine"
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_write_that_fails_leaves_what_was(
    open_store: Callable[..., RecordStore], make_record: Make, monkeypatch: pytest.MonkeyPatch, reports: Path
) -> None:
    """A disk that is full in the middle costs the new state, never the old one."""
    open_store().write(make_record("r1", blocks=1))
    before = (reports / "speed" / "r1.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"cannot write .*r1\.json: no space left on device"):
        open_store().write(make_record("r1", blocks=2))
    assert [path.read_bytes() for path in (reports / "speed").iterdir()] == [before]


def test_what_is_written_is_known_and_kept(
    open_store: Callable[..., RecordStore], make_record: Make, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that has looked knows what it writes at once, and the next one need not parse it."""
    store = open_store()
    assert store.entries() == ()
    store.write(make_record("r1"))
    assert ids(store.runs_of(A)) == ["r1"]
    assert store.load("r1").record.run_id == "r1"
    assert read == []
    store.close()
    monkeypatch.setattr("banterhearts.core.reading.parse_record", None)
    assert ids(open_store().entries()) == ["r1"]
    assert ids(store.entries()) == ["r1"], "a closed store opens again"


WORKER = """
import sys
from pathlib import Path
from banterhearts.core.reading import parse_record
from banterhearts.core.store import RecordStore

reports, index, template, me = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
for number in range(8):
    with RecordStore(reports, index) as store:
        text = template.read_text().replace('"r0"', f'"{me}-{number}"')
        store.write(parse_record(text.encode(), template))
        mine = {f"{me}-{earlier}" for earlier in range(number + 1)}
        assert mine <= {entry.run_id for entry in store.runs_of("a" * 40)}
        assert all(store.load(one).record.run_id == one for one in mine)
        assert store.problems() == ()
"""


def test_processes_share_a_folder_and_an_index(
    open_store: Callable[..., RecordStore], make_record: Make, reports: Path, tmp_path: Path
) -> None:
    """Several processes write and look at once; each finds its own runs, and in the end all are there."""
    template = tmp_path / "template.json"
    template.write_text(make_record("r0").to_json(), encoding="utf-8")
    index = tmp_path / "cache" / "runs.sqlite"
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(reports), str(index), str(template), name],
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two", "three")
    ]
    for worker in workers:
        _, errors = worker.communicate(timeout=60)
        assert (worker.returncode, errors) == (0, "")
    store = open_store()
    assert sorted(ids(store.entries())) == sorted(f"{n}-{i}" for n in ("one", "two", "three") for i in range(8))
    assert [path.name for path in index.parent.iterdir()] == ["runs.sqlite"]


def test_finding_loads_no_pydantic(put: Callable[..., Path], reports: Path, tmp_path: Path) -> None:
    """With a warm index a commit's runs are found without any heavy library."""
    put("r1")
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom banterhearts.core.store import RecordStore\n"
        f"with RecordStore(Path({str(reports)!r}), Path({str(tmp_path / 'index')!r})) as store:\n"
        f"    print(len(store.runs_of({A!r})), *{{'pydantic', 'numpy', 'scipy'}} & sys.modules.keys())"
    )
    done = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(2)]
    assert [one.stdout for one in done] == ["1 pydantic\n", "1\n"]
