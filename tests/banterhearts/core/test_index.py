"""The index is a cache: whatever is wrong with it, the answers are those of the files."""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.core import folder as folder_module
from banterhearts.core import index as index_module
from banterhearts.core import store as store_module
from banterhearts.core.index import Index, Row
from banterhearts.core.store import RecordStore
from banterhearts.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Callable

    from banterhearts.core.record import RunRecord

    Make = Callable[..., RunRecord]

A, B, C = "a" * 40, "b" * 40, "c" * 40


@pytest.fixture
def reports(tmp_path: Path, make_record: Make) -> Path:
    """A folder of six records of two commits, and one broken file."""
    folder = tmp_path / "reports"
    with RecordStore(folder) as store:
        for number in range(6):
            store.write(make_record(f"r{number}", commit=(A, B)[number % 2], sitting=f"s{number}"))
    (folder / "speed" / "broken.json").write_text("[\n")
    return folder


@pytest.fixture
def index(tmp_path: Path, reports: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warm index of the folder, in which files of a moment ago count as settled."""
    monkeypatch.setattr(index_module, "GRAIN_NS", 0)
    file = tmp_path / "cache" / "runs.sqlite"
    answers(reports, file)
    return file


def answers(reports: Path, index: Path | None) -> dict[str, Any]:
    """Everything that a store says."""
    with RecordStore(reports, index) as store:
        return {
            "entries": store.entries(),
            "commits": store.commits(),
            "problems": [str(one) for one in store.problems()],
            **{commit: store.runs_of(commit) for commit in (A, B, C)},
            "sitting": store.runs_in("s3"),
            "digest": store.load("r3").digest,
        }


def was_read(reports: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a store with this index reads records to answer."""
    real, paths = store_module.read_row, []
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "read_row", lambda *arguments: (paths.append(arguments), real(*arguments))[1])
        answers(reports, index)
    return bool(paths)


def test_a_warm_index_is_used(reports: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index of this folder spares the reading, or the tests below would prove nothing."""
    assert not was_read(reports, index, monkeypatch)
    index.unlink()
    assert was_read(reports, index, monkeypatch)
    assert not was_read(reports, index, monkeypatch)


def statement(sql: str) -> Callable[[Path], None]:
    """Change the index as any program could."""

    def change(file: Path) -> None:
        database = sqlite3.connect(file)
        database.executescript(sql)
        database.close()

    return change


def cut(file: Path, share: float) -> None:
    """Leave a part of the file."""
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])


def in_place_of(file: Path, make: Callable[[Path], object]) -> None:
    """Put something else where the index was."""
    file.unlink()
    make(file)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda file: file.unlink(),
    "its folder missing": lambda file: shutil.rmtree(file.parent),
    "empty": lambda file: file.write_bytes(b""),
    "zeros": lambda file: file.write_bytes(bytes(8192)),
    "text": lambda file: file.write_text("not a database"),
    "torn in the header": lambda file: cut(file, 0.001),
    "torn in the middle": lambda file: cut(file, 0.5),
    "torn at the end": lambda file: cut(file, 0.999),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b"x"),
    "another commit": statement("UPDATE runs SET commit_sha = 'c' WHERE run_id = 'r1'"),
    "no rows": statement("DELETE FROM runs"),
    "a row less": statement("DELETE FROM runs WHERE run_id = 'r2'"),
    "a row more": statement("INSERT INTO runs (path, run_id, commit_sha, counted) VALUES ('a/b.json', 'b', 'c', 1)"),
    "a mended problem": statement("UPDATE runs SET problem = NULL, counted = 1, run_id = 'broken'"),
    "other tables": statement("DROP TABLE runs; CREATE TABLE runs (path TEXT)"),
    "a later version": statement("PRAGMA user_version = 9"),
    "an empty database": lambda file: in_place_of(file, statement("CREATE TABLE other (a)")),
    "a folder": lambda file: in_place_of(file, type(file).mkdir),
    "a folder with files": lambda file: in_place_of(file, lambda path: (path.mkdir(), (path / "x").touch())),
    "a link to nothing": lambda file: in_place_of(file, lambda path: path.symlink_to("nowhere")),
    "a ring of links": lambda file: in_place_of(file, lambda path: path.symlink_to(path)),
    "a link to a device": lambda file: in_place_of(file, lambda path: path.symlink_to("/dev/zero")),
    "a file for its folder": lambda file: (shutil.rmtree(file.parent), file.parent.touch()),
}
if sys.platform != "win32":
    DAMAGE["a pipe"] = lambda file: in_place_of(file, os.mkfifo)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_index_changes_no_answer(reports: Path, index: Path, damage: str) -> None:
    """Missing, torn, edited or none at all: the answers are those without an index, twice."""
    truth = answers(reports, None)
    DAMAGE[damage](index)
    assert answers(reports, index) == truth
    assert answers(reports, index) == truth


def test_any_bit_breaks_the_seal(reports: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One changed byte anywhere is enough for the index to be made anew, and to be good again."""
    whole, chance = index.read_bytes(), random.Random(7)  # noqa: S311 - a test that repeats itself
    for position in (0, 20, 59, 60, 63, 64, 68, 71, 72, *(chance.randrange(len(whole)) for _ in range(20))):
        torn = bytearray(whole)
        torn[position] ^= 1 << chance.randrange(8)
        index.write_bytes(torn)
        assert was_read(reports, index, monkeypatch), position
        assert not was_read(reports, index, monkeypatch), position


def test_the_index_is_a_database_for_anybody(index: Path) -> None:
    """The seal leaves a file that SQLite reads and finds no fault with."""
    database = sqlite3.connect(index)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("SELECT count(*), sum(counted) FROM runs").fetchall() == [(7, 6)]
    database.close()


def test_an_index_of_another_folder_is_not_ours(
    reports: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two folders that share a file by mistake, or a folder that was copied with its index, get their own answers."""
    other = tmp_path / "other"
    shutil.copytree(reports, other)
    path = other / "speed" / "r1.json"
    path.write_text(path.read_text().replace(B, C))
    # The copy has the very stamps: size decides, and that is the same.
    monkeypatch.setattr(folder_module, "stamp_of", lambda status: (status.st_size, 1, 1, 1))
    assert answers(reports, index) == answers(reports, None)
    assert answers(other, index) == answers(other, None)
    assert len(answers(other, index)[C]) == 1
    assert answers(reports, index) == answers(reports, None)
    assert not was_read(reports, index, monkeypatch)
    assert was_read(other, index, monkeypatch)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are Unicode there")
def test_a_folder_whose_name_is_no_unicode(reports: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path of any bytes has records and an index like any other."""
    odd = Path(os.fsdecode(os.fsencode(reports.parent) + b"/caf\xe9"))
    shutil.copytree(reports, odd)
    file = odd.parent / "odd.sqlite"
    assert answers(odd, file)["entries"] == answers(reports, index)["entries"]
    assert not was_read(odd, file, monkeypatch)
    assert was_read(odd, index, monkeypatch)


def test_an_index_by_other_rules_is_made_anew(reports: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the code that judges records changes, old judgements end."""
    rules = index_module._rules()
    assert rules == index_module._rules()
    with monkeypatch.context() as patch:
        patch.setattr(index_module, "_RULES", index_module._RULES[1:])
        assert index_module._rules() != rules
    monkeypatch.setattr(index_module, "_VERSION", 2)
    assert index_module._rules() != rules
    assert was_read(reports, index, monkeypatch)
    assert not was_read(reports, index, monkeypatch)


def test_the_rules_are_all_the_code_that_judges() -> None:
    """Whatever the reading of a folder imports of ours decides what a row says, and is part of the rules."""
    folder, found, queue = Path(index_module.__file__).parent, set(), ["folder"]
    while queue:
        name = queue.pop()
        found.add(name)
        names = re.findall(r"from banterhearts\.core\.(\w+) import", (folder / f"{name}.py").read_text())
        queue += set(names) - found
    assert found == set(index_module._RULES)


def forge(reports: Path, index: Path, which: str, **claims: Any) -> None:
    """Make an index that is sealed, matches every file's stamp, and lies about one run."""
    forged = Index(reports, index)
    entry = forged.find(which)
    assert entry is not None
    stamp = forged.settled()[entry.path]
    lie = replace(entry, **claims)
    forged.change([Row(entry.path, stamp, 2**62, lie.digest, lie)])
    forged.save()
    forged.close()


@pytest.mark.parametrize(
    "claims",
    [{"commit": A}, {"commit": None}, {"digest": "0" * 64}, {"dirty": True}, {"sitting": "s3"}, {"complete": False}],
)
def test_a_forged_index_is_found_out_by_loading(reports: Path, index: Path, claims: dict[str, Any]) -> None:
    """A sealed lie is noticed when the record is read: no record is given out for what it is not."""
    truth = answers(reports, None)
    forge(reports, index, "r1", **claims)
    with RecordStore(reports, index) as store:
        assert store.entries() != truth["entries"], "the lie is believed until it is looked at"
        if claims.keys() & {"digest", "complete"}:
            assert store.load("r1").record.subject.commit_sha == B
        else:
            with pytest.raises(RecordError, match=r"r1\.json: is not what its index said"):
                store.load("r1")
        assert store.entries() == truth["entries"]
        assert store.load("r1").record.subject.commit_sha == B
    assert answers(reports, index) == truth


def test_a_forged_name_leads_nowhere(reports: Path, index: Path) -> None:
    """A row that calls a file by another run's id does not make that run be loaded from it."""
    forge(reports, index, "r1", run_id="r7")
    with RecordStore(reports, index) as store:
        with pytest.raises(RecordError, match="holds no run 'r7'"):
            store.load("r7")
        assert store.load("r1").record.run_id == "r1"


def test_a_path_that_leads_out_is_only_read_as_what_it_is(reports: Path, index: Path, make_record: Make) -> None:
    """A row whose path leaves the folder is dropped with the next look, since no such file was seen."""
    (reports.parent / "r1.json").write_text(make_record("r1", commit=C).to_json())
    forged = Index(reports, index)
    entry = forged.find("r1")
    assert entry is not None
    stamp = forged.settled()[entry.path]
    forged.change([Row("../r1.json", stamp, 2**62, entry.digest, replace(entry, path="../r1.json"))], [entry.path])
    forged.save()
    forged.close()
    assert answers(reports, index) == answers(reports, None)


def test_without_a_place_the_index_is_in_memory(reports: Path, tmp_path: Path) -> None:
    """A store without an index file, or with one that cannot be written, works all the same and writes nothing."""
    (tmp_path / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    assert answers(reports, tmp_path / "file" / "index") == answers(reports, None)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the root user may write everywhere")
def test_a_read_only_folder_is_read(reports: Path) -> None:
    """Records in a folder that may not be written are found, with an index that would lie there kept in memory."""
    truth = answers(reports, None)
    reports.chmod(0o555)
    try:
        assert answers(reports, reports / "index") == truth
    finally:
        reports.chmod(0o755)
